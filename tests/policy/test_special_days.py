"""Hours of single dates in a pack's own calendars: a clock counts them."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Play

CLOCK = {"name": "resolution", "clause": "AC-3", "met_by": ["solved"], "targets": {"mild": "8h"}}
WINTER = {"2026-12-24": ["09:00-13:00"], "2026-12-25": []}
OFFICE = {"time_zone": "Europe/Lisbon", "hours": {"mon-fri": ["09:00-18:00"]}, "special_days": WINTER}


@pytest.mark.parametrize(
    "calendars",
    [
        {"office": {"clause": "AC-1", **OFFICE}},
        {"office": {"clause": "AC-1", "from_account": True, **OFFICE}},
        {"both": {"clause": "AC-1", "union": [OFFICE, {"hours": {"sun": ["09:00-10:00"]}}]}},
        {"both": {"clause": "AC-1", "combines": ["half"]}, "half": {"clause": "AC-1", **OFFICE}},
    ],
    ids=["own hours", "the account's", "a union", "joined by name"],
)
def test_a_clock_counts_the_hours_of_special_days(play: Play, calendars: dict[str, Any]) -> None:
    name = next(iter(calendars))
    outcome = play(
        {"calendars": calendars, "clocks": [{**CLOCK, "calendar": name}]},
        "ticket: {at: 2026-12-24T10:00:00Z, type: incident}\nuntil: +1h",
    )
    (clock,) = outcome.clocks
    # 3 h before the half day closes; Christmas and the weekend are closed; a union adds an hour on Sunday
    rest = "2026-12-28 13:00" if name == "both" and "union" in calendars[name] else "2026-12-28 14:00"
    assert f"{clock.due_at:%Y-%m-%d %H:%M}" == rest
