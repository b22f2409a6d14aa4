"""Maintmaster after an outage: every timed step comes late once, and the customer hears of it at most once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.decision import ClockState, Severity
from bridge.decision.records import action_name, action_value
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.plan import LedgerEntry
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ticket import Channel

from .ticket_simulation import AGENT, CUSTOMER, TicketSimulation

MONDAY = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
"""09:00 in Stockholm, the day after the clocks went forward."""
REOPENED = {"reactions": [{"name": "hardware", "message": "solution_provided"}]}
"""The customer hears of unsupported hardware as well."""
FOUR_HOURS = {"clocks": [{"name": "first_response", "targets": {"low": "4h"}}]}


def working(policy: Policy | None = None) -> TicketSimulation:
    """A question of Monday morning that an agent works on; the bridge has seen it."""
    policy = policy or load_policy("maintmaster")
    ticket = TicketSimulation.fresh(policy, channel=Channel.PORTAL).ticket.model_copy(update={"created_at": MONDAY})
    simulation = TicketSimulation(policy, InMemoryHelpdesk(ticket))
    simulation.review()
    simulation.apply_event(("status", (AGENT, "in_progress")))
    simulation.review()
    return simulation


def down_for(simulation: TicketSimulation, days: int) -> list[tuple[str, str | int]]:
    """What the bridge does when it is back, besides filling in fields."""
    return [done for done in simulation.back_after(timedelta(days=days)) if done[0] != "set_field"]


@pytest.mark.parametrize("days", [7, 30, 365])
def test_a_ticket_nobody_answered_is_closed_late_with_one_message(days):
    simulation = working()
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    simulation.review()
    done = down_for(simulation, days)
    assert ("set_status", "solved") in done
    assert ("add_tag", "policy_closed_no_response") in done
    assert ("add_tag", "policy_survey_due") in done
    assert ("add_tag", "policy_warning_closure") not in done
    assert [value for action, value in done if action == "public_message"] == ["closed_no_response"]


def test_the_countdown_that_ended_in_the_outage_is_shown_with_both_its_times():
    simulation = working()
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    simulation.review()
    down_for(simulation, 30)
    (clock,) = simulation.decide().clocks
    assert (clock.state, clock.due_at) == (ClockState.MET, MONDAY + timedelta(days=7))
    assert clock.met_at == MONDAY + timedelta(days=30)


def test_who_answered_after_the_five_days_while_the_bridge_was_down_is_not_closed():
    simulation = working()
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    simulation.review()
    simulation.helpdesk.now += timedelta(days=10)
    simulation.apply_event(("reply", CUSTOMER))
    done = down_for(simulation, 20)
    assert ("set_status", "open") in done
    assert ("set_status", "solved") not in done
    assert [value for action, value in done if action == "public_message"] == ["status_changed"]


def test_an_outage_that_ends_a_second_before_the_fifth_day_closes_nothing():
    simulation = working()
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    simulation.review()
    simulation.helpdesk.now = MONDAY + timedelta(days=7, seconds=-1)
    simulation.review()
    assert simulation.ticket.status == "waiting_customer"
    assert "policy_warning_closure" in simulation.ticket.tags
    simulation.helpdesk.now += timedelta(seconds=1)
    simulation.review()
    assert simulation.ticket.status == "solved"


def test_a_late_second_stage_of_escalation_speaks_alone():
    timed = load_policy("maintmaster", {"escalation": {"on_request": {"next_stage_after": "8h"}}})
    simulation = working(timed)
    simulation.apply_event(("escalate", None))
    done = down_for(simulation, 30)
    assert {value for action, value in done if action == "notify"} == {"chief_services_officer"}
    assert {("add_tag", "policy_escalated_1"), ("add_tag", "policy_escalated_2")} <= set(done)
    assert [value for action, value in done if action == "public_message"] == ["escalated_to_management"]


def test_a_response_time_set_by_the_admin_is_breached_late_and_only_marked():
    simulation = working(load_policy("maintmaster", FOUR_HOURS))
    assert down_for(simulation, 30) == [("add_tag", "policy_breached_first_response")]


def test_an_answer_in_the_last_second_is_in_time_however_late_the_review():
    simulation = working(load_policy("maintmaster", FOUR_HOURS))
    simulation.helpdesk.now = MONDAY + timedelta(hours=4)
    simulation.apply_event(("reply", AGENT))
    assert down_for(simulation, 30) == []
    assert [clock.state for clock in simulation.decide().clocks] == [ClockState.MET]


def messages_of(done: list[tuple[str, str | int]]) -> list[str | int]:
    return [value for action, value in done if action == "public_message"]


def test_an_escalation_gives_way_to_the_status_that_a_later_answer_brought_about():
    """The bridge itself sets the status on its return, so the message on it is of now."""
    simulation = working()
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    simulation.review()
    for days, event in ((1, ("escalate", None)), (2, ("reply", CUSTOMER))):
        simulation.helpdesk.now = MONDAY + timedelta(days=days)
        simulation.apply_event(event)
    done = down_for(simulation, 30)
    assert ("set_status", "open") in done
    assert ("notify", "support_manager") in done
    assert messages_of(done) == ["status_changed"]


def test_a_status_that_the_helpdesk_did_not_take_holds_no_message_back():
    simulation = working()
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    simulation.review()
    for days, event in ((1, ("escalate", None)), (2, ("reply", CUSTOMER))):
        simulation.helpdesk.now = MONDAY + timedelta(days=days)
        simulation.apply_event(event)
    simulation.helpdesk.now = MONDAY + timedelta(days=30)
    first = simulation.planned().actions
    assert "public_message" not in {action_name(action) for action in first}
    simulation.ledger += [LedgerEntry(action=action, at=simulation.helpdesk.now, confirmed=False) for action in first]
    again = simulation.planned().actions
    assert [action_value(action) for action in again if action_name(action) == "public_message"] == [
        "escalated_to_management"
    ]


def test_of_two_requests_and_a_release_the_last_request_is_sent_and_what_the_stage_owes():
    simulation = working()
    simulation.apply_event(("type", (AGENT, "system_error")))
    simulation.review()
    events = (("escalate", None), ("fact:stage", (AGENT, "implemented")), ("escalate", None))
    for days, event in enumerate(events, start=1):
        simulation.helpdesk.now = MONDAY + timedelta(days=days)
        simulation.apply_event(event)
    assert sorted(messages_of(down_for(simulation, 30))) == ["escalated_to_management", "implemented"]


@pytest.mark.parametrize(("minutes", "messages"), [(59, 2), (60, 1)])
def test_what_is_less_than_an_hour_old_is_sent_as_always(minutes, messages):
    simulation = TicketSimulation(load_policy("maintmaster", REOPENED), working().helpdesk)
    simulation.apply_event(("escalate", None))
    simulation.helpdesk.now += timedelta(minutes=1)
    simulation.apply_event(("fact:hardware_supported", (AGENT, False)))
    simulation.helpdesk.now += timedelta(minutes=minutes - 1)
    before = len(simulation.done)
    simulation.review()
    assert (
        len(messages_of([(action_name(action), action_value(action)) for _, action in simulation.done[before:]]))
        == messages
    )


def test_a_release_note_that_is_due_on_a_closed_ticket_calls_for_a_person():
    simulation = working()
    simulation.apply_event(("type", (AGENT, "system_error")))
    simulation.review()
    simulation.apply_event(("status", (AGENT, "solved")))
    simulation.review()
    simulation.apply_event(("status", (AGENT, "closed")))
    assert down_for(simulation, 30) == []
    simulation.apply_event(("fact:stage", (AGENT, "implemented")))
    assert down_for(simulation, 1) == []
    (lost,) = (finding for finding in simulation.planned().findings if finding.severity is Severity.ERROR)
    assert (lost.code, lost.cite.clause) == ("closed_unheard", "MM-17")
    assert lost.because == (
        "the ticket is closed and accepts no messages, so implemented was not sent to the customer "
        "(the ticket reached stage implemented): open a follow-up ticket and write to them there"
    )
