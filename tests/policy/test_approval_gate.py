"""The rounds of an approval gate: when it asks, what ends a round, and what an answer is worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.account import Account
from bridge.policy.evaluation.approval_rounds import ApprovalRound, is_approved
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.ticket import Actor, Approval, Changed, FactValue, Role, Ticket, TicketRef, TimelineEntry
from bridge.yamlio.document import parse_all

from .conftest import PACK

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGENT = Actor(role=Role.AGENT, email="agent@vendor.example")
CUSTOMER = Actor(role=Role.CUSTOMER, email="pat@acme.example")
BOSS = Actor(role=Role.CUSTOMER, email="boss@acme.example")
FACTS = {"plan": {"type": "text", "label": "What is planned"}, "done": {"type": "bool", "label": "Whether it is done"}}


def fact(hour: float, name: str, old: FactValue, new: FactValue) -> Changed:
    return Changed(at=NINE + hour * HOUR, actor=AGENT, field=f"fact:{name}", old=old, new=new)


def answer(hour: float, granted: bool, actor: Actor = CUSTOMER) -> Approval:
    return Approval(at=NINE + hour * HOUR, actor=actor, gate="plan", granted=granted)


MAJOR = fact(1, "impact", None, "major")


def context(*timeline: TimelineEntry, until: float = 24, **gate: Any) -> Context:
    """A gate that opens once the impact is major, on a ticket of Monday at nine."""
    (document,) = parse_all(PACK, name="acme.yaml")
    settings = {"name": "plan", "clause": "AC-5", "when": {"impact": "major"}, "calendar": "always", **gate}
    policy = Policy.of(merged(document.value, {"facts": FACTS, "gates": [settings]}))
    facts: dict[str, FactValue] = {}
    for entry in timeline:
        if isinstance(entry, Changed):
            facts[entry.field.removeprefix("fact:")] = entry.new
    ref = TicketRef(connection="acme", id="7")
    ticket = Ticket(ref=ref, created_at=NINE, type="incident", facts=facts, timeline=timeline)
    account = Account(name="Acme", management=frozenset({BOSS.email}))
    return Context(ticket, account, policy, NINE + until * HOUR)


def rounds(*timeline: TimelineEntry, until: float = 24, **gate: Any) -> list[tuple[float, float | None, str]]:
    """Hours after nine at which each round began and ended, and how it ended."""
    found = context(*timeline, until=until, **gate).approval_rounds("plan")
    return [(_hours(each.opened), _hours(each.ended) if each.ended else None, each.verdict) for each in found]


def _hours(at: datetime) -> float:
    return (at - NINE) / HOUR


def test_nothing_is_asked_before_the_condition_holds() -> None:
    assert rounds() == []


def test_it_waits_from_the_change_that_made_the_condition_true() -> None:
    assert rounds(MAJOR) == [(1, None, "waiting")]


@pytest.mark.parametrize(("granted", "verdict"), [(True, "approved"), (False, "refused")])
def test_the_first_answer_that_counts_ends_the_round(granted: bool, verdict: str) -> None:
    assert rounds(MAJOR, answer(2, granted), answer(3, not granted)) == [(1, 2, verdict)]


def test_an_answer_given_before_the_request_is_none() -> None:
    assert rounds(answer(0.5, True), MAJOR) == [(1, None, "waiting")]


def test_only_the_management_answers_what_the_management_is_asked() -> None:
    request = {"approver": "management"}
    assert rounds(MAJOR, answer(2, True), **request) == [(1, None, "waiting")]
    assert rounds(MAJOR, answer(2, True), answer(3, True, BOSS), **request) == [(1, 3, "approved")]


def test_the_round_is_dropped_when_the_condition_holds_no_longer() -> None:
    assert rounds(MAJOR, fact(2, "impact", "major", "minor")) == [(1, 2, "dropped")]


def test_it_expires_at_the_second_and_not_before() -> None:
    assert rounds(MAJOR, until=3, expires_after="2h") == [(1, 3, "expired")]
    assert rounds(MAJOR, until=2.99, expires_after="2h") == [(1, None, "waiting")]
    assert rounds(MAJOR, answer(3.5, True), expires_after="2h") == [(1, 3, "expired")]


def test_an_edit_asks_again_and_the_waiting_goes_on() -> None:
    timeline = [MAJOR, fact(2, "plan", None, "restart"), answer(3, True)]
    assert rounds(*timeline, ask_again_if_changed=["plan"]) == [(1, 2, "superseded"), (2, 3, "approved")]
    later = context(*timeline, ask_again_if_changed=["plan"]).approval_rounds("plan")[-1]
    assert later.waits_since == NINE + HOUR


def test_an_edit_after_the_approval_asks_again_until_the_matter_has_moved_on() -> None:
    timeline = [MAJOR, answer(2, True), fact(3, "plan", None, "restart"), fact(4, "done", None, True)]
    edits = {"ask_again_if_changed": ["plan"], "stop_asking_when": {"done": True}}
    assert rounds(*timeline, **edits) == [(1, 2, "approved"), (3, None, "waiting")]
    moved_on = [*timeline, answer(5, True), fact(6, "plan", "restart", "rebuild")]
    assert rounds(*moved_on, **edits) == [(1, 2, "approved"), (3, 5, "approved")]


def test_a_clock_is_paused_while_it_waits_and_no_longer() -> None:
    waiting = context(MAJOR, answer(2, True), pauses=["first_response"])
    assert [waiting.is_clock_paused("first_response", NINE + hour * HOUR) for hour in (0.9, 1, 1.9, 2)] == [
        False,
        True,
        True,
        False,
    ]
    assert not waiting.is_clock_paused("another", NINE + HOUR)


def test_the_last_request_that_had_begun_says_whether_it_is_approved() -> None:
    end = NINE + 2 * HOUR
    approved = ApprovalRound(NINE, end, "approved", None, NINE)
    waiting = ApprovalRound(NINE + 3 * HOUR, None, "waiting", None, NINE + 3 * HOUR)
    assert [is_approved([approved, waiting], NINE + hour * HOUR) for hour in (-1, 1, 2, 3)] == [
        False,
        False,
        True,
        False,
    ]


def test_a_gate_tells_conditions_the_name_of_its_approval() -> None:
    (gate,) = context().rules(ApprovalGate)
    assert gate.approval == "plan"
