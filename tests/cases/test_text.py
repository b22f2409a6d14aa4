"""Cases in which the words of a customer look like something else."""

from __future__ import annotations

from bridge.decision import Say
from tests.support.cases import review_shared_case


def test_half_an_emoji_is_replaced_and_the_ticket_is_like_any_other() -> None:
    reviewed = review_shared_case("zendesk/07_half_an_emoji")
    assert reviewed.ticket.subject == "Console \N{REPLACEMENT CHARACTER} down"
    assert reviewed.decision.level == "critical"
    assert (
        "Console \N{REPLACEMENT CHARACTER} down" in reviewed.plan.model_dump_json() + reviewed.ticket.model_dump_json()
    )


def test_a_subject_like_a_marker_stands_in_its_message_letter_by_letter() -> None:
    reviewed = review_shared_case("zendesk/08_subject_like_a_marker")
    [reminder] = [each for each in reviewed.plan.messages if each.is_public]
    assert isinstance(reminder, Say)
    assert "(approval link)" in reminder.text
    resolved = reminder.linked_text.resolved(lambda _: "https://evil.example")
    assert resolved.text == reminder.linked_text.resolved(lambda _: None).text == reminder.text
