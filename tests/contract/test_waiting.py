"""Waiting on the customer: reminders, answers, the end of a case, and words that arrive as they were meant."""

from __future__ import annotations

from .conftest import World
from .desk import one_line
from .guide import REMINDERS

ODD = '<b>Bold</b> & "quoted" 漢字 العربية 😀 &amp; ${object.name}'
PLACEHOLDER = " {{ticket.title}}"
"""Zendesk fills it in where people write it, and so it stands only in what the bridge writes."""


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
    assert "\n".join(world.see(number).notes).count("Reopened (MA-05)") == 1
    world.later(minutes=2)
    world.desk.edit(number, status="solved")
    world.later(hours=1)
    assert world.see(number).status == "solved"
    assert "\n".join(world.see(number).notes).count("Reopened (MA-05)") == 1


def test_text_arrives_as_it_was_written(world: World) -> None:
    number = world.desk.open(ODD + PLACEHOLDER, affected="individual")
    world.desk.answer(number, "Which <i>device</i>?")
    world.settle()
    world.later(minutes=1)
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
