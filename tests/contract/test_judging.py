"""What a ticket becomes, and how far agents and the admin have the last word: the same with every vendor."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .conftest import World
from .guide import CRITICAL, LOW


def test_a_new_ticket_is_judged_and_written_in_one_request(world: World) -> None:
    number = world.desk.open("Console down", affected="all")
    world.settle()
    world.expect(
        number,
        priority="urgent",
        status="new",
        tags=CRITICAL,
        severity="critical",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity critical (MA-09)"],
    )
    ticket = world.ticket(number)
    due = ticket.created_at + timedelta(minutes=30)
    assert ticket.fields["next_due_at"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"
    assert list(world.desk.line.writes) == [number]
    world.sweep()
    assert list(world.desk.line.writes) == [number]


def test_another_fact_makes_another_severity(world: World) -> None:
    number = world.desk.open("Mail is slow", affected="individual")
    world.settle()
    world.expect(
        number,
        priority="low",
        status="new",
        tags=LOW,
        severity="low",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity low (MA-09)"],
    )
    world.later(minutes=5)
    world.desk.edit(number, affected="significant")
    world.settle()
    world.expect(
        number,
        priority="high",
        status="new",
        tags={"maas360", "severity_high"},
        severity="high",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity low (MA-09)", "Severity high (MA-09)"],
    )


def test_what_an_agent_overrules_stays_overruled(world: World) -> None:
    number = world.desk.open("Console down for us", affected="all")
    world.settle()
    world.later(minutes=2)
    world.desk.edit(number, priority="low", tag="vip", untag="policy_severity_critical")
    world.settle()
    world.desk.reply(number, "Any news?")
    world.settle()
    world.later(minutes=10)
    world.expect(
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
    assert "vip" in world.see(number).tags


def test_an_answer_counts_as_first_response_and_a_note_does_not(world: World) -> None:
    number = world.desk.open("Tablets do not enrol", affected="small")
    world.settle()
    world.later(minutes=1)
    world.desk.note(number, "Looks like the certificate")
    world.later(minutes=1)
    world.expect(
        number,
        priority="normal",
        status="new",
        tags={"maas360", "severity_medium"},
        severity="medium",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity medium (MA-09)", "Looks like the certificate"],
    )
    world.desk.answer(number, "We are looking into it")
    world.later(minutes=1)
    world.expect(
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


def test_a_warning_goes_when_its_reason_does(world: World) -> None:
    number = world.desk.open("Everything is blue", affected="all")
    world.settle()
    world.later(minutes=24)
    assert "policy_warning_first_response" in world.see(number).tags
    world.desk.answer(number, "We see it as well")
    world.settle()
    world.later(minutes=1)
    world.expect(
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


def test_a_call_counts_as_first_response(world: World) -> None:
    number = world.desk.open("One tablet does not ring", affected="individual")
    world.settle()
    world.later(minutes=1)
    world.desk.call(number)
    world.later(minutes=1)
    seen = world.see(number)
    assert seen.fields["next_due"] == "status_update"
    world.later(hours=4)
    assert "policy_breached_first_response" not in world.see(number).tags


def test_an_unresolved_critical_case_climbs_and_calls_upon_people(world: World) -> None:
    number = world.desk.open("Nobody can log in", affected="all")
    world.settle()
    world.later(hours=4, minutes=1)
    world.expect(
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
            "For the customer service manager (MA-14)",
            "For the account manager (MA-14)",
        ],
    )
    assert set(world.desk.roles.values()) <= world.desk.called_upon(number)


@pytest.mark.parametrize("mode", ["shadow"])
def test_in_shadow_mode_nothing_is_written(world: World, mode: str) -> None:
    number = world.desk.open("Screens are dark", affected="all")
    world.settle()
    world.later(hours=5)
    seen = world.see(number)
    assert (seen.fields, seen.public, seen.notes, seen.tier) == ({}, (), (), 1)
    assert not [tag for tag in seen.tags if tag.startswith("policy_")]
    assert list(world.desk.line.writes) == []
    assert {review.outcome for review in world.reviews(number)} == {"withheld"}


@pytest.mark.parametrize("mode", ["comment_only"])
def test_in_comment_only_mode_notes_are_all_that_is_written(world: World, mode: str) -> None:
    number = world.desk.open("Screens flicker", affected="all")
    world.settle()
    seen = world.see(number)
    assert (seen.fields, seen.public, seen.tier) == ({}, (), 1)
    assert not [tag for tag in seen.tags if tag.startswith("policy_")]
    assert "\n".join(seen.notes).count("Severity critical (MA-09)") == 1


def test_a_status_nobody_named_is_left_alone(world: World) -> None:
    number = world.desk.open("Parts are missing", affected="individual")
    world.settle()
    world.later(minutes=2)
    world.desk.put_aside(number)
    world.settle()
    world.later(minutes=2)
    world.desk.edit(number, affected="all")
    world.settle()
    assert world.desk.is_aside(number)
    world.expect(
        number,
        priority="urgent",
        status="open",
        tags=CRITICAL,
        severity="critical",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity low (MA-09)", "Severity critical (MA-09)"],
    )
