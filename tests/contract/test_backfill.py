"""A backfill with every vendor: open tickets that nobody has told of are brought in, once, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

import pytest

from bridge.ports.outcomes import ReviewOutcome
from bridge.runtime.backfill import Backfill

from .conftest import VendorScenario
from .test_backlog import AGES, old_tickets


def never_wait(seconds: float) -> NoReturn:
    raise AssertionError(f"nothing asks to wait, but {seconds} s")


def backfill(scenario: VendorScenario) -> Backfill:
    running, connection = scenario.running, scenario.vendor.connection
    reconciler = running.jobs.reconciler
    return Backfill(running.store, reconciler, running.helpdesks[connection], reconciler.clock, 120.0, never_wait)


def bring_in(scenario: VendorScenario) -> list[str]:
    """The ids of the tickets that one backfill brings in."""
    work = backfill(scenario)
    found = work.list_open().missing
    assert all(work.bring_in(ref) for ref in found)
    return [ref.id for ref in found]


@pytest.mark.parametrize("mode", ["shadow", "enforce"])
def test_open_tickets_are_brought_in_once_and_no_past_is_made_up_for(scenario: VendorScenario, mode: str) -> None:
    numbers = old_tickets(scenario)
    still_open = {number for number, status in zip(numbers, AGES.values(), strict=True) if status != "solved"}
    scenario.vendor.pass_time(timedelta(minutes=10).total_seconds())  # no sweep of a new database looks back so far
    before = {number: scenario.vendor.see(number) for number in numbers}
    scenario.start()
    assert set(bring_in(scenario)) == still_open
    assert bring_in(scenario) == [], "a second run does nothing"
    scenario.settle()
    for number in numbers:
        seen = scenario.see(number)
        same = ("public", "notes", "status", "priority", "tier")
        assert [getattr(seen, name) for name in same] == [getattr(before[number], name) for name in same]
        assert not [tag for tag in seen.tags if tag.startswith(("policy_breached", "policy_warning", "policy_escalat"))]
        tagged = any(tag.startswith("policy_severity") for tag in seen.tags)
        assert tagged == (mode == "enforce" and number in still_open)
        assert [each.why for each in scenario.reviews(number)][:1] == (["backfill"] if number in still_open else [])


def test_a_ticket_that_cannot_be_reviewed_yet_is_tried_again(scenario: VendorScenario) -> None:
    scenario.stop()
    number = scenario.vendor.open("Old trouble", affected="all")
    scenario.vendor.pass_time(timedelta(hours=1).total_seconds())
    scenario.start()
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        scenario.vendor.pass_time(seconds)

    connection = scenario.vendor.connection
    reconciler = scenario.running.jobs.reconciler
    helpdesk = scenario.running.helpdesks[connection]
    work = Backfill(scenario.running.store, reconciler, helpdesk, reconciler.clock, 120.0, wait)
    [ref] = work.list_open().missing
    scenario.moment.acts.append(lambda: scenario.vendor.edit(number, tag="vip"))  # the write meets a change
    review = work.bring_in(ref)
    assert review
    assert review.outcome is ReviewOutcome.APPLIED
    assert len(waits) == 1
    assert work.bring_in(ref) is None
