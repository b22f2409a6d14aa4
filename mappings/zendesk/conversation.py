"""Words on a Zendesk ticket that are not comments: chats, social media, voicemail, and what comes with a merge. Pure.

https://developer.zendesk.com/documentation/ticketing/reference-guides/ticket-audit-events-reference
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.ticket import Role
from mappings.auto_reply_subjects import is_automatic_subject
from mappings.coercion import Json, enum_value, json_object, json_objects, text_of
from mappings.harmless_text import isolated
from mappings.zendesk.vocabulary import id_text, via_parts, vocabulary

_BODIES = ("plain_body", "body", "html_body", "message", "text", "transcription_text")
_QUOTED = re.compile(r"[\"\u201c\u201e\u00ab]([^\"\u201d\u201c\u00bb]{1,200})[\"\u201d\u201c\u00bb]")
_SECONDS_UNTIL = 100_000_000_000
"""A larger timestamp is in milliseconds."""


@dataclass(frozen=True)
class ChatLine:
    """What somebody said in a chat."""

    at: datetime | None
    actor_id: str
    name: str
    role: Role
    """By the chat's own account; for users that Zendesk knows, their standing on the ticket decides."""
    text: str


def body(event: Json) -> str:
    """The text of an event, as plain text if Zendesk returns it."""
    parts = (event, json_object(event.get("data")))
    return isolated(next((text for part in parts for name in _BODIES if (text := text_of(part.get(name)))), ""))


def is_chat(event: Json) -> bool:
    """Whether an event holds, or should hold, what was said in a chat."""
    return enum_value(event.get("type")) in vocabulary().chats or "history" in json_object(event.get("value"))


def author_of(event: Json, audit: Json) -> str:
    """Whose words an event holds: its own author's, else that of the audit; empty if nobody is named."""
    return id_text(event.get("author_id")) or id_text(audit.get("author_id"))


def is_words(event: Json, audit: Json) -> bool:
    """Whether a person said something with an event: known ones, and any other that has an author and a text."""
    kind = enum_value(event.get("type"))
    if kind in vocabulary().spoken:
        return True
    return kind not in vocabulary().unspoken and bool(author_of(event, audit) and body(event))


def chat_lines(event: Json) -> list[ChatLine]:
    """What was said in a chat, oldest first; files that were sent are words as well."""
    found = [_line(item) for item in json_objects(json_object(event.get("value")).get("history"))]
    return [line for line in found if line and line.text]


def is_unread_chat(event: Json) -> bool:
    """Whether a chat has begun whose words are not there: Zendesk fills them in when it has ended, if at all."""
    history = json_objects(json_object(event.get("value")).get("history"))
    messages = [item for item in history if enum_value(item.get("type")) in vocabulary().chat_words]
    unheard = not history or len(chat_lines(event)) < len(messages)
    return unheard and enum_value(event.get("type")) in vocabulary().chats


def is_chat_end(event: Json) -> bool:
    """Whether a chat has ended."""
    return enum_value(event.get("type")) in vocabulary().chat_ends


def is_merged_in(via: object) -> bool:
    """Whether a comment brings the words of another ticket that was merged into this one.

    On the other ticket, ``to`` names the one into which it went.
    https://developer.zendesk.com/documentation/ticketing/reference-guides/via-object-reference/
    """
    if not vocabulary().merges.intersection(via_parts(via)):
        return False
    return not id_text(json_object(json_object(json_object(via).get("source")).get("to")).get("ticket_id"))


def is_automatic_merge(event: Json, via: object) -> bool:
    """Whether the merged ticket was opened by an automatic reply, as its subject shows."""
    came_from = json_object(json_object(json_object(via).get("source")).get("from"))
    quoted = _QUOTED.search(body(event)[:400])
    subjects = (text_of(came_from.get("subject")) or "", quoted[1] if quoted else "")
    return any(map(is_automatic_subject, subjects))


def place_of(ticket: Json) -> str:
    """Where the words of a ticket are said that has no comment."""
    return vocabulary().places.get(via_parts(ticket.get("via"))[0], "a conversation outside the ticket")


def starts_unread(ticket: Json, audits: Iterable[Json]) -> bool:
    """Whether a ticket came from a conversation of which Zendesk shows no word at all."""
    said_elsewhere = via_parts(ticket.get("via"))[0] in vocabulary().places
    if not (said_elsewhere or ticket.get("from_messaging_channel") is True):
        return False
    # the private comment with which a chat opens a ticket only names the conversation
    return not any(
        is_chat(event) or (is_words(event, audit) and event.get("public") is not False)
        for audit in audits
        for event in json_objects(audit.get("events"))
    )


def _line(item: Json) -> ChatLine | None:
    kind = enum_value(item.get("type"))
    if kind and kind not in vocabulary().chat_words:
        return None
    role = vocabulary().chat_role.get(enum_value(item.get("actor_type")), Role.SYSTEM)
    text = body(item) or isolated(text_of(item.get("filename")) or text_of(item.get("url")) or "")
    name = isolated(text_of(item.get("actor_name")) or "")
    return ChatLine(_instant(item.get("timestamp")), id_text(item.get("actor_id")), name, role, text)


def _instant(stamp: object) -> datetime | None:
    if not isinstance(stamp, int | float) or isinstance(stamp, bool) or stamp <= 0:
        return None
    try:
        return datetime.fromtimestamp(stamp / 1000 if stamp > _SECONDS_UNTIL else stamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None
