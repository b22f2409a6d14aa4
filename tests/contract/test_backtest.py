"""A backtest of what has happened at a vendor equals what the bridge did there while it happened."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from bridge.decision.records import action_name, action_value
from bridge.helpdesks.read_only import ReadOnly
from bridge.history.line import HistoryLine
from bridge.history.live import HelpdeskHistory, StoreHistory
from bridge.history.past_ticket import PastEvaluator, Period
from bridge.history.result import TicketResult
from bridge.policy.load import load_policy
from bridge.ports.outcomes import ReviewOutcome

from .conftest import PACK, VendorScenario

LATER = timedelta(minutes=4)
"""How much later than the instant at which something is due a bridge may act that hears of it by webhook or sweep."""


def live_through(scenario: VendorScenario, **length: float) -> None:
    """Let time pass while the bridge is awake: it acts at each instant at which something is due."""
    until = scenario.vendor.now() + timedelta(**length)
    while (due := scenario.next_due()) and due < until:
        scenario.later(seconds=max(0.0, (due - scenario.vendor.now()).total_seconds()) + 0.1)
    scenario.later(seconds=max(0.0, (until - scenario.vendor.now()).total_seconds()))


def lived_through(scenario: VendorScenario) -> str:
    """A ticket with a bit of everything: answers, an escalation, an agent who disagrees, a wait for the customer."""
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    live_through(scenario, minutes=50)
    scenario.vendor.answer(number, "We are looking into it")
    scenario.settle()
    live_through(scenario, hours=5)
    scenario.vendor.reply(number, "Any news?")
    scenario.settle()
    scenario.vendor.edit(number, affected="individual")
    scenario.settle()
    live_through(scenario, hours=2)
    scenario.vendor.edit(number, priority="high", tag="vip")
    scenario.settle()
    live_through(scenario, hours=30)
    return number


def live_actions(scenario: VendorScenario, number: str) -> list[tuple[Any, ...]]:
    """What the bridge has written: clause, action, value, instant; fields that only show a decision left out."""
    applied = (each for each in scenario.reviews(number) if each.outcome is ReviewOutcome.APPLIED and each.plan)
    return sorted(
        (action.cite.clause, action_name(action), str(action_value(action)), review.at)
        for review in applied
        for action in (review.plan.permitted.actions if review.plan else ())
        if action_name(action) != "set_field"
    )


def backtested_ticket(scenario: VendorScenario, number: str, text: str) -> TicketResult:
    now = scenario.vendor.now()
    evaluator = PastEvaluator([load_policy(PACK)], Period(now - timedelta(days=30), now))
    line = HistoryLine.model_validate_json(text)
    assert line.ticket.ref == scenario.vendor.ref(number)
    return evaluator.evaluate(line)


def assert_as_live(scenario: VendorScenario, number: str, result: TicketResult) -> None:
    live = live_actions(scenario, number)
    tested = sorted(
        (act.clause, act.action, str(act.value), act.at) for act in result.timeline if act.action != "set_field"
    )
    assert Counter(each[:3] for each in tested) == Counter(each[:3] for each in live)
    assert len({each[1] for each in live}) >= 4
    for (*_, due), (*_, done) in zip(tested, live, strict=True):
        assert timedelta(seconds=-1) < done - due < LATER
    last = scenario.reviews(number)[-1].decision
    assert last
    verdicts = [(clock.name, clock.started_at, clock.due_at, clock.state, clock.met_at) for clock in last.clocks]
    assert [(row.name, row.started_at, row.due_at, row.state, row.met_at) for row in result.clocks] == verdicts


def test_a_backtest_of_the_vendors_history_equals_what_the_bridge_did(scenario: VendorScenario) -> None:
    scenario.needs("hands")
    number = lived_through(scenario)
    before = list(scenario.vendor.line.writes)
    now, helpdesk = scenario.vendor.now(), ReadOnly(scenario.running.helpdesks[scenario.vendor.connection])
    account = next(each.account for each in scenario.reviews(number) if each.account)
    history = HelpdeskHistory(
        helpdesks={scenario.vendor.connection: helpdesk},
        accounts=lambda *_: account,
        seen=scenario.running.store.snapshot,
        since=now - timedelta(days=30),
        now=now,
        wait=lambda _: None,
    )
    found = {line.where: line.text for line in history.lines()}
    assert history.troubles == []
    assert_as_live(scenario, number, backtested_ticket(scenario, number, found[str(scenario.vendor.ref(number))]))
    assert list(scenario.vendor.line.writes) == before


def test_a_backtest_of_our_own_store_equals_what_the_bridge_did(scenario: VendorScenario) -> None:
    number = lived_through(scenario)
    history = StoreHistory(scenario.running.store.latest_reviews, scenario.vendor.now())
    found = {line.where: line.text for line in history.lines()}
    assert_as_live(scenario, number, backtested_ticket(scenario, number, found[str(scenario.vendor.ref(number))]))
