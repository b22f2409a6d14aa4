"""What must hold for every ticket, whatever happens on it: random histories under the shipped packs."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.decision.records import action_name, action_value
from bridge.history.consequences import may_lead_to_more
from bridge.plan import LedgerEntry
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy

from .ticket_simulation import AGENT, CUSTOMER, PRIORITIES, TicketSimulation, histories

maas360 = load_policy("maas360")
STEPS = [
    {"at": "50%", "notify": ["assignee"], "tags": ["half"]},
    {"at": "10m before", "when": {"calendar_open": "japan"}, "message": "update_requested", "if_late": "skip"},
    {"at": "breach", "notify": ["coo"], "note": "escalated", "tier": 2, "if_late": "act"},
    {"after": "1 business day", "notify": ["coo"]},
]
STEPPED = {
    "pack": "maas360_with_steps",
    "clocks": [{"name": "first_response", "steps": STEPS}, {"name": "status_update", "steps": STEPS}],
    "escalation": {"paused_in": ["waiting_customer", "customer_update_required"]},
}
"""What no shipped pack has: steps of clocks, and a schedule that rests."""
POLICIES = [*(load_policy(name) for name in packs()), load_policy("maas360", STEPPED)]
UNGUARDED = [policy for policy in POLICIES if not policy.severity.prevent_lowering]

some = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(some, max_examples=40)
each_pack = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.pack)
each_unguarded_pack = pytest.mark.parametrize("policy", UNGUARDED, ids=lambda policy: policy.pack)


@each_pack
@some
@given(st.data())
def test_applying_a_plan_leaves_nothing_to_do(policy: Policy, data: st.DataObject) -> None:
    simulation = TicketSimulation.fresh(policy).play_history(data.draw(histories(policy)))
    assert not simulation.planned()


@each_pack
@some
@given(st.data())
def test_a_simulation_need_not_look_again_after_writes_that_the_policy_does_not_read(
    policy: Policy, data: st.DataObject
) -> None:
    simulation = TicketSimulation.fresh(policy)
    for gap, event in data.draw(histories(policy)):
        simulation.helpdesk.now += gap
        simulation.apply_event(event)
        while todo := simulation.planned():
            simulation.helpdesk.apply(simulation.ticket, todo)
            now = simulation.helpdesk.now
            simulation.ledger += [LedgerEntry(action=action, at=now, confirmed=True) for action in todo.actions]
            if not may_lead_to_more(todo.actions, policy):
                assert not simulation.planned(), todo
                break


@each_pack
@some
@given(st.data(), st.floats(0.01, 0.99))
def test_a_decision_stays_the_same_until_it_asks_to_be_made_again(
    policy: Policy, data: st.DataObject, share: float
) -> None:
    simulation = TicketSimulation.fresh(policy)
    for gap, event in data.draw(histories(policy)):
        simulation.helpdesk.now += gap
        simulation.apply_event(event)
        simulation.review()
    first = simulation.decide()
    horizon = first.wake_at or simulation.helpdesk.now + timedelta(days=400)
    between = simulation.helpdesk.now + (horizon - simulation.helpdesk.now) * share
    later = simulation.decide(min(between, horizon - timedelta(microseconds=1)))
    assert later.model_copy(update={"at": first.at}) == first


@each_pack
@some
@given(st.data())
def test_every_output_cites_a_clause_of_the_pack(policy: Policy, data: st.DataObject) -> None:
    simulation = TicketSimulation.fresh(policy).play_history(data.draw(histories(policy)))
    assert all(action.cite.clause in policy.clauses for _, action in simulation.done)


@each_pack
@some
@given(st.data())
def test_only_tags_of_the_bridge_are_ever_touched(policy: Policy, data: st.DataObject) -> None:
    simulation = TicketSimulation.fresh(policy)
    simulation.helpdesk.change("tags", "customers-own,vip", CUSTOMER)
    simulation.play_history(data.draw(histories(policy)))
    tags = [action_value(action) for _, action in simulation.done if action_name(action) in ("add_tag", "remove_tag")]
    assert all(str(tag).startswith("policy_") for tag in tags)


@each_unguarded_pack
@some
@given(st.data(), st.sampled_from(PRIORITIES))
def test_an_agents_priority_is_not_fought(policy: Policy, data: st.DataObject, wished: str) -> None:
    """Once a person has overruled the priority, only a new fact, never the passing of time, changes it again."""
    simulation = TicketSimulation.fresh(policy).play_history(data.draw(histories(policy)))
    simulation.review_until(simulation.helpdesk.now + timedelta(minutes=1))
    simulation.apply_event(("priority", (AGENT, wished)))
    simulation.review()
    simulation.review_until(simulation.helpdesk.now + timedelta(days=40))
    assert simulation.ticket.priority == wished


@each_pack
@some
@given(st.data())
def test_no_message_is_sent_twice(policy: Policy, data: st.DataObject) -> None:
    simulation = TicketSimulation.fresh(policy).play_history(data.draw(histories(policy)))
    keys = Counter(action.key for _, action in simulation.done if action_name(action) in ("public_message", "notify"))
    assert not [key for key, count in keys.items() if count > 1]


@each_pack
@some
@given(st.data(), st.integers(30, 60))
def test_after_a_month_of_downtime_the_customer_gets_at_most_one_message(
    policy: Policy, data: st.DataObject, days: int
) -> None:
    simulation = TicketSimulation.fresh(policy)
    for gap, event in data.draw(histories(policy)):
        simulation.helpdesk.now += gap
        simulation.apply_event(event)
    simulation.review()
    done = simulation.back_after(timedelta(days=days))
    assert len([name for name, _ in done if name == "public_message"]) <= 1


def promised(policy: Policy) -> set[str | None]:
    """Messages that never give way: questions, what stages owe, notices and attempts of waiting rules."""
    held = policy.severity.held_by
    found = {gate.request_message for gate in policy.gates} | ({held.request_message} if held else set())
    for step in (step for flow in policy.workflows for step in flow.stages):
        found |= {step.message, *(need.message for need in step.needs)}
    for ladder in policy.waiting:
        contacts = ladder.kind == "contact_attempts"
        found |= {ladder.message, ladder.last_message} if contacts else {notice.message for notice in ladder.notices}
    return found


@each_pack
@some
@given(st.data())
def test_what_happened_while_the_bridge_was_down_is_summed_up_in_one_message(
    policy: Policy, data: st.DataObject
) -> None:
    simulation = TicketSimulation.fresh(policy)
    for gap, event in data.draw(histories(policy)):
        simulation.helpdesk.now += gap
        simulation.apply_event(event)
    simulation.helpdesk.now += timedelta(hours=1)
    simulation.review()
    messages = [action_value(action) for _, action in simulation.done if action_name(action) == "public_message"]
    assert len([message for message in messages if message not in promised(policy)]) <= 1


@many
@given(histories(maas360), st.lists(st.integers(1, 400), max_size=6))
def test_nothing_is_solved_for_silence_without_the_final_notice_a_day_before(history, outages):
    """The bridge may be down for any hours: the last notice still comes, and comes a day before the end."""
    simulation = TicketSimulation.fresh(maas360).play_history(history)
    simulation.apply_event(("status", (AGENT, "open")))
    simulation.review()
    simulation.apply_event(("status", (AGENT, "customer_update_required")))
    simulation.review()
    start = len(simulation.done)
    for hours in [*outages, 24 * 9, 24 * 2, 24 * 2]:
        simulation.helpdesk.now += timedelta(hours=hours)
        simulation.review()
    since = simulation.done[start:]
    solved = [at for at, action in since if action_name(action) == "set_status" and action_value(action) == "solved"]
    notices = [
        at for at, action in since if action_name(action) == "public_message" and action_value(action) == "final_notice"
    ]
    assert len(solved) == 1
    assert len(notices) == 1
    assert solved[0] - notices[0] >= timedelta(days=1)


@each_pack
@some
@given(st.data())
def test_looking_more_often_changes_nothing(policy: Policy, data: st.DataObject) -> None:
    """Duplicated wake-ups: a bridge that looks every few hours does exactly what one does that looks when it must."""
    history = data.draw(histories(policy))
    needed, restless = TicketSimulation.fresh(policy).play_history(history), TicketSimulation.fresh(policy)
    restless.review()
    for gap, event in history:
        end = restless.helpdesk.now + gap
        while restless.helpdesk.now + timedelta(hours=7) < end:
            restless.review_until(restless.helpdesk.now + timedelta(hours=7))
            restless.review()
        restless.review_until(end)
        restless.apply_event(event)
        restless.review()
    assert [(at, action_name(a), action_value(a)) for at, a in restless.done] == [
        (at, action_name(a), action_value(a)) for at, a in needed.done
    ]
