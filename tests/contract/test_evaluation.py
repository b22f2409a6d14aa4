"""What a ticket becomes, and how far agents and the admin have the last word: the same with every vendor."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .conftest import VendorScenario
from .expected_texts import CRITICAL, NEW_CRITICAL, NEW_LOW


def test_a_new_ticket_is_evaluated_and_written_in_one_request(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.expect(number, **NEW_CRITICAL)
    ticket = scenario.ticket(number)
    due = ticket.created_at + timedelta(minutes=30)
    assert ticket.fields["next_due_at"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"
    assert list(scenario.vendor.line.writes) == [number]
    scenario.sweep()
    assert list(scenario.vendor.line.writes) == [number]


def test_another_fact_makes_another_severity(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Mail is slow", affected="individual")
    scenario.settle()
    scenario.expect(number, **NEW_LOW)
    scenario.later(minutes=5)
    scenario.vendor.edit(number, affected="significant")
    scenario.settle()
    scenario.expect(
        number,
        priority="high",
        status="new",
        tags={"maas360", "severity_high"},
        severity="high",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity low (MA-09)", "Severity high (MA-09)"],
    )


def test_what_an_agent_overrules_stays_overruled(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down for us", affected="all")
    scenario.settle()
    scenario.later(minutes=2)
    scenario.vendor.edit(number, priority="low", tag="vip", untag="policy_severity_critical")
    scenario.settle()
    scenario.vendor.reply(number, "Any news?")
    scenario.settle()
    scenario.later(minutes=10)
    scenario.expect(
        number,
        priority="low",
        status="new",
        tags={"maas360"},
        severity="critical",
        next_due="first_response",
        clause="MA-10",
        public=["Any news?"],
        notes=["Severity critical (MA-09)"],
    )
    assert "vip" in scenario.see(number).tags


def test_an_answer_counts_as_first_response_and_a_note_does_not(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Tablets do not enrol", affected="small")
    scenario.settle()
    scenario.later(minutes=1)
    scenario.vendor.note(number, "Looks like the certificate")
    scenario.later(minutes=1)
    scenario.expect(
        number,
        priority="normal",
        status="new",
        tags={"maas360", "severity_medium"},
        severity="medium",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity medium (MA-09)", "Looks like the certificate"],
    )
    scenario.vendor.answer(number, "We are looking into it")
    scenario.later(minutes=1)
    scenario.expect(
        number,
        priority="normal",
        status="new",
        tags={"maas360", "severity_medium"},
        severity="medium",
        next_due="status_update",
        clause="MA-11",
        public=["We are looking into it"],
        notes=["Severity medium (MA-09)", "Looks like the certificate"],
    )


def test_a_warning_goes_when_its_reason_does(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Everything is blue", affected="all")
    scenario.settle()
    scenario.later(minutes=24)
    assert "policy_warning_first_response" in scenario.see(number).tags
    scenario.vendor.answer(number, "We see it as well")
    scenario.settle()
    scenario.later(minutes=1)
    scenario.expect(
        number,
        priority="urgent",
        status="new",
        tags=CRITICAL,
        severity="critical",
        next_due="status_update",
        clause="MA-11",
        public=["We see it as well"],
        notes=["Severity critical (MA-09)"],
    )


def test_a_call_counts_as_first_response(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("One tablet does not ring", affected="individual")
    scenario.settle()
    scenario.later(minutes=1)
    scenario.vendor.call(number)
    scenario.later(minutes=1)
    seen = scenario.see(number)
    assert seen.fields["next_due"] == "status_update"
    scenario.later(hours=4)
    assert "policy_breached_first_response" not in scenario.see(number).tags


def test_an_unresolved_critical_ticket_escalates_and_notifies_contacts(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Nobody can log in", affected="all")
    scenario.settle()
    scenario.later(hours=4, minutes=1)
    scenario.expect(
        number,
        priority="urgent",
        status="new",
        tier=3,
        tags=CRITICAL | {"breached_first_response", "breached_status_update", "escalated_1"},
        severity="critical",
        next_due="first_response",
        clause="MA-10",
        escalation_stage="1",
        notes=[
            "Escalation stage 1 (MA-14)",
            "needs the attention of the Customer Service Manager (MA-14)",
            "needs the attention of the Account Manager (MA-14)",
        ],
    )
    assert set(scenario.vendor.roles.values()) <= scenario.vendor.called_upon(number)


@pytest.mark.parametrize("mode", ["shadow"])
def test_in_shadow_mode_nothing_is_written(scenario: VendorScenario, mode: str) -> None:
    number = scenario.vendor.open("Screens are dark", affected="all")
    scenario.settle()
    scenario.later(hours=5)
    seen = scenario.see(number)
    assert (seen.fields, seen.public, seen.notes, seen.tier) == ({}, (), (), 1)
    assert not [tag for tag in seen.tags if tag.startswith("policy_")]
    assert list(scenario.vendor.line.writes) == []
    assert {review.outcome for review in scenario.reviews(number)} == {"withheld"}


@pytest.mark.parametrize("mode", ["comment_only"])
def test_in_comment_only_mode_notes_are_all_that_is_written(scenario: VendorScenario, mode: str) -> None:
    number = scenario.vendor.open("Screens flicker", affected="all")
    scenario.settle()
    seen = scenario.see(number)
    assert (seen.fields, seen.public, seen.tier) == ({}, (), 1)
    assert not [tag for tag in seen.tags if tag.startswith("policy_")]
    assert "\n".join(seen.notes).count("Severity critical (MA-09)") == 1


def test_a_status_nobody_named_is_left_alone(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Parts are missing", affected="individual")
    scenario.settle()
    scenario.later(minutes=2)
    scenario.vendor.put_aside(number)
    scenario.settle()
    scenario.later(minutes=2)
    scenario.vendor.edit(number, affected="all")
    scenario.settle()
    assert scenario.vendor.is_aside(number)
    scenario.expect(
        number,
        priority="urgent",
        status="open",
        tags=CRITICAL,
        severity="critical",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity low (MA-09)", "Severity critical (MA-09)"],
    )
