"""Words that are not comments are read: chats, social media, merges, events that nobody has documented yet."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.ticket import Message, Readability, Role, Ticket, TicketRef
from mappings.connection import Connection
from mappings.zendesk.actors import TicketSnapshot, user_ids_in
from mappings.zendesk.ticket import to_ticket

AGENT, PAT = 101, 701
USERS = {
    "101": {"id": AGENT, "role": "agent", "email": "a@vendor.example", "name": "Agent"},
    "701": {"id": PAT, "role": "end-user", "email": "pat@acme.example", "name": "Pat"},
}
MS = 1772438400000
"""2026-03-02 08:00 UTC in milliseconds."""


def ticket_from(*events: dict[str, Any], author: int | None = PAT, via: Any = None, **ticket: Any) -> Ticket:
    """A ticket of Pat's, created at 08:00, with one audit at 08:30."""
    opening = {"id": 1, "type": "Comment", "author_id": PAT, "body": "No sync", "public": ticket.pop("opening", True)}
    first = {"id": 1, "created_at": "2026-03-02T08:00:00Z", "author_id": PAT, "events": [opening, _created()]}
    second = {"id": 2, "created_at": "2026-03-02T08:30:00Z", "author_id": author, "events": list(events)}
    second["via"] = via or {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}}
    values = {
        "id": 7,
        "created_at": "2026-03-02T08:00:00Z",
        "updated_at": "2026-03-02T08:30:00Z",
        "status": "open",
        "requester_id": PAT,
        "description": "No sync",
        "via": ticket.pop("came_by", {"channel": "email"}),
    }
    snapshot = TicketSnapshot(values | ticket, [first, second], USERS, "900")
    return to_ticket(TicketRef(connection="z", id="7"), snapshot, Connection.model_validate({"vendor": "zendesk"}))


def _created() -> dict[str, Any]:
    return {"id": 2, "type": "Create", "field_name": "status", "value": "new"}


def line(actor: str, minutes: int, text: str = "", **more: Any) -> dict[str, Any]:
    ids = {"end-user": str(PAT), "agent": str(AGENT)}
    stamp = MS + minutes * 60_000
    spoken = {"actor_type": actor, "actor_id": ids.get(actor, ""), "type": "ChatMessage", "timestamp": stamp}
    return {**spoken, "message": text, **more}


def chat(*history: dict[str, Any], kind: str = "ChatStartedEvent") -> dict[str, Any]:
    return {"id": 5, "type": kind, "value": {"chat_id": "c1", "history": list(history)}}


def spoken(ticket: Ticket) -> list[tuple[str, str, Role]]:
    words = (entry for entry in ticket.timeline if isinstance(entry, Message))
    return [(f"{entry.at:%H:%M}", entry.text, entry.actor.role) for entry in words]


def readable(ticket: Ticket) -> list[tuple[str, bool]]:
    return [(f"{entry.at:%H:%M}", entry.readable) for entry in ticket.timeline if isinstance(entry, Readability)]


def test_the_lines_of_a_chat_count_at_their_own_times() -> None:
    ticket = ticket_from(
        chat(
            line("end-user", 0, "No sync"),
            line("system", 1, "Pat has joined"),
            line("trigger", 2, "An agent will be with you"),
            line("agent", 64, "I am looking"),
            line("end-user", 65, "Thank you"),
        )
    )
    assert [entry for entry in spoken(ticket) if entry[2] is not Role.SYSTEM] == [
        ("09:04", "I am looking", Role.AGENT),
        ("09:05", "Thank you", Role.CUSTOMER),
    ]
    assert readable(ticket) == []


def test_a_file_sent_in_a_chat_is_an_answer() -> None:
    ticket = ticket_from(chat(line("end-user", 40, type="ChatFileAttachment", filename="log.txt")))
    assert spoken(ticket) == [("08:40", "log.txt", Role.CUSTOMER)]


def test_people_of_a_chat_whom_zendesk_does_not_know_have_their_side() -> None:
    ticket = ticket_from(chat(line("agent", 40, "Hello", actor_id="x9"), line("visitor", 41, "Hi")))
    assert spoken(ticket) == [("08:40", "Hello", Role.AGENT), ("08:41", "Hi", Role.CUSTOMER)]


def test_users_of_a_chat_are_looked_up() -> None:
    assert str(AGENT) in user_ids_in({}, [{"events": [chat(line("agent", 1, "Hello"))]}])


