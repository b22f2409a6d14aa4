"""A ticket event becomes a judged, written-back ticket; and nothing that goes wrong on the way changes the outcome."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.runtime.replay import replay
from tests.support.zendesk_account import AGENT, CLIENT, IDS

from .conftest import ConnectedBridge

STATUS = {number: name.removeprefix("statuses.") for name, number in IDS.items() if name.startswith("statuses.")}


def judged(connected: ConnectedBridge, **ticket: Any) -> int:
    number = connected.ask(**ticket)
    connected.work(until=lambda: bool(connected.writes(number)))
    connected.work()
    return number


def policy_tags(ticket: dict[str, Any]) -> set[str]:
    return {tag for tag in ticket["tags"] if tag.startswith("policy_")}


def test_a_new_ticket_is_evaluated_and_written_back_in_one_update(connected: ConnectedBridge) -> None:
    number = judged(connected)

    ticket = connected.ticket(number)
    assert ticket["priority"] == "urgent"
    assert {"policy_maas360", "policy_severity_critical", "policy_missing_device"} <= policy_tags(ticket)
    assert connected.shown(number, "severity") == "critical"
    assert connected.shown(number, "next_due") == "First response"
    assert str(connected.shown(number, "clause")).startswith("MA-10: Initial response in 30 minutes")
    [note] = connected.comments(number, public=False)
    assert "Severity critical (MA-09)" in note
    assert len(connected.writes(number)) == 1


def test_the_echo_of_our_own_write_causes_no_other(connected: ConnectedBridge) -> None:
    number = judged(connected)
    for _ in range(3):
        connected.bridge.store.wake(connected.ref(number), connected.bridge.clock(), "delivery")
        connected.work()
    assert len(connected.writes(number)) == 1


def test_timers_fire_and_the_ladder_climbs(connected: ConnectedBridge) -> None:
    number = judged(connected)
    connected.pass_time(hours=4, seconds=5)
    connected.work(until=lambda: "policy_escalated_1" in connected.ticket(number)["tags"])
    connected.work()
    ticket = connected.ticket(number)
    assert {"policy_breached_first_response", "policy_escalated_1"} <= policy_tags(ticket)
    assert ticket["group_id"] == IDS["groups.tier_3"]
    assert any(
        "needs the attention of the Customer Service Manager (MA-14)" in note
        for note in connected.comments(number, public=False)
    )


def test_a_silent_client_gets_each_notice_once_and_the_ticket_is_closed(connected: ConnectedBridge) -> None:
    number = judged(connected, affected="individual", channel="web")
    connected.sandbox.act(number, AGENT, {"custom_status_id": IDS["statuses.customer_update_required"]})
    connected.work()
    for days in (2, 2, 2, 1):
        connected.pass_time(days=days, minutes=1)
        connected.work()
    notices = connected.comments(number, public=True)
    assert len(notices) == 3
    assert "This is our final message" in notices[-1]
    ticket = connected.ticket(number)
    assert ticket["status"] == "solved"
    assert {"policy_followup_1", "policy_followup_2", "policy_followup_3"} <= policy_tags(ticket)


def test_an_out_of_office_reply_ends_nothing_and_a_real_one_does(connected: ConnectedBridge) -> None:
    number = judged(connected, affected="individual", channel="web")
    connected.sandbox.act(number, AGENT, {"custom_status_id": IDS["statuses.customer_update_required"]})
    connected.work()
    connected.pass_time(days=2, minutes=1)
    connected.work()
    connected.sandbox.reply(number, CLIENT, "I am out of office", auto_reply=True)
    connected.work()
    assert STATUS[connected.ticket(number)["custom_status_id"]] == "customer_update_required"
    assert "policy_followup_1" in connected.ticket(number)["tags"]
    connected.pass_time(minutes=1)
    connected.sandbox.reply(number, CLIENT, "Here is the log")
    connected.work()
    assert STATUS[connected.ticket(number)["custom_status_id"]] == "in_progress"
    assert "policy_followup_1" not in connected.ticket(number)["tags"]
    connected.pass_time(days=8)
    connected.work()
    assert len(connected.comments(number, public=True)) == 3  # one notice and the client's two mails


def test_what_an_agent_has_overruled_stays(connected: ConnectedBridge) -> None:
    number = judged(connected)
    connected.sandbox.act(number, AGENT, {"priority": "low"})
    connected.work()
    connected.pass_time(days=2)
    connected.work()
    assert connected.ticket(number)["priority"] == "low"


def test_an_agents_edit_at_the_same_moment_is_not_lost(connected: ConnectedBridge) -> None:
    number = judged(connected)
    connected.sandbox.act(number, AGENT, {"tags": [*connected.ticket(number)["tags"], "vip"], "priority": "high"})
    connected.sandbox.fail("PUT", f"/api/v2/tickets/{number}", status=409, times=1, body={"error": "UpdateConflict"})
    connected.pass_time(hours=4, minutes=1)
    connected.work(until=lambda: "policy_escalated_1" in connected.ticket(number)["tags"])
    ticket = connected.ticket(number)
    assert "vip" in ticket["tags"]
    assert ticket["priority"] == "high"


FAULTS = [
    {"status": 500},
    {"status": 503},
    {"drop": True},
    {"drop": True, "apply": True},
    {"status": 500, "apply": True},
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_write_that_fails_midway_happens_exactly_once(connected: ConnectedBridge, fault: dict[str, Any]) -> None:
    number = connected.ask()
    connected.sandbox.fail("PUT", f"/api/v2/tickets/{number}", times=1, **fault)
    connected.work(until=lambda: bool(connected.writes(number)))
    connected.pass_time(minutes=10)
    connected.work(until=lambda: connected.ticket(number)["priority"] == "urgent")
    connected.pass_time(minutes=1)
    connected.work()
    assert len([note for note in connected.comments(number, public=False) if "Severity critical" in note]) == 1


def test_webhooks_that_were_lost_are_found_by_the_sweep(connected: ConnectedBridge) -> None:
    connected.sandbox.disturb_deliveries("drop", times=100)
    number = connected.ask()
    connected.pass_time(minutes=3)
    connected.bridge.jobs.sweep()
    connected.work(until=lambda: connected.ticket(number)["priority"] == "urgent")


def test_repeated_and_reordered_deliveries_change_nothing(connected: ConnectedBridge) -> None:
    connected.sandbox.disturb_deliveries("duplicate", times=20)
    number = judged(connected)
    connected.sandbox.disturb_deliveries("delay", times=1, delay_s=1)
    connected.sandbox.act(number, AGENT, {"comment": {"body": "We are looking", "public": True}})
    connected.sandbox.act(number, AGENT, {"priority": "urgent"})
    connected.work()
    assert len(connected.writes(number)) <= 2  # the new ticket, and the next due time after the agent's message
    assert connected.shown(number, "next_due") == "Status update"


def test_a_closed_ticket_is_left_alone(connected: ConnectedBridge) -> None:
    number = judged(connected)
    connected.sandbox.act(number, AGENT, {"assignee_id": IDS["users.agent_1"], "status": "solved"})
    connected.sandbox.act(number, AGENT, {"status": "closed"})
    before = len(connected.writes(number))
    connected.work()
    connected.pass_time(days=3)
    connected.work()
    assert len(connected.writes(number)) == before
    assert not connected.bridge.store.parked()


def test_every_decision_can_be_made_again_byte_for_byte(connected: ConnectedBridge) -> None:
    judged(connected)
    reviews = [review for review in connected.bridge.store.reviews() if review.decision]
    assert reviews
    for review in reviews:
        recorded, again = replay(connected.bridge.store, review.id)
        assert again.model_dump_json() == recorded.model_dump_json()
