"""OnCleverSoft after an outage: every timed step comes late once, and silence still closes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bridge.account import Account, SupportPeriod
from bridge.decision import ClockState
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ticket import Actor, Approval, Role

from .ticket_simulation import AGENT, TicketSimulation

MONDAY = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
"""09:00 in Berlin, the day after the clocks went forward."""
BOSS = Actor(role=Role.CUSTOMER, email="boss@acme.example")


def requested(ends: date | None = None) -> TicketSimulation:
    """A request of Monday morning; the bridge has seen it."""
    policy = load_policy("oncleversoft")
    account = Account(
        name="Acme",
        management=frozenset({BOSS.email}),
        roles={"team_lead": "lead@vendor.example", "account_owner": "owner@vendor.example"},
        support=SupportPeriod(ends=ends),
    )
    ticket = TicketSimulation.fresh(policy).ticket.model_copy(update={"created_at": MONDAY})
    simulation = TicketSimulation(policy, InMemoryHelpdesk(ticket, account))
    simulation.review()
    simulation.apply_event(("status", (AGENT, "open")))
    simulation.review()
    return simulation


def down_for(simulation: TicketSimulation, days: int) -> list[tuple[str, str | int]]:
    """What the bridge does when it is back, besides filling in fields."""
    return [done for done in simulation.back_after(timedelta(days=days)) if done[0] != "set_field"]


def test_a_missed_response_is_marked_late_and_no_message_is_sent():
    simulation = requested()
    simulation.apply_event(("fact:severity", (AGENT, "critical")))
    simulation.review()
    assert down_for(simulation, 30) == [("add_tag", "policy_breached_first_response")]


def test_a_response_in_time_that_was_not_reviewed_for_a_month_is_met():
    simulation = requested()
    simulation.helpdesk.now = MONDAY + timedelta(minutes=30)
    simulation.apply_event(("reply", AGENT))
    simulation.apply_event(("fact:severity", (AGENT, "critical")))
    simulation.review()
    down_for(simulation, 30)
    assert "policy_breached_first_response" not in simulation.ticket.tags


def test_a_request_without_an_engineer_reaches_the_lead_late_and_once():
    simulation = requested()
    for fact, value in (("severity", "major"), ("schedule", "this week")):
        simulation.apply_event((f"fact:{fact}", (AGENT, value)))
    simulation.review()
    answer = Approval(at=simulation.helpdesk.now, actor=BOSS, gate="severity_and_schedule", granted=True)
    simulation.helpdesk.record(answer)
    simulation.review()
    done = down_for(simulation, 30)
    assert done.count(("notify", "team_lead")) == 1
    assert ("add_tag", "policy_assignment_due") in done
    assert not [value for action, value in done if action == "public_message"]
    assert down_for(simulation, 30) == []


def test_an_engineer_assigned_during_the_outage_leaves_nothing_to_tell():
    simulation = requested()
    for fact, value in (("severity", "major"), ("schedule", "this week")):
        simulation.apply_event((f"fact:{fact}", (AGENT, value)))
    simulation.review()
    simulation.helpdesk.record(
        Approval(at=simulation.helpdesk.now, actor=BOSS, gate="severity_and_schedule", granted=True)
    )
    simulation.review()
    simulation.helpdesk.now += timedelta(days=3)
    simulation.apply_event(("assignee", (AGENT, "engineer@vendor.example")))
    assert down_for(simulation, 27) == []


def test_a_renewal_that_fell_due_in_the_outage_is_told_once():
    simulation = requested(ends=date(2026, 5, 15))
    done = down_for(simulation, 30)
    assert done == [("add_tag", "policy_renewal_due"), ("notify", "account_owner")]
    assert down_for(simulation, 1) == []


def test_a_support_period_that_ended_in_the_outage_is_marked_with_its_own_end():
    simulation = requested(ends=date(2026, 4, 10))
    simulation.apply_event(("fact:severity", (AGENT, "critical")))
    simulation.review()
    done = down_for(simulation, 30)
    assert ("add_tag", "policy_support_expired") in done
    assert [value for action, value in done if action == "internal_note"] == ["support_expired"]
    first_response = next(clock for clock in simulation.decide().clocks if clock.name == "first_response")
    assert first_response.state is ClockState.BREACHED


def test_a_customer_who_thinks_over_an_estimate_for_a_month_finds_it_as_it_was():
    simulation = requested()
    simulation.apply_event(("fact:estimate_hours", (AGENT, 8)))
    simulation.review()
    assert down_for(simulation, 30) == []
    assert simulation.ticket.status == "waiting_customer"
    assert "policy_awaiting_estimate" in simulation.ticket.tags


def test_silence_closes_nothing_however_long_the_bridge_is_down():
    simulation = requested()
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    simulation.review()
    assert down_for(simulation, 365) == []
    assert simulation.ticket.status == "waiting_customer"


def happening(simulation: TicketSimulation, *facts: tuple[str, str | int | bool]) -> TicketSimulation:
    """A fact a day while the bridge is down."""
    for fact, value in facts:
        simulation.helpdesk.now += timedelta(days=1)
        simulation.apply_event((f"fact:{fact}", (AGENT, value)))
    return simulation


def messages(done: list[tuple[str, str | int]]) -> list[str | int]:
    return [value for action, value in done if action == "public_message"]


def test_of_two_reasons_for_waiting_the_customer_hears_the_later():
    assert messages(down_for(happening(requested(), ("resource_busy", True), ("more_time", True)), 30)) == ["more_time"]
    simulation = happening(requested(), ("more_time", True), ("resource_busy", True))
    assert messages(down_for(simulation, 30)) == ["resource_busy"]
    simulation.apply_event(("fact:resource_busy", (AGENT, False)))
    assert messages(down_for(simulation, 30)) == [], "what has given way is not sent afterwards"


def test_a_question_is_put_and_what_came_before_it_gives_way():
    simulation = happening(requested(), ("resource_busy", True), ("estimate_hours", 8))
    assert messages(down_for(simulation, 30)) == ["estimate"]
    simulation = happening(requested(), ("estimate_hours", 8), ("resource_busy", True))
    assert sorted(map(str, messages(down_for(simulation, 30)))) == ["estimate", "resource_busy"]


def test_two_questions_of_an_outage_are_both_put():
    simulation = happening(requested(), ("severity", "major"), ("schedule", "this week"), ("estimate_hours", 8))
    assert sorted(map(str, messages(down_for(simulation, 30)))) == ["estimate", "severity_and_schedule"]


def test_a_cause_that_was_found_late_is_sent_although_its_stage_is_older():
    simulation = happening(requested(), ("stage", "diagnosed"), ("more_time", True), ("cause", "A full disk"))
    assert messages(down_for(simulation, 30)) == ["cause"]
