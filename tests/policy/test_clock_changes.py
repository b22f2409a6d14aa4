"""What a reopening, a change of the severity level and a handover do to a clock: keys of a clock, played."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.decision import Citation, Clock, ClockState
from bridge.policy.rules.clock import ClockRule
from bridge.scenarios.outcome import Outcome

from .conftest import Play

RESOLUTION = {
    "name": "resolution",
    "clause": "AC-3",
    "met_by": ["solved"],
    "calendar": "always",
    "targets": {"bad": "4h", "mild": "10h", "small": "2 business days"},
}
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def rows(outcome: Outcome) -> list[tuple[str, str, str, int]]:
    """State, start and due time of each clock, and the hours it has counted."""
    return [
        (
            clock.state,
            f"{clock.started_at:%d %H:%M}",
            f"{clock.due_at:%d %H:%M}" if clock.due_at else "",
            clock.elapsed_s,
        )
        for clock in outcome.clocks
    ]


def scenario(events: str, until: str = "+3d", facts: str = "{}") -> str:
    return f"ticket: {{at: 2026-03-02T09:00:00Z, type: incident, facts: {facts}}}\nevents:\n{events}until: {until}\n"


SOLVED_AND_REOPENED = """\
  - {at: +4h, by: agent, set: {status: solved}}
  - {at: +30h, by: customer, set: {status: open}}
"""
HOUR = 3600


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [("met", "02 09:00", "02 19:00", 4 * HOUR), ("running", "03 15:00", "04 01:00", HOUR)]),
        ({"on_reopen": "resume"}, [("running", "02 09:00", "03 21:00", 5 * HOUR)]),
        ({"on_reopen": "total"}, [("breached", "02 09:00", "02 19:00", 31 * HOUR)]),
        ({"on_reopen": "resume", "reopened_within": "26h"}, [("running", "02 09:00", "03 21:00", 5 * HOUR)]),
        (
            {"on_reopen": "resume", "reopened_within": "25h"},
            [("met", "02 09:00", "02 19:00", 4 * HOUR), ("running", "03 15:00", "04 01:00", HOUR)],
        ),
    ],
    ids=["new", "resume", "total", "reopened in time", "reopened too late"],
)
def test_a_reopening_starts_the_clock_again_or_goes_on_with_it(play: Play, keys: Any, expected: Any) -> None:
    outcome = play({"clocks": [RESOLUTION | keys]}, scenario(SOLVED_AND_REOPENED, until="+31h"))
    assert rows(outcome) == expected


def test_a_clock_that_was_resumed_twice_is_met_by_the_last_resolution(play: Play) -> None:
    again = SOLVED_AND_REOPENED + (
        "  - {at: +31h, by: agent, set: {status: solved}}\n"
        "  - {at: +40h, by: customer, set: {status: open}}\n"
        "  - {at: +42h, by: agent, set: {status: solved}}\n"
    )
    outcome = play({"clocks": [RESOLUTION | {"on_reopen": "resume"}]}, scenario(again))
    assert rows(outcome) == [("met", "02 09:00", "04 06:00", 7 * HOUR)]


def test_business_days_that_are_resumed_end_later_by_the_open_time_of_the_resolution(play: Play) -> None:
    """Three open hours on Monday and nine on Tuesday are not counted; the deadline, Wednesday 9:00, moves by them."""
    clock = RESOLUTION | {"on_reopen": "resume", "calendar": "office", "targets": {"mild": "2 business days"}}
    solved = "  - {at: +6h, by: agent, set: {status: solved}}\n  - {at: +48h, by: customer, set: {status: open}}\n"
    outcome = play({"clocks": [clock]}, scenario(solved, until="+49h"))
    assert rows(outcome) == [("running", "02 09:00", "05 12:00", 7 * HOUR)]


CHANGED = "  - {at: +3h, by: agent, set: {impact: major}}\n"
LEVELS = {"severity": {"default": "mild"}}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("retroactive", [("running", "02 09:00", "02 13:00", int(3.5 * HOUR))]),
        (
            "from_now",
            [("cancelled", "02 09:00", "02 19:00", 3 * HOUR), ("running", "02 12:00", "02 16:00", HOUR // 2)],
        ),
        # 30 % of ten hours were used, so 70 % of four hours are left
        ("proportional", [("running", "02 09:00", "02 14:48", int(3.5 * HOUR))]),
    ],
)
def test_a_change_of_level_counts_from_the_start_from_now_or_by_its_share(play: Play, word: str, expected: Any) -> None:
    outcome = play({"clocks": [RESOLUTION | {"on_level_change": word}]}, scenario(CHANGED, until="+3h30m"))
    assert rows(outcome) == expected


def test_shares_add_up_over_several_changes_and_a_lowered_level(play: Play) -> None:
    """30 % of ten hours, 25 % of four hours, then 45 % of ten hours are left; the target adds up to what is counted."""
    lowered = CHANGED + "  - {at: +4h, by: agent, set: {impact: null}}\n"
    outcome = play({"clocks": [RESOLUTION | {"on_level_change": "proportional"}]}, scenario(lowered, until="+9h"))
    assert rows(outcome) == [("breached", "02 09:00", "02 17:30", 9 * HOUR)]
    assert outcome.clocks[0].target_s == int(8.5 * HOUR)


def test_the_warning_comes_with_the_share_that_was_used(play: Play) -> None:
    clocks = [RESOLUTION | {"on_level_change": "proportional", "warn_at_percent": 80}]
    outcome = play({"clocks": clocks}, scenario(CHANGED, until="+6h"))
    warned = [f"{row.at:%H:%M}" for row in outcome.timeline if row.value == "policy_warning_resolution"]
    assert warned[:1] == ["14:00"]  # 30 % until 12:00, and 50 % of four hours


TIERS = """\
  - {at: +1h, by: agent, set: {tier: 2}}
  - {at: +3h, by: agent, set: {tier: 1}}
  - {at: +5h, by: agent, set: {tier: 2}}
