"""Every shared case ends as the README of the cases says is right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.decision import Say
from bridge.explain import as_text, explain
from bridge.policy.load import load_policy
from bridge.ticket import Ending
from tests.support.cases import CASES, ReviewedCase, review_shared_case

NAMES = sorted(f"{path.parent.name}/{path.stem}" for path in CASES.glob("*/*.json"))


def explained(case: ReviewedCase) -> str:
    lines = as_text(explain(case.decision, load_policy("maas360"), plan=case.plan))
    return "\n".join(lines)


def the_agent_who_asks_is_the_customer(case: ReviewedCase) -> None:
    assert "policy_breached_first_response" in case.tags
    assert case.clock("first_response") == [("breached", 50)]
    assert (case.status, case.to_customer) == ("in_progress", [])


def what_an_agent_writes_in_a_conversation_is_an_update(case: ReviewedCase) -> None:
    assert "policy_breached_status_update" not in case.tags
    assert case.clock("status_update")[0] == ("met", 64)


def what_a_customer_writes_in_a_conversation_is_his_answer(case: ReviewedCase) -> None:
    assert (case.to_customer, case.status) == ([], "in_progress")
    assert "policy_followup_1" not in case.tags


def a_call_that_nobody_took_is_no_response(case: ReviewedCase) -> None:
    assert "policy_breached_first_response" in case.tags
    assert case.clock("first_response") == [("breached", None)]


def a_renamed_option_is_named(case: ReviewedCase) -> None:
    assert case.decision.level is None
    (note,) = case.notes
    for text in (note, explained(case)):
        assert all(word in text for word in ("affected", "'all_users'", "all, significant, small, individual"))
    assert not any(tag.startswith("policy_severity_") for tag in case.tags)


def nothing_is_written_to_a_deleted_ticket(case: ReviewedCase) -> None:
    assert case.ticket.ending == Ending(kind="deleted")
    assert (case.plan.actions, case.plan.findings) == ((), ())


def half_an_emoji_is_replaced(case: ReviewedCase) -> None:
    subject = "Console \N{REPLACEMENT CHARACTER} down"
    assert case.ticket.subject == subject
    assert case.decision.level == "critical"
    assert subject in case.plan.model_dump_json() + case.ticket.model_dump_json()
    assert explained(case).encode()


def a_subject_like_a_marker_stands_letter_by_letter(case: ReviewedCase) -> None:
    [reminder] = [each for each in case.plan.messages if each.is_public]
    assert isinstance(reminder, Say)
    assert "(approval link)" in reminder.text
    resolved = reminder.linked_text.resolved(lambda _: "https://evil.example")
    assert resolved.text == reminder.linked_text.resolved(lambda _: None).text == reminder.text


def the_employee_who_asks_is_the_customer(case: ReviewedCase) -> None:
    assert case.clock("status_update")[0] == ("met", 20)
    assert (case.status, case.to_customer, "policy_followup_1" in case.tags) == ("in_progress", [], False)


def a_customers_mail_that_is_kept_as_a_note_is_his_answer(case: ReviewedCase) -> None:
    assert (case.status, case.to_customer) == ("in_progress", [])
    assert "policy_followup_1" not in case.tags


def a_contact_without_an_address_is_not_reminded(case: ReviewedCase) -> None:
    assert (case.to_customer, case.status) == ([], None)
    assert "policy_followup_1" not in case.tags
    assert len([note for note in case.notes if "has no e-mail address" in note]) == 1


RIGHT: dict[str, Callable[[ReviewedCase], None]] = {
    "odoo/01_employee_asks": the_employee_who_asks_is_the_customer,
    "odoo/02_customers_mail_kept_as_a_note": a_customers_mail_that_is_kept_as_a_note_is_his_answer,
    "odoo/03_contact_without_email": a_contact_without_an_address_is_not_reminded,
    "zendesk/01_agent_is_the_requester": the_agent_who_asks_is_the_customer,
    "zendesk/02_agent_answers_in_a_conversation": what_an_agent_writes_in_a_conversation_is_an_update,
    "zendesk/03_customer_answers_in_a_conversation": what_a_customer_writes_in_a_conversation_is_his_answer,
    "zendesk/04_call_abandoned_in_the_queue": a_call_that_nobody_took_is_no_response,
    "zendesk/05_renamed_option": a_renamed_option_is_named,
    "zendesk/06_deleted_ticket": nothing_is_written_to_a_deleted_ticket,
    "zendesk/07_half_an_emoji": half_an_emoji_is_replaced,
    "zendesk/08_subject_like_a_marker": a_subject_like_a_marker_stands_letter_by_letter,
}


@pytest.mark.skipif(not NAMES, reason="the cases are not beside this repository (../shared/cases)")
@pytest.mark.parametrize("name", NAMES)
def test_a_case_ends_as_its_readme_says(name: str) -> None:
    RIGHT[name](review_shared_case(name))
