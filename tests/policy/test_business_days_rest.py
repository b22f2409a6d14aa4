"""Targets in business days that rest: the end keeps to opening hours as it does without a rest."""

from __future__ import annotations

import pytest

from .conftest import Play, done

CLOCK = {
    "name": "resolution",
    "clause": "AC-3",
    "met_by": ["solved"],
    "paused_in": ["waiting_customer"],
    "targets": {"mild": "5 business days"},
}


@pytest.mark.parametrize(
    ("opened", "rests", "resumes", "due"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-03T10:00:00Z", "2026-03-03T10:00:00Z", "2026-03-09 09:00"),  # no rest
        ("2026-03-02T09:00:00Z", "2026-03-03T10:00:00Z", "2026-03-05T10:00:00Z", "2026-03-11 09:00"),  # two whole days
        ("2026-03-02T09:00:00Z", "2026-03-03T18:30:00Z", "2026-03-04T08:30:00Z", "2026-03-09 09:00"),  # a night
        ("2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z", "2026-03-03T12:30:00Z", "2026-03-09 12:30"),
        ("2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z", "2026-03-03T18:00:00Z", "2026-03-10 09:00"),  # till closing
    ],
)
def test_the_end_is_never_the_close_of_a_day(play: Play, opened: str, rests: str, resumes: str, due: str) -> None:
    outcome = play(
        {"clocks": [CLOCK]},
        f"""
        ticket: {{at: {opened}, type: incident}}
        events:
          - {{at: {rests}, by: agent, set: {{status: waiting_customer}}}}
          - {{at: {resumes}, by: agent, set: {{status: open}}}}
        until: +14d
        """,
    )
    (clock,) = outcome.clocks
    assert f"{clock.due_at:%Y-%m-%d %H:%M}" == due
    assert (due[5:], "policy_breached_resolution") in done(outcome, "add_tag")


def test_hours_end_at_the_closing_as_ever(play: Play) -> None:
    outcome = play(
        {"clocks": [{**CLOCK, "targets": {"mild": "9h"}}]},
        """
        ticket: {at: 2026-03-02T09:00:00Z, type: incident}
        events:
          - {at: +1h, by: agent, set: {status: waiting_customer}}
          - {at: +25h, by: agent, set: {status: open}}
        until: +2d
        """,
    )
    (clock,) = outcome.clocks
    assert f"{clock.due_at:%Y-%m-%d %H:%M}" == "2026-03-03 18:00"
