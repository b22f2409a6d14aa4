"""What an edit of a policy changes on tickets of the past: each kind of change is found, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.backtest import Lifecycle
from bridge.decision import ClockState
from bridge.decision.kinds import ActionKind
from bridge.errors import InputError
from bridge.history.difference import Change, differences
from bridge.history.line import HistoryLine
from bridge.history.past_ticket import PastEvaluator
from bridge.history.policy_diff import LISTED, DiffSummary, PolicyDiff, TicketDifference, read_never
from bridge.history.result import TicketResult
from bridge.history.source import HistoryFile
from bridge.policy.load import load_policy
from bridge.policy.model import Policy

from .histories import QUARTER, write_history

OLD = load_policy("maas360")
LINES = [Lifecycle(OLD, number).line() for number in range(1, 9)]


def silent(line: HistoryLine) -> HistoryLine:
    """A ticket on which the customer never answers."""
    timeline = line.ticket.timeline[:4]
    last = timeline[-1].at
    status = {"kind": "changed", "at": last, "actor": {"role": "agent"}, "field": "status", "old": "in_progress"}
    written = line.ticket.model_dump(exclude={"timeline", "status"})
    return HistoryLine.model_validate(
        {
            "ticket": {
                **written,
                "created_at": QUARTER.start,
                "status": "customer_update_required",
                "timeline": [*timeline[:3], {**status, "new": "customer_update_required"}],
            },
            "account": line.account,
        }
    )


SILENT = silent(LINES[0])
CLOSING = {
    "at": QUARTER.end,
    "clause": "C-2",
    "action": "set_status",
    "value": "solved",
    "because": "no answer",
    "kind": ActionKind.CLOSINGS,
}


def edited(change: Callable[[dict[str, Any]], object]) -> Policy:
    source = copy.deepcopy(OLD.source)
    change(source)
    return Policy.of(source)


def found(new: Policy, line: HistoryLine) -> set[Change]:
    old, other = (PastEvaluator([policy], QUARTER).evaluate(line) for policy in (OLD, new))
    assert (old.is_evaluated, other.is_evaluated) == (True, True)
    return {each.change for each in differences(old, other)}


def clock(source: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in source["clocks"] if each["name"] == name)


def ladder(source: dict[str, Any]) -> dict[str, Any]:
    return next(each for each in source["waiting"] if each.get("notices"))


def test_the_same_policy_makes_no_difference() -> None:
    same = edited(lambda source: source.update(title="Another title"))
    assert [found(same, line) for line in [*LINES, SILENT]] == [set()] * (len(LINES) + 1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda source: ladder(source).update(close_after="6d12h"), Change.EARLIER_CLOSING),
        (lambda source: ladder(source).update(close_after="9d"), Change.LATER_CLOSING),
        (lambda source: ladder(source)["notices"].pop(0), Change.FEWER_MESSAGES),
        (
            lambda source: ladder(source)["notices"].insert(1, {"after": "3d", "message": "update_requested"}),
            Change.MORE_MESSAGES,
        ),
        (lambda source: ladder(source)["notices"][0].update(after="47h"), Change.OTHER_MESSAGES),
    ],
)
def test_what_a_silent_customer_notices(change: Callable[[dict[str, Any]], object], expected: Change) -> None:
    assert expected in found(edited(change), SILENT)


@pytest.mark.parametrize(
    ("factor", "expected", "never"),
    [
        ("1m", {Change.EARLIER_DEADLINE, Change.MET_TO_BREACHED}, Change.LATER_DEADLINE),
        ("90d", {Change.LATER_DEADLINE}, Change.EARLIER_DEADLINE),
    ],
)
def test_a_target_that_moves(factor: str, expected: set[Change], never: Change) -> None:
    def change(source: dict[str, Any]) -> None:
        rule = clock(source, "status_update")
        rule.update(targets=dict.fromkeys(rule["targets"], factor), follows_escalation=False)

    changes = set().union(*(found(edited(change), line) for line in LINES))
    assert expected <= changes
    assert never not in changes


def test_a_clock_that_is_gone_and_one_that_is_new() -> None:
    fewer = edited(lambda source: source["clocks"].remove(clock(source, "status_update")))
    assert Change.FEWER_PROMISES in found(fewer, LINES[0])
    old, new = (PastEvaluator([policy], QUARTER).evaluate(LINES[0]) for policy in (fewer, OLD))
    assert Change.MORE_PROMISES in {each.change for each in differences(old, new)}


def test_both_sides_are_explained() -> None:
    new = edited(lambda source: ladder(source).update(close_after="6d12h"))
    old, other = (PastEvaluator([policy], QUARTER).evaluate(SILENT) for policy in (OLD, new))
    first = differences(old, other)[0]
    assert first.change is Change.EARLIER_CLOSING
    assert first.seconds == 12 * 3600
    assert "set status to solved (MA-07: no answer for 7 days)" in first.old[0]
    assert "MA-07" in first.new[0]


def result(state: ClockState, due: int | None, **more: Any) -> TicketResult:
    """A ticket with one clock that began with the quarter and is due so many hours later."""
    begun = QUARTER.start
    at = None if due is None else begun + timedelta(hours=due)
    given = {"started_at": begun, "due_at": at, "state": state, "met_at": None, "elapsed_s": 0, "target_s": 0}
    row = {"name": "first_response", "clause": "C-1", **given}
    return TicketResult.model_validate({"ticket": "a:1", "created_at": begun, "pack": "p", "clocks": [row], **more})


@pytest.mark.parametrize("was", ClockState)
@pytest.mark.parametrize("now", ClockState)
def test_every_verdict_that_differs_is_a_difference(was: ClockState, now: ClockState) -> None:
    found = [each.change for each in differences(result(was, 4), result(now, 4))]
    has_verdict = {ClockState.BREACHED, ClockState.CANCELLED} & {was, now}
    assert len(found) == (1 if was is not now and has_verdict else 0)
    if now is ClockState.BREACHED and was is not now:
        assert found == [Change.MET_TO_BREACHED if was is ClockState.MET else Change.NEWLY_BREACHED]


def test_a_clock_that_is_paused_is_due_later_and_one_that_goes_on_earlier() -> None:
    running, paused = result(ClockState.RUNNING, 4), result(ClockState.PAUSED, None)
    later, earlier = differences(running, paused)[0], differences(paused, running)[0]
    assert (later.change, earlier.change) == (Change.LATER_DEADLINE, Change.EARLIER_DEADLINE)
    assert later.moved == "first response, due 2026-07-01 04:00 -> not known, because it is paused"


def test_the_deadline_of_a_promise_that_had_ended_comes_after_what_a_customer_notices() -> None:
    ended, open_ = (
        differences(result(state, 4), result(state, 2))[0] for state in (ClockState.MET, ClockState.RUNNING)
    )
    assert [ended.change, open_.change] == [Change.EARLIER_DEADLINE] * 2
    closing = differences(result(ClockState.MET, 4), result(ClockState.MET, 4, timeline=[CLOSING]))[0]
    assert sorted([ended, open_, closing], key=lambda each: each.weight) == [closing, open_, ended]


def test_the_weightiest_tickets_are_listed_and_all_are_counted() -> None:
    summary = DiffSummary()
    for number in range(5 * LISTED):
        change = Change.NEWLY_CLOSED if number % 100 == 99 else Change.OTHER_ACTIONS
        summary.add(
            TicketDifference.model_validate(
                {
                    "ticket": f"a:{number:04}",
                    "created_at": QUARTER.start,
                    "is_compared": True,
                    "differences": [{"change": change, "old": [], "new": []}],
                }
            )
        )
    assert [each.ticket for each in summary.listed[:10]] == [f"a:{number:04}" for number in range(99, 1000, 100)]
    assert len(summary.listed) == LISTED
    assert summary.counted == [(Change.NEWLY_CLOSED, 10), (Change.OTHER_ACTIONS, 990)]
    assert summary.violations(read_never(["newly closed", "later deadline"])) == {Change.NEWLY_CLOSED: 10}


def test_a_whole_comparison_counts_what_cannot_be_read(tmp_path: Path) -> None:
    new = edited(lambda source: ladder(source).update(close_after="6d12h"))
    lines = [*(line.as_line() for line in [*LINES[1:3], SILENT]), "{}", LINES[1].as_line()]
    source, summary = HistoryFile(write_history(tmp_path / "h", lines)), DiffSummary()
    for each in PolicyDiff(source, OLD, new, QUARTER, 1).run():
        summary.add(each)
    assert (summary.read, summary.compared) == (5, 3)
    assert summary.problems == {"unreadable": 1, "repeated": 1}
    assert summary.listed[0].ticket == str(SILENT.ticket.ref)


def test_a_change_that_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="found 'worse'; allowed: newly closed, earlier closing"):
        read_never(["worse"])
