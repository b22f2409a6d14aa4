"""A helpdesk that is taken over with all its old tickets: nothing of the past reaches anybody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .conftest import VendorScenario

AGES = {12: "in_progress", 8: "customer_update_required", 3: "in_progress", 2: "customer_update_required", 1: "solved"}
"""Days that pass after a ticket -> its status."""


def old_tickets(scenario: VendorScenario) -> list[str]:
    """Tickets of many ages and statuses, on which people have set things, and which nobody has escalated."""
    scenario.stop()
    numbers = []
    for days, status in AGES.items():
        number = scenario.vendor.open(f"Old trouble {status}", affected="all" if days % 2 else "individual")
        scenario.vendor.edit(number, priority="high", tag="vip")
        scenario.vendor.answer(number, "We look into it")
        scenario.vendor.pass_time(60)
        scenario.vendor.edit(number, status=status)
        numbers.append(number)
        scenario.vendor.pass_time(timedelta(days=days).total_seconds())
    return numbers


def test_nothing_of_the_past_is_made_up_for_and_new_tickets_are_fully_governed(scenario: VendorScenario) -> None:
    numbers = old_tickets(scenario)
    before = {number: scenario.vendor.see(number) for number in numbers}
    scenario.start()
    new = scenario.vendor.open("New trouble", affected="all")
    for number in numbers:
        scenario.vendor.edit(number, tag="imported")
    scenario.settle()
    for number in numbers:
        seen = scenario.see(number)
        assert (seen.public, seen.notes) == (before[number].public, before[number].notes), seen
        assert (seen.status, seen.priority) == (before[number].status, "high")
        assert seen.tier == before[number].tier
        assert not [tag for tag in seen.tags if tag.startswith(("policy_breached", "policy_warning", "policy_escalat"))]
    assert [tag for tag in scenario.see(numbers[-1]).tags if tag.startswith("policy_")] == [], "it was solved"
    assert "policy_severity_low" in scenario.see(numbers[0]).tags
    assert (scenario.see(new).priority, "policy_severity_critical" in scenario.see(new).tags) == ("urgent", True)
    scenario.later(hours=4, minutes=5)
    assert {"policy_escalated_1", "policy_breached_first_response"} <= scenario.see(new).tags


def test_an_old_ticket_that_is_ignored_is_adopted_when_a_person_says_so(scenario: VendorScenario) -> None:
    scenario.stop()
    number = scenario.vendor.open("Old trouble", affected="all")
    scenario.vendor.pass_time(timedelta(days=9).total_seconds())
    scenario.start(backlog="ignore")
    scenario.vendor.edit(number, tag="vip")
    scenario.settle()
    assert not [tag for tag in scenario.see(number).tags if tag.startswith("policy_")]
    assert scenario.reviews(number)[-1].outcome == "left_alone"
    scenario.adopt(number)
    scenario.settle()
    assert "policy_severity_critical" in scenario.see(number).tags
    assert "policy_escalated_1" not in scenario.see(number).tags
    scenario.later(hours=4, minutes=5)
    assert "policy_escalated_1" in scenario.see(number).tags


@pytest.mark.parametrize("backlog", ["adopt", "judge"])
def test_a_bridge_that_lost_its_database_repeats_nothing(scenario: VendorScenario, backlog: str) -> None:
    number = scenario.vendor.open("Profiles are gone", affected="all")
    scenario.settle()
    scenario.later(hours=4, minutes=5)
    before = scenario.see(number)
    scenario.stop()
    scenario.start(backlog=backlog)
    scenario.vendor.edit(number, tag="vip")
    scenario.settle()
    after = scenario.see(number)
    assert (after.public, after.notes, after.priority, after.status) == (
        before.public,
        before.notes,
        before.priority,
        before.status,
    )
    assert after.tags == before.tags | {"vip"}
