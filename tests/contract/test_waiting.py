"""Waiting on the customer: reminders, answers, the end of a case, and words that arrive as they were meant."""

from __future__ import annotations

from .conftest import VendorScenario
from .expected_texts import REMINDERS
from .vendor import one_line

ODD = '<b>Bold</b> & "quoted" 漢字 العربية 😀 &amp; ${object.name}'
PLACEHOLDER = " {{ticket.title}}"
"""Zendesk fills it in where people write it, and so it stands only in what the bridge writes."""


def test_a_silent_customer_gets_each_notice_once_and_then_the_ticket_is_closed(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Question on profiles", affected="individual")
    scenario.vendor.answer(number, "Which device is it?")
    scenario.settle()
    scenario.later(minutes=1)
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    notices = [text.format("Question on profiles") for text in REMINDERS]
    for step, days in enumerate((2, 2, 2), start=1):
        scenario.later(days=days, minutes=1)
        scenario.later(hours=5)
        assert list(scenario.see(number).public) == ["Which device is it?", *notices[:step]]
        assert scenario.see(number).status == "customer_update_required"
    scenario.later(days=1)
    scenario.later(days=3)
    seen = scenario.see(number)
    assert seen.status == "solved"
    assert list(seen.public) == ["Which device is it?", *notices]
    assert {"policy_followup_1", "policy_followup_2", "policy_followup_3"} <= seen.tags


def test_a_real_reply_resumes_the_ticket_and_an_automatic_one_does_not(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Question on licences", affected="individual")
    scenario.settle()
    scenario.vendor.answer(number, "Which one?")
    scenario.later(minutes=1)
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    scenario.later(days=2, minutes=1)
    assert "policy_followup_1" in scenario.see(number).tags
    scenario.vendor.reply(number, "I am out of office", automatic=True)
    scenario.settle()
    assert scenario.see(number).status == "customer_update_required"
    scenario.later(minutes=5)
    scenario.vendor.reply(number, "The large one")
    scenario.settle()
    scenario.later(days=8)
    seen = scenario.see(number)
    assert seen.status == "in_progress"
    assert "policy_followup_1" not in seen.tags
    notice = REMINDERS[0].format("Question on licences")
    assert list(seen.public) == ["Which one?", notice, "I am out of office", "The large one"]


def test_reminders_start_again_with_a_new_question(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Question on keys", affected="individual")
    scenario.settle()
    notice = REMINDERS[0].format("Question on keys")
    for question in ("Which key?", "Which door?"):
        scenario.vendor.answer(number, question)
        scenario.vendor.edit(number, status="customer_update_required")
        scenario.settle()
        scenario.later(days=2, minutes=1)
        assert scenario.see(number).status == "customer_update_required"
        scenario.vendor.reply(number, "The last one")
        scenario.settle()
        assert scenario.see(number).status == "in_progress"
        scenario.later(hours=1)
    seen = scenario.see(number)
    assert list(seen.public) == ["Which key?", notice, "The last one", "Which door?", notice, "The last one"]
    assert "policy_followup_1" not in seen.tags


def test_a_solve_without_reason_is_taken_back_once(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Fonts are small", affected="individual")
    scenario.settle()
    scenario.vendor.edit(number, status="in_progress")
    scenario.later(minutes=2)
    scenario.vendor.edit(number, status="solved")
    scenario.settle()
    assert scenario.see(number).status == "in_progress"
    assert "\n".join(scenario.see(number).notes).count("Reopened (MA-05)") == 1
    scenario.later(minutes=2)
    scenario.vendor.edit(number, status="solved")
    scenario.later(hours=1)
    assert scenario.see(number).status == "solved"
    assert "\n".join(scenario.see(number).notes).count("Reopened (MA-05)") == 1


def test_text_arrives_as_it_was_written(scenario: VendorScenario) -> None:
    number = scenario.vendor.open(ODD + PLACEHOLDER, affected="individual")
    scenario.vendor.answer(number, "Which <i>device</i>?")
    scenario.settle()
    scenario.later(minutes=1)
    scenario.vendor.reply(number, f"This one: {ODD}")
    scenario.settle()
    scenario.later(minutes=1)
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    scenario.later(days=2, minutes=1)
    ticket = scenario.ticket(number)
    assert ticket.subject == ODD + PLACEHOLDER
    public = [text.replace("\u200b", "") for text in scenario.see(number).public]
    assert public == ["Which <i>device</i>?", f"This one: {ODD}", one_line(REMINDERS[0].format(ODD + PLACEHOLDER))]
