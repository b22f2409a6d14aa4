"""Tickets that are merged: the one that goes ends with the reason, the one that stays knows what came with it."""

from __future__ import annotations

from bridge.ports.outcomes import ReviewOutcome
from bridge.ticket import Message, Role

from .conftest import VendorScenario


def test_a_merge_ends_one_ticket_and_the_other_knows_what_came_with_it(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    source = vendor.open("Tablets again", affected="all")
    vendor.answer(source, "Which tablets?")
    scenario.settle()
    scenario.later(minutes=7)
    target = vendor.open("Tablets fail", affected="small")
    scenario.settle()
    scenario.later(minutes=1)  # a mail of the second in which a ticket was created is taken for the one that created it
    vendor.reply(source, "All of them")
    scenario.later(minutes=1)
    created = scenario.ticket(source).created_at
    vendor.merge(source, target)
    scenario.settle()

    assert str(scenario.ticket(source).ending) == f"the ticket was merged into #{target}"
    assert scenario.reviews(source)[-1].outcome is ReviewOutcome.ENDED
    kept = scenario.ticket(target)
    [merge] = kept.merges
    assert (merge.source, merge.created_at, merge.actor.role) == (source, created, Role.AGENT)
    said = [entry for entry in merge.said if isinstance(entry, Message)]
    [asked] = [entry for entry in said if entry.actor.role is Role.AGENT]
    assert asked.text == "Which tablets?"
    assert created <= asked.at < kept.created_at < merge.at
    # an answer on the other ticket is none on this one; the words of the customer are
    assert not list(kept.messages(role=Role.AGENT))
    assert any("All of them" in entry.text for entry in (*said, *kept.messages(role=Role.CUSTOMER)))
    clocks = scenario.reviews(target)[-1].decision.clocks
    assert [clock.state for clock in clocks if clock.name == "first_response"] == ["running"]
    # what the policy said of the other ticket is not said of this one, though its tags came along
    assert [tag for tag in sorted(scenario.ticket(target).tags) if "severity" in tag] == ["policy_severity_medium"]
