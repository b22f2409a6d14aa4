"""Thirty days in which the bridge was down, for every timed step of Mattermost."""

from __future__ import annotations

from datetime import timedelta

from bridge.decision.records import action_name
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ticket import Channel

from .ticket_simulation import AGENT, CREATED, CUSTOMER, TicketSimulation

MONTH = timedelta(days=30)
TARGETS = {"normal": "4h", "urgent": "2h"}
mattermost = load_policy("mattermost")
with_targets = load_policy(
    "mattermost", {"clocks": [{"name": name, "targets": TARGETS} for name in ("first_response", "status_update")]}
)


def ticket(priority: str, policy: Policy = mattermost) -> TicketSimulation:
    simulation = TicketSimulation.fresh(policy, category="Search", environment="production", server_version="9.5")
    simulation.apply_event(("priority", (CUSTOMER, priority)))
    simulation.review()
    return simulation


def after_a_month(simulation: TicketSimulation) -> set[tuple[str, str | int]]:
    """What the bridge does when it comes back."""
    return set(simulation.back_after(CREATED + MONTH - simulation.helpdesk.now))


def test_only_the_region_that_is_on_shift_now_takes_over() -> None:
    """Nobody hears of ninety hand-overs: from Thursday, 20:00 UTC, in America, to Saturday, waiting for Singapore."""
    done = after_a_month(ticket("urgent"))
    assert done == {
        ("add_tag", "policy_region_apac"),
        ("remove_tag", "policy_region_americas"),
        ("set_field", "region=apac"),
    }


def test_a_normal_ticket_stays_where_it_was() -> None:
    assert after_a_month(ticket("normal")) == set()


def test_an_escalation_that_still_holds_is_announced_once() -> None:
    simulation = ticket("urgent")
    simulation.apply_event(("plan", (AGENT, "premium")))
    done = after_a_month(simulation)
    assert ("notify", "on_call") in done
    assert ("add_tag", "policy_escalation_24x7") in done
    simulation.helpdesk.now += MONTH
    simulation.review()
    assert len([action for _, action in simulation.done if action_name(action) == "notify"]) == 1


def test_an_escalation_that_has_ended_is_not_announced() -> None:
    simulation = ticket("urgent")
    simulation.apply_event(("plan", (AGENT, "premium")))
    simulation.helpdesk.now = CREATED + timedelta(hours=1)
    simulation.apply_event(("priority", (AGENT, "low")))
    assert not [value for action, value in after_a_month(simulation) if action == "notify"]


def test_the_customer_gets_one_stage_of_several_that_were_missed() -> None:
    simulation = ticket("normal")
    for day, stage in enumerate(["sent_to_set", "confirmed", "plan_created", "plan_executed", "released"], start=1):
        simulation.helpdesk.now = CREATED + timedelta(days=day)
        simulation.apply_event(("fact:engineering_stage", (AGENT, stage)))
    messages = [value for action, value in after_a_month(simulation) if action == "public_message"]
    assert messages == ["released"]


def test_an_update_that_an_agent_gave_meanwhile_is_not_given_again() -> None:
    simulation = ticket("normal")
    simulation.apply_event(("fact:engineering_stage", (AGENT, "plan_created")))
    simulation.helpdesk.now = CREATED + timedelta(days=1)
    simulation.apply_event(("reply", AGENT))
    done = after_a_month(simulation)
    assert not [value for action, value in done if action == "public_message"]
    assert ("add_tag", "policy_update_due") not in done


def test_the_status_is_the_one_that_the_last_message_asks_for() -> None:
    simulation = ticket("normal")
    for hours, who in ((1, AGENT), (2, CUSTOMER), (3, AGENT), (4, CUSTOMER)):
        simulation.helpdesk.now = CREATED + timedelta(hours=hours)
        simulation.apply_event(("reply", who))
    statuses = [value for action, value in after_a_month(simulation) if action == "set_status"]
    assert statuses == ["open"]


def test_a_target_that_was_missed_is_marked_without_a_warning() -> None:
    done = after_a_month(ticket("normal", with_targets))
    assert done == {("add_tag", "policy_breached_first_response"), ("add_tag", "policy_breached_status_update")}


def test_who_asked_sales_through_the_portal_is_directed_late_and_once() -> None:
    simulation = TicketSimulation.fresh(mattermost, channel=Channel.PORTAL)
    simulation.apply_event(("type", (CUSTOMER, "sales")))
    simulation = TicketSimulation(mattermost, InMemoryHelpdesk(simulation.ticket.model_copy(update={"timeline": ()})))
    assert [value for action, value in after_a_month(simulation) if action == "public_message"] == ["submit_a_request"]
    simulation.helpdesk.now += MONTH
    simulation.review()
    assert len([action for _, action in simulation.done if action_name(action) == "public_message"]) == 1


def test_what_a_stage_owes_is_sent_although_the_ticket_has_been_solved_since() -> None:
    simulation = ticket("normal")
    simulation.apply_event(("fact:engineering_stage", (AGENT, "released")))
    simulation.helpdesk.now = CREATED + timedelta(days=1)
    simulation.apply_event(("status", (AGENT, "solved")))
    assert [value for action, value in after_a_month(simulation) if action == "public_message"] == ["released"]
