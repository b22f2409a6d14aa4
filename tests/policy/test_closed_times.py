"""Closed times by date: nothing counts in them, in whatever zone and over whatever change of the offset they lie."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bridge.policy.calendars.calendar import Calendar, CalendarSpec

from .conftest import Play

NIGHT = {"starts": "2026-03-28 22:00", "ends": "2026-03-29 06:00"}
"""In the European Union the offset changes in this night."""


def calendar(*closed: dict[str, str], **words: Any) -> Calendar:
    spec = {"time_zone": "Europe/Berlin", "hours": "always", "closed": closed} | words
    return Calendar.of(CalendarSpec.model_validate(spec))


def test_a_closed_night_is_counted_in_real_hours() -> None:
    start, end = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert calendar(NIGHT).measure(start, end) == timedelta(hours=17)  # seven real hours, because of the change
    assert calendar(NIGHT).add(start, timedelta(hours=10)) == datetime(2026, 3, 29, 5, tzinfo=UTC)


def test_whatever_is_closed_agrees_with_a_walk_over_minutes() -> None:
    rng = random.Random(7)
    zone, begin, minute = ZoneInfo("Europe/Berlin"), datetime(2026, 3, 27, tzinfo=UTC), timedelta(minutes=1)
    for _ in range(10):
        gaps = []
        for _ in range(rng.randint(1, 4)):
            start = datetime(2026, 3, 27) + rng.randint(0, 72 * 60) * minute
            gaps.append((start, start + rng.randint(1, 900) * minute))
        closed = [{"starts": f"{a:%Y-%m-%d %H:%M}", "ends": f"{b:%Y-%m-%dT%H:%M}"} for a, b in gaps]
        tried = calendar(*closed, hours={"mon-sun": ["08:00-20:00"]})
        bounds = [tuple(at.replace(tzinfo=zone).astimezone(UTC) for at in gap) for gap in gaps]
        walked = timedelta()
        for number in range(96 * 60):
            at = begin + number * minute
            is_open = 8 <= at.astimezone(zone).hour < 20 and not any(a <= at < b for a, b in bounds)
            assert tried.is_open(at) == is_open
            walked += minute * is_open
        assert tried.measure(begin, begin + 96 * 60 * minute) == walked


def test_a_day_that_is_closed_is_no_business_day() -> None:
    shut = {"starts": "2026-03-03 00:00", "ends": "2026-03-04 00:00"}
    tried = calendar(shut, hours={"mon-fri": ["09:00-17:00"]})
    assert tried.add_business_days(datetime(2026, 3, 2, 10, tzinfo=UTC), 1) == datetime(2026, 3, 4, 10, tzinfo=UTC)


def test_a_clock_does_not_count_maintenance(play: Play) -> None:
    closed = [{"starts": "2026-03-02 10:00", "ends": "2026-03-02 16:30", "reason": "new storage"}]
    settings = {
        "calendars": {"always": {"closed": closed}},
        "clocks": [{"name": "resolution", "clause": "AC-3", "met_by": ["solved"], "calendar": "always",
                    "targets": {"mild": "4h"}}],
    }  # fmt: skip
    outcome = play(settings, "ticket: {at: 2026-03-02T09:00:00Z, type: incident}\nuntil: +8h")
    assert f"{outcome.clocks[0].due_at:%d %H:%M}" == "02 19:30"
    assert outcome.clocks[0].elapsed_s == 3600 + 1800


@pytest.mark.parametrize(
    ("closed", "message"),
    [
        ({"starts": "2026-03-05 22:00", "ends": "2026-03-05 21:00"}, "allowed: an end after 2026-03-05 22:00"),
        ({"starts": "2026-03-05T22:00:00Z", "ends": "2026-03-06 02:00"}, "without an offset"),
        ({"starts": "2026-03-05", "ends": "2026-03-06"}, "a local time such as"),
    ],
)
def test_times_that_cannot_be_meant_are_errors(closed: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        calendar(closed)
    assert message in str(caught.value)
