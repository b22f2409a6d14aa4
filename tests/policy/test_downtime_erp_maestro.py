"""Thirty days in which the bridge was down, for every timed step of ERP Maestro."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.decision.records import action_name
from bridge.policy.load import load_policy
from bridge.ticket import Channel

from .ticket_simulation import AGENT, CREATED, CUSTOMER, TicketSimulation

erp_maestro = load_policy("erp_maestro")
MONTH = timedelta(days=30)


def level(severity: str, channel: Channel = Channel.PHONE) -> TicketSimulation:
    simulation = TicketSimulation.fresh(erp_maestro, channel, severity=severity, business_impact="invoices wait")
    simulation.review()
    return simulation


def after_a_month(simulation: TicketSimulation) -> set[tuple[str, str | int]]:
    """What the bridge does when it comes back."""
    return set(simulation.back_after(CREATED + MONTH - simulation.helpdesk.now))


def states(simulation: TicketSimulation) -> dict[str, str]:
    return {clock.name: clock.state.value for clock in simulation.decide().clocks}


def test_breaches_of_all_clocks_are_marked_and_no_warning_comes_too_late() -> None:
    done = after_a_month(level("1"))
    assert done == {("add_tag", f"policy_breached_{clock}") for clock in ("work_start", "first_response", "completion")}


def test_what_was_done_in_time_is_no_breach_although_no_review_ran() -> None:
    simulation = level("2")
    simulation.helpdesk.now = CREATED + timedelta(hours=8)
    simulation.apply_event(("reply", AGENT))
    simulation.helpdesk.now = CREATED + timedelta(hours=9)
    simulation.apply_event(("status", (AGENT, "solved")))
    assert after_a_month(simulation) == set()
    assert states(simulation) == {"first_response": "met", "completion": "met"}


def test_a_customer_who_is_still_unavailable_is_marked_and_completion_has_rested_since_the_hour() -> None:
    simulation = level("1")
    simulation.apply_event(("reply", AGENT))
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    done = after_a_month(simulation)
    assert done == {("add_tag", "policy_customer_unavailable"), ("internal_note", "customer_unavailable")}
    assert states(simulation)["completion"] == "paused"


def test_a_customer_who_was_unavailable_for_a_while_is_not_marked_but_the_time_is_given_back() -> None:
    """Friday 09:00 to 16:00 in New York less the hour is given back to a completion due on Friday at 16:00."""
    simulation = level("1")  # Thursday 16:00 in New York
    simulation.helpdesk.now = datetime.fromisoformat("2026-03-27T09:00:00-04:00")
    simulation.apply_event(("status", (AGENT, "waiting_customer")))
    simulation.helpdesk.now = datetime.fromisoformat("2026-03-27T16:00:00-04:00")
    simulation.apply_event(("reply", CUSTOMER))
    simulation.apply_event(("status", (AGENT, "in_progress")))
    simulation.helpdesk.now = datetime.fromisoformat(
        "2026-03-30T14:00:00-04:00"
    )  # Monday, in the second in which it is due
    simulation.apply_event(("status", (AGENT, "solved")))
    done = after_a_month(simulation)
    assert ("add_tag", "policy_customer_unavailable") not in done
    (completion,) = [clock for clock in simulation.decide().clocks if clock.name == "completion"]
    assert (completion.state, completion.met_at) == ("met", completion.due_at)


def test_the_customer_gets_one_stage_of_several_that_were_missed() -> None:
    simulation = level("2")
    for day, stage in enumerate(["fix_needs_version", "testing", "interim_instance", "released"], start=1):
        simulation.helpdesk.now = CREATED + timedelta(days=day)
        simulation.apply_event(("fact:stage", (AGENT, stage)))
    messages = {value for action, value in after_a_month(simulation) if action == "public_message"}
    assert messages == {"released"}


def test_a_call_that_is_still_owed_is_asked_for_once() -> None:
    simulation = TicketSimulation.fresh(erp_maestro, Channel.EMAIL, severity="1", business_impact="invoices wait")
    messages = [value for action, value in after_a_month(simulation) if action == "public_message"]
    assert messages == ["phone_required"]
    simulation.helpdesk.now += MONTH
    simulation.review()
    assert len([action for _, action in simulation.done if action_name(action) == "public_message"]) == 1


def test_a_change_of_level_that_was_proposed_and_refused_unseen_is_put_back() -> None:
    simulation = level("2")
    simulation.apply_event(("fact:severity", (AGENT, "4")))
    simulation.helpdesk.now = CREATED + timedelta(days=1)
    simulation.apply_event(("answer", ("severity_change", False)))
    done = after_a_month(simulation)
    assert ("set_field", "severity=2") in done
    assert not [value for action, value in done if action == "public_message"]
    assert simulation.ticket.facts["severity"] == "2"


def test_a_request_to_call_gives_way_to_a_later_question_and_to_what_a_later_stage_owes() -> None:
    for event, message in (
        (("fact:severity", (AGENT, "2")), "severity_change"),
        (("fact:stage", (AGENT, "testing")), "testing"),
    ):
        simulation = TicketSimulation.fresh(erp_maestro, Channel.EMAIL, severity="1", business_impact="invoices wait")
        simulation.helpdesk.now = CREATED + timedelta(days=1)
        simulation.apply_event(event)
        messages = [value for action, value in after_a_month(simulation) if action == "public_message"]
        assert messages == [message]
        assert "policy_phone_required" in simulation.ticket.tags


def test_a_question_is_put_however_old_it_is_beside_what_a_stage_owes() -> None:
    simulation = level("2")
    for day, event in ((1, ("fact:severity", (AGENT, "4"))), (2, ("fact:stage", (AGENT, "released")))):
        simulation.helpdesk.now = CREATED + timedelta(days=day)
        simulation.apply_event(event)
    messages = {value for action, value in after_a_month(simulation) if action == "public_message"}
    assert messages == {"severity_change", "released"}
