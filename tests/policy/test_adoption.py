"""A ticket that was created before the policy came into force, over random histories, under every pack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bridge.decision import Action, ClockState, Decision, DesiredValue, Field, Set, SystemField, Tag
from bridge.decision.records import action_name, action_value
from bridge.decision.targets import target_text
from bridge.evaluate import evaluate
from bridge.policy.evaluation.adoption import InForce
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.ticket import RESOLVED, Ticket

from .ticket_simulation import AGENT, CUSTOMER, History, TicketSimulation, histories

POLICIES = [load_policy(name) for name in packs()]
some = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
each_pack = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.pack)
DAY = timedelta(days=1)
TIMED_TAGS = (
    "policy_warning_",
    "policy_breached_",
    "policy_escalated_",
    "policy_escalation_requested",
    "policy_followup_",
)


def lived(policy: Policy, history: History) -> TicketSimulation:
    """A ticket to which a history has happened without a bridge."""
    simulation = TicketSimulation.fresh(policy)
    for gap, event in history:
        simulation.helpdesk.now += gap
        simulation.apply_event(event)
    return simulation


def in_force(simulation: TicketSimulation) -> datetime:
    """The policy comes into force a second after all that has happened; returns when."""
    simulation.helpdesk.now += timedelta(seconds=1)
    simulation.in_force = InForce(simulation.helpdesk.now)
    return simulation.helpdesk.now


@each_pack
@some
@given(st.data())
def test_nothing_that_was_due_before_ever_happens(policy: Policy, data: st.DataObject) -> None:
    simulation = lived(policy, data.draw(histories(policy)))
    before, since = simulation.ticket, in_force(simulation)
    simulation.review()
    for _, action in simulation.done:
        assert action_name(action) in ("add_tag", "set_field", "set_priority", "set_tier"), action
        assert not str(action_value(action)).startswith(TIMED_TAGS), action
        assert isinstance(action, Set)
        if isinstance(action.target, SystemField):
            assert before.value(action.target.value) is None
    clocks = simulation.decide().clocks if simulation.governed else ()
    assert all(clock.started_at >= since for clock in clocks)
    assert not [clock for clock in clocks if clock.state in (ClockState.BREACHED, ClockState.MET)]


@each_pack
@some
@given(st.data())
def test_nothing_happens_as_of_an_instant_before(policy: Policy, data: st.DataObject) -> None:
    simulation = lived(policy, data.draw(histories(policy)))
    since = in_force(simulation)
    simulation.review()
    simulation.play_history(data.draw(histories(policy)))
    simulation.review_until(simulation.helpdesk.now + 40 * DAY)
    assert all(as_of(action) >= since for _, action in simulation.done)


def as_of(action: Action) -> datetime:
    """The occasion of an action, which its key names."""
    return datetime.strptime(action.key.split("/")[1], "%Y%m%dT%H%M%S%z")


@each_pack
@some
@given(st.data())
def test_a_ticket_is_as_one_that_was_created_then_in_that_state(policy: Policy, data: st.DataObject) -> None:
    """Evaluation by evaluation; nothing in its past excuses anything here."""
    past = [(gap, event) for gap, event in data.draw(histories(policy)) if excuses_nothing(event)]
    simulation = lived(policy, past)
    before, since = simulation.ticket, in_force(simulation)
    assume(before.status not in RESOLVED)
    then = evaluate(before.model_copy(update={"created_at": since, "timeline": ()}), None, policy, since)
    assume(not any(target_text(desired.target).startswith("tag:policy_awaiting") for desired in then.desired))
    simulation.review()
    for gap, event in data.draw(histories(policy)):
        simulation.helpdesk.now += max(gap, timedelta(seconds=1))
        simulation.apply_event(event)
        simulation.review()
        twin = created_then(simulation.ticket, before, since)
        account = simulation.helpdesk.account(twin)
        fresh = evaluate(twin, account, policy, simulation.helpdesk.now)
        adopted = simulation.decide()
        assert adopted.clocks == fresh.clocks
        assert adopted.wake_at == fresh.wake_at
        assert adopted.level == fresh.level
        assert adopted.due_messages == tuple(message for message in fresh.due_messages if message.due_at > since)
        assert [*later(adopted, since)] == [*later(fresh, since)]


def excuses_nothing(event: tuple[str, object]) -> bool:
    kind, value = event
    by_agent = isinstance(value, tuple) and value[0] is AGENT
    return kind in ("auto", "untag", "escalate") or (isinstance(value, tuple) and kind != "answer" and not by_agent)


def created_then(ticket: Ticket, before: Ticket, since: datetime) -> Ticket:
    """The ticket as if it had been created at an instant in the state that it then had."""
    entries = tuple(entry for entry in ticket.timeline if entry.at >= since)
    twin = Ticket(
        **{name: getattr(ticket, name) for name in Ticket.model_fields} | {"created_at": since, "timeline": entries}
    )
    for field in ("status", "priority", "type", "tier", "tags", *(f"fact:{name}" for name in ticket.facts)):
        assert twin.history(field)[0][1] == before.value(field)
    return twin


def later(decision: Decision, since: datetime) -> Iterator[DesiredValue]:
    """What is wanted for what happened after an instant, and the tags and fields that were wanted then."""
    for desired in decision.desired:
        if desired.since > since or isinstance(desired.target, Tag | Field):
            yield desired


@each_pack
@some
@given(st.data())
def test_what_people_had_set_stays_however_long_nothing_happens(policy: Policy, data: st.DataObject) -> None:
    simulation = lived(policy, data.draw(histories(policy)))
    simulation.apply_event(("priority", (AGENT, data.draw(st.sampled_from(["low", "urgent"])))))
    before = simulation.ticket
    in_force(simulation)
    simulation.review()
    simulation.review_until(simulation.helpdesk.now + timedelta(minutes=10))
    assert (simulation.ticket.priority, simulation.ticket.assignee) == (before.priority, before.assignee)


@each_pack
@some
@given(st.data(), st.sampled_from(["solved", "closed"]))
def test_a_resolved_ticket_is_left_alone_until_it_is_opened_again(
    policy: Policy, data: st.DataObject, resolved: str
) -> None:
    simulation = lived(policy, data.draw(histories(policy)))
    simulation.apply_event(("status", (AGENT, resolved)))
    in_force(simulation)
    simulation.review()
    for _ in range(3):
        simulation.helpdesk.now += 20 * DAY
        simulation.apply_event(("reply", CUSTOMER))
        simulation.review()
    assert simulation.done == []
    simulation.helpdesk.now += DAY
    simulation.apply_event(("status", (CUSTOMER, "open")))
    opened = simulation.helpdesk.now
    simulation.review()
    assert f"policy_{policy.pack}" in simulation.ticket.tags
    assert all(clock.started_at >= opened for clock in simulation.decide().clocks)
    assert [action for _, action in simulation.done if action_name(action) in ("public_message", "notify")] == []


@each_pack
@some
@given(st.data())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(policy: Policy, data: st.DataObject) -> None:
    simulation = lived(policy, data.draw(histories(policy)))
    in_force(simulation)
    simulation.play_history(data.draw(histories(policy)))
    assert not simulation.planned()


@each_pack
def test_nothing_is_done_before_it_and_nothing_where_the_backlog_is_ignored(policy: Policy) -> None:
    ticket = TicketSimulation.fresh(policy).ticket
    later_on = ticket.created_at + DAY
    assert InForce(later_on).governed(ticket, later_on - timedelta(seconds=1)) is None
    assert InForce(later_on, "ignore").governed(ticket, later_on + DAY) is None
    assert InForce(later_on, "judge").governed(ticket, ticket.created_at) is ticket
    assert InForce(ticket.created_at).governed(ticket, ticket.created_at) is ticket
