"""One set of stories for every vendor: the same things happen, and the tickets end the same.

Expectations are written by hand from the MaaS360 guide (``mappings/packs/maas360.yaml``), in canonical words.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from .conftest import World
from .desk import one_line

CRITICAL = {"maas360", "severity_critical"}
LOW = {"maas360", "severity_low"}


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


def test_an_edit_between_look_and_write_is_looked_at_and_both_survive(world: World) -> None:
    number = world.desk.open("Profiles are gone", affected="all")
    world.settle()
    world.later(minutes=3)
    world.moment.acts.append(lambda: world.desk.edit(number, priority="high", tag="vip"))
    world.later(hours=4)
    outcomes = [review.outcome for review in world.reviews(number)]
    assert "conflict" in outcomes
    assert outcomes[-1] in ("nothing", "applied")
    seen = world.see(number)
    assert "vip" in seen.tags
    assert (seen.priority, seen.tier) == ("high", 3)
    assert {"policy_escalated_1", "policy_severity_critical"} <= seen.tags
    assert "\n".join(seen.notes).count("Escalation stage 1 (MA-14)") == 1


def test_an_edit_in_the_very_moment_of_the_write_survives(world: World) -> None:
    number = world.desk.open("Profiles vanish", affected="all")
    world.settle()
    world.later(minutes=3)
    world.desk.line.meanwhile(lambda: world.desk.edit(number, priority="high", tag="vip"))
    world.later(hours=4)
    seen = world.see(number)
    assert "vip" in seen.tags
    assert (seen.priority, seen.tier) == ("high", 3)
    assert {"policy_escalated_1", "policy_severity_critical"} <= seen.tags
    assert "\n".join(seen.notes).count("Escalation stage 1 (MA-14)") == 1


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


REMINDERS = [
    'Your case "{}" is waiting for an update from you. Please let us know how you would like to go on.',
    'We have not received an answer to our last notification about "{}". Please send us an update.',
    'This is our final notification about "{}". Without an answer from you, the case will be considered resolved '
    "tomorrow. Any reply keeps it open.",
]


def test_a_silent_customer_gets_each_notice_once_and_then_the_case_ends(world: World) -> None:
    number = world.desk.open("Question on profiles", affected="individual")
    world.desk.answer(number, "Which device is it?")
    world.settle()
    world.later(minutes=1)
    world.desk.edit(number, status="customer_update_required")
    world.settle()
    notices = [text.format("Question on profiles") for text in REMINDERS]
    for step, days in enumerate((2, 2, 2), start=1):
        world.later(days=days, minutes=1)
        world.later(hours=5)
        assert list(world.see(number).public) == ["Which device is it?", *notices[:step]]
        assert world.see(number).status == "customer_update_required"
    world.later(days=1)
    world.later(days=3)
    seen = world.see(number)
    assert seen.status == "solved"
    assert list(seen.public) == ["Which device is it?", *notices]
    assert {"policy_followup_1", "policy_followup_2", "policy_followup_3"} <= seen.tags


def test_a_real_reply_resumes_the_case_and_an_automatic_one_does_not(world: World) -> None:
    number = world.desk.open("Question on licences", affected="individual")
    world.settle()
    world.desk.answer(number, "Which one?")
    world.later(minutes=1)
    world.desk.edit(number, status="customer_update_required")
    world.settle()
    world.later(days=2, minutes=1)
    assert "policy_followup_1" in world.see(number).tags
    world.desk.reply(number, "I am out of office", automatic=True)
    world.settle()
    assert world.see(number).status == "customer_update_required"
    world.later(minutes=5)
    world.desk.reply(number, "The large one")
    world.settle()
    world.later(days=8)
    seen = world.see(number)
    assert seen.status == "in_progress"
    assert "policy_followup_1" not in seen.tags
    notice = REMINDERS[0].format("Question on licences")
    assert list(seen.public) == ["Which one?", notice, "I am out of office", "The large one"]


def test_who_is_asked_again_is_reminded_anew(world: World) -> None:
    number = world.desk.open("Question on keys", affected="individual")
    world.settle()
    notice = REMINDERS[0].format("Question on keys")
    for said in ("Which key?", "Which door?"):
        world.desk.answer(number, said)
        world.desk.edit(number, status="customer_update_required")
        world.settle()
        world.later(days=2, minutes=1)
        assert world.see(number).status == "customer_update_required"
        world.desk.reply(number, "The last one")
        world.settle()
        assert world.see(number).status == "in_progress"
        world.later(hours=1)
    seen = world.see(number)
    assert list(seen.public) == ["Which key?", notice, "The last one", "Which door?", notice, "The last one"]
    assert "policy_followup_1" not in seen.tags


def test_a_solve_without_reason_is_taken_back_once(world: World) -> None:
    number = world.desk.open("Fonts are small", affected="individual")
    world.settle()
    world.desk.edit(number, status="in_progress")
    world.later(minutes=2)
    world.desk.edit(number, status="solved")
    world.settle()
    assert world.see(number).status == "in_progress"
    assert "\n".join(world.see(number).notes).count("Reopened once (MA-05)") == 1
    world.later(minutes=2)
    world.desk.edit(number, status="solved")
    world.later(hours=1)
    assert world.see(number).status == "solved"
    assert "\n".join(world.see(number).notes).count("Reopened once (MA-05)") == 1


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


def test_doubled_and_disordered_webhooks_change_nothing(world: World) -> None:
    world.needs("webhooks")
    with world.postbox.holding() as held:
        number = world.desk.open("Console is slow", affected="significant")
        world.desk.pass_time(60)
        world.desk.answer(number, "We are looking")
        world.desk.pass_time(60)
        world.desk.edit(number, status="in_progress")
        world.hear_out()
    assert held
    for first in ([*held[::-1], *held], held):
        world.postbox.let_in(first)
        world.settle()
    assert set(world.postbox.answers[-len(held) :]) == {202}
    world.expect(
        number,
        priority="high",
        status="in_progress",
        tags={"maas360", "severity_high"},
        severity="high",
        next_due="status_update",
        clause="MA-11",
        public=["We are looking"],
        notes=["Severity high (MA-09)"],
    )
    assert list(world.desk.line.writes) == [number]


def test_what_webhooks_lost_the_sweep_finds(world: World) -> None:
    world.sweep()
    with world.postbox.losing():
        number = world.desk.open("Printing fails", affected="small")
        world.desk.pass_time(90)
        world.desk.answer(number, "Which printer?")
        world.desk.pass_time(90)
    assert world.standing(number) is None
    world.sweep()
    world.expect(
        number,
        priority="normal",
        status="new",
        tags={"maas360", "severity_medium"},
        severity="medium",
        next_due="status_update",
        clause="MA-11",
        public=["Which printer?"],
        notes=["Severity medium (MA-09)"],
    )
    with world.postbox.losing():
        world.desk.answer(number, "And which cable?")
        world.desk.pass_time(90)
    looks = len(world.reviews(number))
    world.sweep()
    assert len(world.reviews(number)) > looks


def test_a_helpdesk_that_is_down_delays_and_no_more(world: World) -> None:
    first = world.desk.open("Wifi fails", affected="small")
    world.settle()
    with world.desk.line.cut():
        second = world.desk.open("Nobody receives messages", affected="small")
        world.desk.reply(first, "Still nothing")
        world.settle()
        assert world.reviews(second)[-1].outcome == "retry"
    world.later(minutes=20)
    for number, public in ((first, ["Still nothing"]), (second, [])):
        world.expect(
            number,
            priority="normal",
            status="new",
            tags={"maas360", "severity_medium"},
            severity="medium",
            next_due="first_response",
            clause="MA-10",
            public=public,
            notes=["Severity medium (MA-09)"],
        )


def test_a_lost_answer_doubles_nothing(world: World) -> None:
    world.desk.line.lose_answer()
    number = world.desk.open("Maps fail", affected="all")
    world.settle()
    world.later(minutes=10)
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
    assert list(world.desk.line.writes) == [number]


def test_a_customer_gets_one_message_though_its_answer_was_lost(world: World) -> None:
    number = world.desk.open("Question on maps", affected="individual")
    world.desk.answer(number, "Which map?")
    world.settle()
    world.desk.edit(number, status="customer_update_required")
    world.settle()
    world.desk.line.lose_answer(public=True)
    world.later(days=2, minutes=1)
    world.later(minutes=30)
    seen = world.see(number)
    assert list(seen.public) == ["Which map?", REMINDERS[0].format("Question on maps")]
    assert "policy_followup_1" in seen.tags
    assert "retry" in [review.outcome for review in world.reviews(number)]


def test_a_line_that_breaks_after_the_first_change_loses_nothing(world: World) -> None:
    with world.desk.line.cut(after=1):
        number = world.desk.open("Lights are off", affected="small")
        world.settle()
    world.later(minutes=20)
    world.expect(
        number,
        priority="normal",
        status="new",
        tags={"maas360", "severity_medium"},
        severity="medium",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity medium (MA-09)"],
    )


def test_a_line_that_breaks_before_a_message_to_the_customer_delays_it(world: World) -> None:
    world.needs("hands")
    number = world.desk.open("Question on lights", affected="individual")
    world.settle()
    world.desk.edit(number, status="customer_update_required")
    world.settle()
    with world.desk.line.cut(after=1):
        world.later(days=2, minutes=1)
    world.later(minutes=30)
    assert list(world.see(number).public) == [REMINDERS[0].format("Question on lights")]


def test_a_bridge_that_has_lost_its_database_repeats_nothing(world: World) -> None:
    number = world.desk.open("Question on heat", affected="individual")
    world.settle()
    world.later(minutes=1)
    world.desk.edit(number, status="customer_update_required")
    world.settle()
    world.later(days=2, minutes=1)
    world.desk.edit(number, priority="high", untag="policy_severity_low")
    world.settle()
    before = world.see(number)
    assert list(before.public) == [REMINDERS[0].format("Question on heat")]
    world.start()
    world.desk.note(number, "Anybody there?")
    world.settle()
    world.later(minutes=5)
    after = world.see(number)
    assert after.public == before.public
    assert after.notes == (*before.notes, "Anybody there?")
    assert (after.priority, after.status, after.tags) == (before.priority, before.status, before.tags)
    world.later(days=2)
    assert list(world.see(number).public) == [text.format("Question on heat") for text in REMINDERS[:2]]


def test_a_ticket_from_before_the_bridge_is_judged_by_what_the_helpdesk_knows(world: World) -> None:
    world.stop()
    number = world.desk.open("Question on sounds", affected="individual")
    world.desk.pass_time(timedelta(days=8).total_seconds())
    world.desk.edit(number, status="customer_update_required")
    world.desk.pass_time(timedelta(hours=1).total_seconds())
    world.start()
    world.desk.note(number, "We have a bridge now")
    world.settle()
    seen = world.see(number)
    assert (seen.priority, seen.status, seen.public) == ("low", "customer_update_required", ())
    assert "policy_followup_1" not in seen.tags
    world.later(days=2)
    assert list(world.see(number).public) == [REMINDERS[0].format("Question on sounds")]


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


def test_a_deleted_ticket_is_let_go_and_others_go_on(world: World) -> None:
    gone = world.desk.open("Sent by mistake", affected="all")
    world.settle()
    world.later(minutes=1)
    world.desk.delete(gone)
    other = world.desk.open("Sent on purpose", affected="small")
    world.later(hours=4, minutes=1)
    standing = world.standing(gone)
    assert standing is not None
    assert standing.parked
    assert world.reviews(gone)[-1].outcome == "gave_up"
    assert "policy_escalated_1" not in world.see(other).tags
    assert world.see(other).priority == "normal"


def test_a_ticket_that_is_deleted_while_it_is_judged_is_let_go(world: World) -> None:
    number = world.desk.open("Sent too early", affected="all")
    world.moment.acts.append(lambda: world.desk.delete(number))
    world.settle()
    standing = world.standing(number)
    assert standing is not None
    assert standing.parked
    assert world.reviews(number)[-1].outcome == "gave_up"


def test_two_tickets_at_once_stay_apart(world: World) -> None:
    numbers = {world.desk.open(f"Number {level}", affected=level): level for level in ("all", "individual")}
    world.settle()
    seen = {numbers[number]: world.see(number) for number in numbers}
    assert (seen["all"].priority, seen["individual"].priority) == ("urgent", "low")
    assert "policy_severity_critical" in seen["all"].tags
    assert "policy_severity_low" in seen["individual"].tags
    assert sorted(world.desk.line.writes) == sorted(numbers)


ODD = '<b>Bold</b> & "quoted" 漢字 العربية 😀 &amp; ${object.name}'
PLACEHOLDER = " {{ticket.title}}"
"""Zendesk fills it in where people write it, and so it stands only in what the bridge writes."""


def test_text_arrives_as_it_was_written(world: World) -> None:
    number = world.desk.open(ODD + PLACEHOLDER, affected="individual")
    world.desk.answer(number, "Which <i>device</i>?")
    world.settle()
    world.desk.reply(number, f"This one: {ODD}")
    world.settle()
    world.later(minutes=1)
    world.desk.edit(number, status="customer_update_required")
    world.settle()
    world.later(days=2, minutes=1)
    ticket = world.ticket(number)
    assert ticket.subject == ODD + PLACEHOLDER
    public = [text.replace("\u200b", "") for text in world.see(number).public]
    assert public == ["Which <i>device</i>?", f"This one: {ODD}", one_line(REMINDERS[0].format(ODD + PLACEHOLDER))]
