"""What if: another instant, other facts, another pack."""

from __future__ import annotations

from datetime import timedelta

import pytest

from benchmarks.backtest import Lifecycle
from bridge.decision import ClockState
from bridge.errors import InputError
from bridge.policy.load import load_policy
from bridge.runtime.what_if import Question, read_changes
from bridge.ticket import Status, fact_field

POLICY = load_policy("maas360")
LINE = Lifecycle(POLICY, 3).line()
TICKET = LINE.ticket


def test_at_an_instant_of_the_past_nothing_of_what_came_later_counts() -> None:
    at = TICKET.created_at + timedelta(minutes=1)
    question = Question(at, POLICY)
    assert question.ticket(TICKET).status is Status.NEW
    assert question.ticket(TICKET).timeline == ()
    decision = question.answer(TICKET, LINE.account)
    assert decision.at == at
    assert {clock.state for clock in decision.clocks} <= {ClockState.RUNNING}


def test_what_is_set_counts_from_the_instant_on() -> None:
    at = TICKET.created_at + timedelta(minutes=1)
    critical = read_changes(POLICY, {"affected": "all", "impact": "catastrophic"}, TICKET.created_at)
    individual = read_changes(POLICY, {"affected": "individual", "impact": "minor"}, TICKET.created_at)
    levels = [Question(at, POLICY, changes).answer(TICKET, LINE.account).level for changes in (critical, individual)]
    assert levels == ["critical", "low"]
    then = Question(at, POLICY, critical).ticket(TICKET)
    assert then.value(fact_field("affected")) == "all"
    assert then.timeline[-1].at == at


def test_a_status_that_is_set_pauses_the_clocks() -> None:
    at = TICKET.created_at + timedelta(minutes=1)
    waiting = Question(at, POLICY, read_changes(POLICY, {"status": "customer_update_required"}, TICKET.created_at))
    states = {clock.name: clock.state for clock in waiting.answer(TICKET, LINE.account).clocks}
    assert states["status_update"] is ClockState.PAUSED


def test_the_ticket_itself_stays_as_it_is() -> None:
    before = TICKET.model_dump_json()
    Question(TICKET.created_at, POLICY, {"status": "solved"}).answer(TICKET, None)
    assert TICKET.model_dump_json() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"afected": "all"}, "found 'afected'; allowed: status, priority, .* did you mean 'affected'"),
        ({"affected": "everybody"}, "--set affected: found 'everybody'; allowed: all, significant"),
        ({"status": "done"}, "--set status: found 'done'; allowed: new, open"),
    ],
)
def test_what_nobody_knows_is_refused(words: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_changes(POLICY, words, TICKET.created_at)


def test_before_its_creation_there_is_no_ticket() -> None:
    with pytest.raises(InputError, match=r"--at: found .*; allowed: from the creation on"):
        Question(TICKET.created_at - timedelta(seconds=1), POLICY).answer(TICKET, None)
