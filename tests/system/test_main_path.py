"""A ticket event becomes a judged, written-back ticket; and nothing that goes wrong on the way changes the outcome."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.runtime.replay import replay

from .conftest import AGENT, CLIENT, IDS, World

STATUS = {number: name.removeprefix("statuses.") for name, number in IDS.items() if name.startswith("statuses.")}


def judged(world: World, **ticket: Any) -> int:
    number = world.ask(**ticket)
    world.work(until=lambda: bool(world.writes(number)))
    world.work()
    return number


def policy_tags(ticket: dict[str, Any]) -> set[str]:
    return {tag for tag in ticket["tags"] if tag.startswith("policy_")}


def test_a_new_ticket_is_judged_and_written_back_in_one_update(world: World) -> None:
    number = judged(world)

    ticket = world.ticket(number)
    assert ticket["priority"] == "urgent"
    assert {"policy_maas360", "policy_severity_critical", "policy_missing_device"} <= policy_tags(ticket)
    assert world.shown(number, "severity") == "critical"
    assert world.shown(number, "next_due") == "first_response"
    assert world.shown(number, "clause") == "MA-10"
    [note] = world.comments(number, public=False)
    assert "Severity critical (MA-09)" in note
    assert len(world.writes(number)) == 1


def test_the_echo_of_our_own_write_causes_no_other(world: World) -> None:
    number = judged(world)
    for _ in range(3):
        world.bridge.store.wake(world.ref(number), world.bridge.clock(), "delivery")
        world.work()
    assert len(world.writes(number)) == 1


def test_timers_fire_and_the_ladder_climbs(world: World) -> None:
    number = judged(world)
    world.pass_time(hours=4, seconds=5)
    world.work(until=lambda: "policy_escalated_1" in world.ticket(number)["tags"])
    world.work()
    ticket = world.ticket(number)
    assert {"policy_breached_first_response", "policy_escalated_1"} <= policy_tags(ticket)
    assert ticket["group_id"] == IDS["groups.tier_3"]
    assert any("For the customer service manager (MA-14)" in note for note in world.comments(number, public=False))


def test_a_silent_client_gets_each_notice_once_and_the_case_ends(world: World) -> None:
    number = judged(world, affected="individual", channel="web")
    world.sandbox.act(number, AGENT, {"custom_status_id": IDS["statuses.customer_update_required"]})
    world.work()
    for days in (2, 2, 2, 1):
        world.pass_time(days=days, minutes=1)
        world.work()
    notices = world.comments(number, public=True)
    assert len(notices) == 3
    assert "final notification" in notices[-1]
    ticket = world.ticket(number)
    assert ticket["status"] == "solved"
    assert {"policy_followup_1", "policy_followup_2", "policy_followup_3"} <= policy_tags(ticket)


def test_an_out_of_office_reply_ends_nothing_and_a_real_one_does(world: World) -> None:
    number = judged(world, affected="individual", channel="web")
    world.sandbox.act(number, AGENT, {"custom_status_id": IDS["statuses.customer_update_required"]})
    world.work()
    world.pass_time(days=2, minutes=1)
    world.work()
    world.sandbox.reply(number, CLIENT, "I am out of office", auto_reply=True)
    world.work()
    assert STATUS[world.ticket(number)["custom_status_id"]] == "customer_update_required"
    assert "policy_followup_1" in world.ticket(number)["tags"]
    world.pass_time(minutes=1)
    world.sandbox.reply(number, CLIENT, "Here is the log")
    world.work()
    assert STATUS[world.ticket(number)["custom_status_id"]] == "in_progress"
    assert "policy_followup_1" not in world.ticket(number)["tags"]
    world.pass_time(days=8)
    world.work()
    assert len(world.comments(number, public=True)) == 3  # one notice and the client's two mails


def test_what_an_agent_has_overruled_stays(world: World) -> None:
    number = judged(world)
    world.sandbox.act(number, AGENT, {"priority": "low"})
    world.work()
    world.pass_time(days=2)
    world.work()
    assert world.ticket(number)["priority"] == "low"


def test_an_agents_edit_at_the_same_moment_is_not_lost(world: World) -> None:
    number = judged(world)
    world.sandbox.act(number, AGENT, {"tags": [*world.ticket(number)["tags"], "vip"], "priority": "high"})
    world.sandbox.fail("PUT", f"/api/v2/tickets/{number}", status=409, times=1, body={"error": "UpdateConflict"})
    world.pass_time(hours=4, minutes=1)
    world.work(until=lambda: "policy_escalated_1" in world.ticket(number)["tags"])
    ticket = world.ticket(number)
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
def test_a_write_that_fails_midway_happens_exactly_once(world: World, fault: dict[str, Any]) -> None:
    number = world.ask()
    world.sandbox.fail("PUT", f"/api/v2/tickets/{number}", times=1, **fault)
    world.work(until=lambda: bool(world.writes(number)))
    world.pass_time(minutes=10)
    world.work(until=lambda: world.ticket(number)["priority"] == "urgent")
    world.pass_time(minutes=1)
    world.work()
    assert len([note for note in world.comments(number, public=False) if "Severity critical" in note]) == 1


def test_webhooks_that_were_lost_are_found_by_the_sweep(world: World) -> None:
    world.sandbox.disturb_deliveries("drop", times=100)
    number = world.ask()
    world.pass_time(minutes=3)
    world.bridge.jobs.sweep()
    world.work(until=lambda: world.ticket(number)["priority"] == "urgent")


def test_repeated_and_reordered_deliveries_change_nothing(world: World) -> None:
    world.sandbox.disturb_deliveries("duplicate", times=20)
    number = judged(world)
    world.sandbox.disturb_deliveries("delay", times=1, delay_s=1)
    world.sandbox.act(number, AGENT, {"comment": {"body": "We are looking", "public": True}})
    world.sandbox.act(number, AGENT, {"priority": "urgent"})
    world.work()
    assert len(world.writes(number)) <= 2  # the new ticket, and the next due time after the agent's message
    assert world.shown(number, "next_due") == "status_update"


def test_a_closed_ticket_is_left_alone(world: World) -> None:
    number = judged(world)
    world.sandbox.act(number, AGENT, {"assignee_id": IDS["users.agent_1"], "status": "solved"})
    world.sandbox.act(number, AGENT, {"status": "closed"})
    before = len(world.writes(number))
    world.work()
    world.pass_time(days=3)
    world.work()
    assert len(world.writes(number)) == before
    assert not world.bridge.store.parked()


def test_every_decision_can_be_made_again_byte_for_byte(world: World) -> None:
    judged(world)
    reviews = [review for review in world.bridge.store.reviews() if review.decision]
    assert reviews
    for review in reviews:
        recorded, again = replay(world.bridge.store, review.id)
        assert again.model_dump_json() == recorded.model_dump_json()
