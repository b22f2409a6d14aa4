"""OnCleverSoft after an outage: every timed step comes late once, and silence still closes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bridge.account import Account, SupportPeriod
from bridge.decision import ClockState
from bridge.decision.records import action_name, action_value
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ticket import Actor, Approval, Role

from .world import AGENT, World

MONDAY = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
"""09:00 in Berlin, the day after the clocks went forward."""
BOSS = Actor(role=Role.CUSTOMER, email="boss@acme.example")


def requested(ends: date | None = None) -> World:
    """A request of Monday morning; the bridge has seen it."""
    policy = load_policy("oncleversoft")
    account = Account(
        name="Acme",
        management=frozenset({BOSS.email}),
        roles={"team_lead": "lead@vendor.example", "account_owner": "owner@vendor.example"},
        support=SupportPeriod(ends=ends),
    )
    ticket = World.fresh(policy).ticket.model_copy(update={"created_at": MONDAY})
    world = World(policy, InMemoryHelpdesk(ticket, account))
    world.review()
    world.happens(("status", (AGENT, "open")))
    world.review()
    return world


def down_for(world: World, days: int) -> list[tuple[str, str | int]]:
    """What the bridge does when it is back."""
    before = len(world.done)
    world.desk.now += timedelta(days=days)
    world.review()
    return [
        (action_name(action), action_value(action))
        for _, action in world.done[before:]
        if action_name(action) != "set_field"
    ]


def test_a_missed_response_is_marked_late_and_nobody_is_written_to():
    world = requested()
    world.happens(("fact:severity", (AGENT, "critical")))
    world.review()
    assert down_for(world, 30) == [("add_tag", "policy_breached_first_response")]


def test_a_response_in_time_that_nobody_looked_at_for_a_month_is_met():
    world = requested()
    world.desk.now = MONDAY + timedelta(minutes=30)
    world.happens(("reply", AGENT))
    world.happens(("fact:severity", (AGENT, "critical")))
    world.review()
    down_for(world, 30)
    assert "policy_breached_first_response" not in world.ticket.tags


def test_a_request_without_an_engineer_reaches_the_lead_late_and_once():
    world = requested()
    for fact, value in (("severity", "major"), ("schedule", "this week")):
        world.happens((f"fact:{fact}", (AGENT, value)))
    world.review()
    answer = Approval(at=world.desk.now, actor=BOSS, gate="severity_and_schedule", granted=True)
    world.desk.record(answer)
    world.review()
    done = down_for(world, 30)
    assert done.count(("notify", "team_lead")) == 1
    assert ("add_tag", "policy_assignment_due") in done
    assert not [value for action, value in done if action == "public_message"]
    assert down_for(world, 30) == []


def test_an_engineer_assigned_during_the_outage_leaves_nothing_to_tell():
    world = requested()
    for fact, value in (("severity", "major"), ("schedule", "this week")):
        world.happens((f"fact:{fact}", (AGENT, value)))
    world.review()
    world.desk.record(Approval(at=world.desk.now, actor=BOSS, gate="severity_and_schedule", granted=True))
    world.review()
    world.desk.now += timedelta(days=3)
    world.happens(("assignee", (AGENT, "engineer@vendor.example")))
    assert down_for(world, 27) == []


def test_a_renewal_that_fell_due_in_the_outage_is_told_once():
    world = requested(ends=date(2026, 5, 15))
    done = down_for(world, 30)
    assert done == [("add_tag", "policy_renewal_due"), ("notify", "account_owner")]
    assert down_for(world, 1) == []


def test_a_support_period_that_ended_in_the_outage_is_marked_with_its_own_end():
    world = requested(ends=date(2026, 4, 10))
    world.happens(("fact:severity", (AGENT, "critical")))
    world.review()
    done = down_for(world, 30)
    assert ("add_tag", "policy_support_expired") in done
    assert [value for action, value in done if action == "internal_note"] == ["support_expired"]
    first_response = next(clock for clock in world.decide().clocks if clock.name == "first_response")
    assert first_response.state is ClockState.BREACHED


def test_a_customer_who_thinks_over_an_estimate_for_a_month_finds_it_as_it_was():
    world = requested()
    world.happens(("fact:estimate_hours", (AGENT, 8)))
    world.review()
    assert down_for(world, 30) == []
    assert world.ticket.status == "waiting_customer"
    assert "policy_awaiting_estimate" in world.ticket.tags


def test_silence_closes_nothing_however_long_the_bridge_is_down():
    world = requested()
    world.happens(("status", (AGENT, "waiting_customer")))
    world.review()
    assert down_for(world, 365) == []
    assert world.ticket.status == "waiting_customer"


def happening(world: World, *facts: tuple[str, str | int | bool]) -> World:
    """A fact a day while the bridge is down."""
    for fact, value in facts:
        world.desk.now += timedelta(days=1)
        world.happens((f"fact:{fact}", (AGENT, value)))
    return world


def told(done: list[tuple[str, str | int]]) -> list[str | int]:
    return [value for action, value in done if action == "public_message"]


def test_of_two_reasons_for_waiting_the_customer_hears_the_later():
    assert told(down_for(happening(requested(), ("resource_busy", True), ("more_time", True)), 30)) == ["more_time"]
    world = happening(requested(), ("more_time", True), ("resource_busy", True))
    assert told(down_for(world, 30)) == ["resource_busy"]
    world.happens(("fact:resource_busy", (AGENT, False)))
    assert told(down_for(world, 30)) == [], "what has given way is not sent afterwards"


def test_a_question_is_put_and_what_came_before_it_gives_way():
    world = happening(requested(), ("resource_busy", True), ("estimate_hours", 8))
    assert told(down_for(world, 30)) == ["estimate"]
    world = happening(requested(), ("estimate_hours", 8), ("resource_busy", True))
    assert sorted(map(str, told(down_for(world, 30)))) == ["estimate", "resource_busy"]


def test_two_questions_of_an_outage_are_both_put():
    world = happening(requested(), ("severity", "major"), ("schedule", "this week"), ("estimate_hours", 8))
    assert sorted(map(str, told(down_for(world, 30)))) == ["estimate", "severity_and_schedule"]


def test_a_cause_that_was_found_late_is_told_although_its_stage_is_older():
    world = happening(requested(), ("stage", "diagnosed"), ("more_time", True), ("cause", "A full disk"))
    assert told(down_for(world, 30)) == ["cause"]
