"""Odoo's messages and tracked changes -> the timeline: what was said, what changed, what people marked. Pure.

Instants are those of Odoo's own records (``create_date``): the ``date`` of a mail is whatever its sender wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from bridge.ticket import Actor, Changed, Message, PhoneContact, Role, TimelineEntry
from mappings import auto_reply
from mappings.coercion import Json, instant, mapping
from mappings.connection import Connection
from mappings.odoo.actors import TicketActors, TicketSnapshot
from mappings.odoo.state import State, StateReader
from mappings.odoo.vocabulary import number, plain, vocabulary

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TimelineBuilder:
    """One ticket's messages and tracked changes, told in order."""

    def __init__(self, seen: TicketSnapshot, connection: Connection) -> None:
        self.seen = seen
        self.connection = connection
        self.actors = TicketActors(seen, connection)
        self.reading = StateReader(connection, seen.directory, self.actors.address)
        self.created_at = instant(seen.ticket.get("create_date")) or _EPOCH
        self.changed_at = max(self.created_at, instant(seen.ticket.get("write_date")) or self.created_at)
        self.messages = sorted(seen.messages, key=lambda message: (self._at(message), number(message.get("id"))))

    def timeline(self) -> Iterator[TimelineEntry]:
        """Every entry that Odoo can prove, by time. What it keeps no history of is for :mod:`mappings.history_diff`."""
        state = dict(self.seen.ticket) | {"active": True}  # since when it is archived nobody tells
        for message in reversed(self.messages):
            state |= self._tracked(message, "old")
        if self.connection.first_comment == "message" and self.opening is None:
            yield self._opening_words()
        for message in self.messages:
            yield from self._said(message)
            after = state | self._tracked(message, "new")
            yield from self._changes(message, state, after)
            state = after

    @cached_property
    def opening(self) -> Json | None:
        """The mail with which the ticket was created: its text is the description too."""
        first = next((message for message in self.messages if _kind(message) in vocabulary().received), None)
        return first if first and self._at(first) == self.created_at else None

    @cached_property
    def _rows(self) -> dict[int, list[tuple[str, Any, Any]]]:
        """Tracked changes by message: field, old and new value; one whose values cannot be told is left out."""
        rows: dict[int, list[tuple[str, Any, Any]]] = {}
        for row in sorted(self.seen.trackings, key=lambda row: number(row.get("id"))):
            if name := self.seen.directory.schema.tracked_field(row):
                old, new = (self.reading.tracked(name, row, side) for side in ("old", "new"))
                if old is not None and new is not None:
                    rows.setdefault(number(row.get("mail_message_id")), []).append((name, old, new))
        return rows

    def _tracked(self, message: Json, side: str) -> State:
        rows = self._rows.get(number(message.get("id")), [])
        if side == "old":
            return {name: old for name, old, _ in reversed(rows)}
        return {name: new for name, _, new in rows}

    def _changes(self, message: Json, before: State, after: State) -> Iterator[TimelineEntry]:
        if after == before:
            return
        common = self._common(message, self.actors.user(message.get("create_uid")))
        old, new = self.reading.canonical(before), self.reading.canonical(after)
        for field in [*new, *(old.keys() - new.keys())]:
            if old.get(field) != new.get(field):
                yield Changed(**common, field=field, old=old.get(field), new=new.get(field))

    def _said(self, message: Json) -> Iterator[TimelineEntry]:
        if _kind(message) in vocabulary().spoken:
            if message is not self.opening or self.connection.first_comment == "message":
                yield self._message(message)
        elif number(message.get("mail_activity_type_id")) in self.seen.directory.call_types:
            yield PhoneContact(**self._common(message, self.actors.author(message)))

    def _message(self, message: Json) -> Message:
        actor, text = self._author(message), plain(message.get("body"))
        at = self._at(message)
        automatic = actor.role is not Role.BRIDGE and self._automatic(message)
        back_at, on_day = auto_reply.return_date(text, at) if automatic else (None, False)
        key, template = self.actors.key(message) or ("", "")
        return Message(
            **self._common(message, actor),
            keys=(key,) if key else (),
            public=self._public(message),
            text=text,
            auto_reply=automatic,
            back_at=back_at,
            back_on_day=on_day,
            template=template,
        )

    def _opening_words(self) -> Message:
        """The description as a message, where no mail stands for it."""
        actor = self.actors.user(self.seen.ticket.get("create_uid"))
        return Message(at=self.created_at, actor=actor, public=True, text=plain(self.seen.ticket.get("description")))

    def _author(self, message: Json) -> Actor:
        """A mail that a stage sends has whoever moved the ticket as its author, and answers nobody."""
        if _kind(message) in vocabulary().template and self.seen.directory.mails_on_stages:
            return Actor(role=Role.SYSTEM)
        return self.actors.author(message)

    def _public(self, message: Json) -> bool:
        if _kind(message) in vocabulary().template:
            return True
        subtype = number(message.get("subtype_id"))
        return subtype != 0 and not mapping(self.seen.directory.subtypes.get(subtype)).get("internal")

    def _automatic(self, message: Json) -> bool:
        if _kind(message) in vocabulary().automatic:
            return True
        came_in = _kind(message) in vocabulary().received
        sender, subject = str(message.get("email_from") or ""), str(message.get("subject") or "")
        return came_in and (auto_reply.is_machine(sender) or auto_reply.is_automatic_subject(subject))

    def _common(self, message: Json, actor: Actor) -> dict[str, Any]:
        return {"at": self._at(message), "actor": actor}

    def _at(self, message: Json) -> datetime:
        found = instant(message.get("create_date")) or instant(message.get("date")) or self.created_at
        return max(found, self.created_at)


def _kind(message: Json) -> str:
    return str(message.get("message_type") or "")