"""


def test_a_budget_of_a_tier_counts_while_the_ticket_is_there(play: Play) -> None:
    first, second = (
        RESOLUTION | {"name": f"tier_{tier}", "counts_while": {"tier": tier}, "targets": {"mild": "4h"}}
        for tier in (1, 2)
    )
    outcome = play({"clocks": [first, second]}, scenario(TIERS, until="+6h"))
    assert rows(outcome) == [
        ("paused", "02 09:00", "", 3 * HOUR),
        ("running", "02 10:00", "02 16:00", 3 * HOUR),
    ]
    never = RESOLUTION | {"counts_while": {"tier": 3}}
    assert not play({"clocks": [never]}, scenario(TIERS)).clocks


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"on_reopen": "resume", "met_by": ["agent_message"]}, "met_by: [solved] only"),
        ({"on_reopen": "total", "periodic": True}, "met_by: [solved] only"),
        ({"reopened_within": "3d"}, "allowed: with on_reopen"),
        ({"on_level_change": "from_now", "starts_on": "level_set"}, "allowed: one of the two"),
    ],
)
def test_words_that_have_no_effect_are_errors(keys: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ClockRule(**(RESOLUTION | keys))
    assert message in str(caught.value)


def test_a_verdict_of_an_older_version_is_undone_by_a_reopening_with_which_the_clock_goes_on() -> None:
    kept = Clock(
        cite=Citation(pack="acme", version="1", clause="AC-3"),
        because="within 10 hours",
        name="resolution",
        started_at=START,
        due_at=START + timedelta(hours=10),
        state=ClockState.MET,
        met_at=START + timedelta(hours=4),
        ended_at=START + timedelta(hours=4),
        target_s=36000,
    )
    goes_on = kept.model_copy(
        update={"state": ClockState.RUNNING, "met_at": None, "ended_at": None, "resumed_at": START + timedelta(hours=9)}
    )
    assert kept.and_then(goes_on) == goes_on
    assert kept.and_then(goes_on.model_copy(update={"resumed_at": None})) == kept
    breached = kept.model_copy(update={"state": ClockState.BREACHED})
    assert breached.and_then(goes_on).state is ClockState.BREACHED
    assert breached.and_then(goes_on).met_at is None