@pytest.mark.parametrize(
    "event",
    [
        chat(),
        {"id": 5, "type": "ChatStartedEvent"},
        {"id": 5, "type": "ChatStartedEvent", "value": None},
        chat({"type": "ChatMessage", "actor_type": "end-user"}),
    ],
)
def test_a_chat_without_its_words_cannot_be_read_until_it_ends(event: dict[str, Any]) -> None:
    assert readable(ticket_from(event)) == [("08:30", False)]
    assert readable(ticket_from(event, {"id": 6, "type": "ChatEndedEvent"})) == [("08:30", False), ("08:30", True)]


@pytest.mark.parametrize("about", [{"came_by": {"channel": "native_messaging"}}, {"from_messaging_channel": True}])
def test_a_ticket_from_a_conversation_of_which_no_word_is_there_cannot_be_read(about: dict[str, Any]) -> None:
    assert readable(ticket_from(opening=False, **about)) == [("08:00", False)]
    assert readable(ticket_from(chat(line("end-user", 1, "Hello")), opening=False, **about)) == []


@pytest.mark.parametrize("kind", ["FacebookEvent", "FacebookComment", "Tweet", "WhatsAppComment", "SomethingNew"])
def test_words_of_other_channels_are_words(kind: str) -> None:
    ticket = ticket_from({"id": 5, "type": kind, "author_id": PAT, "body": "Firefox"})
    assert spoken(ticket) == [("08:30", "Firefox", Role.CUSTOMER)]


@pytest.mark.parametrize("rel", ["voicemail", "inbound"])
def test_a_voicemail_is_the_customers_answer(rel: str) -> None:
    via = {"channel": "voice", "source": {"rel": rel}}
    recorded = {"transcription_text": "It works", "answered_by_id": None}
    call = {"id": 5, "type": "VoiceComment", "author_id": PAT, "data": recorded, "via": via}
    assert spoken(ticket_from(call, via=via)) == [("08:30", "It works", Role.CUSTOMER)]


@pytest.mark.parametrize(
    "event",
    [
        {"id": 5, "type": "Notification", "author_id": PAT, "subject": "s", "body": "Your ticket was updated"},
        {"id": 5, "type": "Error", "author_id": PAT, "message": "Mail refused"},
        {"id": 5, "type": "CommentPrivacyChange", "author_id": PAT, "body": "x"},
        {"id": 5, "type": "SomethingNew", "author_id": PAT},
    ],
)
def test_what_no_person_says_is_no_answer(event: dict[str, Any]) -> None:
    assert spoken(ticket_from(event)) == []


@pytest.mark.parametrize(("author", "role"), [(PAT, Role.CUSTOMER), (AGENT, Role.AGENT)])
def test_words_without_an_author_of_their_own_are_those_of_whoever_made_the_audit(author: int, role: Role) -> None:
    event = {"id": 5, "type": "SomethingNew", "author_id": None, "body": "Firefox"}
    assert spoken(ticket_from(event, author=author)) == [("08:30", "Firefox", role)]
    assert spoken(ticket_from(event, author=None)) == []


def test_words_without_an_author_that_a_rule_wrote_are_nobodys() -> None:
    rule = {"channel": "rule", "source": {"from": {"id": 3, "title": "Greeting"}, "rel": "trigger"}}
    event = {"id": 5, "type": "SomethingNew", "body": "We are on it", "via": rule}
    assert [role for _, _, role in spoken(ticket_from(event))] in ([], [Role.SYSTEM])


def merge(text: str, **source: Any) -> Ticket:
    via = {"channel": "web", "source": {"from": {}, "to": {}, "rel": "merge"} | source}
    event = {"id": 5, "type": "Comment", "author_id": AGENT, "body": text, "public": False}
    return ticket_from(event, author=AGENT, via=via)


def test_words_that_come_with_a_merge_are_the_customers() -> None:
    text = 'Request #8 "More about it" was closed and merged into this request. Last comment in request #8:\n\nFirefox'
    assert spoken(merge(text, **{"from": {"ticket_ids": [8]}})) == [("08:30", text, Role.CUSTOMER)]


def test_a_merged_automatic_reply_is_none() -> None:
    ticket = merge('Request #8 "Automatic reply: No sync" was closed and merged into this request.')
    assert [entry.auto_reply for entry in ticket.timeline if isinstance(entry, Message)] == [True]


def test_a_ticket_that_was_merged_away_has_no_answer() -> None:
    ticket = merge("This request was closed and merged into request #9", to={"ticket_id": 9})
    assert spoken(ticket)[0][2] is Role.SYSTEM
