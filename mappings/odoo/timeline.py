"""Builds a ticket's timeline from Odoo's messages and tracked changes. Pure.

Times are those of Odoo's own records (``create_date``), because the sender of a mail sets its ``date``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from bridge.ticket import Actor, Changed, Merge, Message, PhoneContact, Role, Said, TimelineEntry
from mappings import auto_reply
from mappings.coercion import Json, first_instant, json_object, parse_instant
from mappings.connection import Connection
from mappings.harmless_text import isolated
from mappings.odoo.actors import TicketActors
from mappings.odoo.delivery import undelivered
from mappings.odoo.merges import is_merge, merged_by, merged_ids, source_of
from mappings.odoo.snapshot import TicketSnapshot
from mappings.odoo.state import State, StateReader
from mappings.odoo.vocabulary import html_to_text, many2one_id, vocabulary


class TimelineBuilder:
    """Builds the timeline of one ticket from its messages and tracked changes."""

    def __init__(self, snapshot: TicketSnapshot, connection: Connection) -> None:
        self.snapshot = snapshot
        self.connection = connection
        self.actors = TicketActors(snapshot, connection)
        self.reader = StateReader(connection, snapshot.catalog, self.actors.address)
        seen = (snapshot.ticket, *snapshot.messages)
        self.created_at = parse_instant(snapshot.ticket.get("create_date")) or first_instant(seen, "create_date")
        self.changed_at = max(self.created_at, parse_instant(snapshot.ticket.get("write_date")) or self.created_at)
        everything = sorted(snapshot.messages, key=lambda message: (self._at(message), many2one_id(message.get("id"))))
        sources = merged_ids(many2one_id(snapshot.ticket.get("id")), everything)
        came_from = {id(message): source_of(message, snapshot.ticket, sources) for message in everything}
        self.messages = [message for message in everything if not came_from[id(message)]]
        self._merged_messages = [(came_from[id(message)], message) for message in everything if came_from[id(message)]]

    def timeline(self) -> Iterator[TimelineEntry]:
        """Every entry that Odoo has a record of, by time. :mod:`mappings.history_diff` adds the rest."""
        state = dict(self.snapshot.ticket) | {"active": True}  # Odoo keeps no record of archiving
        for message in reversed(self.messages):
            state |= self._tracked(message, "old")
        if self.connection.first_comment == "message" and self.opening is None:
            yield self._description_message()
        for message in self.messages:
            yield from self._merges(message)
            yield from self._conversation(message)
            after = state | self._tracked(message, "new")
            yield from self._changes(message, state, after)
            state = after

    @cached_property
    def opening(self) -> Json | None:
        """The mail with which the ticket was created; its text is also the description."""
        first = next((message for message in self.messages if _message_type(message) in vocabulary().received), None)
        return first if first and self._at(first) == self.created_at else None

    @cached_property
    def _undelivered(self) -> Mapping[int, str]:
        return undelivered(self.snapshot.ticket, self.snapshot.notifications)

    @cached_property
    def _rows(self) -> dict[int, list[tuple[str, Any, Any]]]:
        """Tracked changes by message: field, old and new value. Changes with unreadable values are left out."""
        rows: dict[int, list[tuple[str, Any, Any]]] = {}
        for row in sorted(self.snapshot.trackings, key=lambda row: many2one_id(row.get("id"))):
            if name := self.snapshot.catalog.schema.tracked_field(row):
                old, new = (self.reader.tracked(name, row, side) for side in ("old", "new"))
                if old is not None and new is not None:
                    rows.setdefault(many2one_id(row.get("mail_message_id")), []).append((name, old, new))
        return rows

    def _tracked(self, message: Json, side: str) -> State:
        rows = self._rows.get(many2one_id(message.get("id")), [])
        if side == "old":
            return {name: old for name, old, _ in reversed(rows)}
        return {name: new for name, _, new in rows}

    def _changes(self, message: Json, before: State, after: State) -> Iterator[TimelineEntry]:
        if after == before:
            return
        common = self._common(message, self.actors.user(message.get("create_uid"), self._at(message)))
        old, new = self.reader.canonical(before), self.reader.canonical(after)
        for field in [*new, *(old.keys() - new.keys())]:
            if old.get(field) != new.get(field):
                yield Changed(**common, field=field, old=old.get(field), new=new.get(field))

    def _merges(self, message: Json) -> Iterator[Merge]:
        for ident in merged_by(message, many2one_id(self.snapshot.ticket.get("id"))):
            source = self.snapshot.merged.get(ident, {})
            yield Merge(
                **self._common(message, self.actors.author(message)),
                source=str(ident),
                created_at=parse_instant(source.get("create_date")),
                said=tuple(self._said(ident)),
                tags=self.reader.tags(source),
            )

    def _said(self, source: int) -> Iterator[Said]:
        """What was said on a merged ticket, at its own times; what the addon posted is nobody's."""
        for ident, message in self._merged_messages:
            if ident == source and not is_merge(message):
                for entry in self._conversation(message):
                    at = parse_instant(message.get("create_date")) or entry.at
                    yield entry.model_copy(update={"at": at})

    def _conversation(self, message: Json) -> Iterator[Message | PhoneContact]:
        if _message_type(message) in vocabulary().spoken:
            if message is not self.opening or self.connection.first_comment == "message":
                yield self._message(message)
        elif many2one_id(message.get("mail_activity_type_id")) in self.snapshot.catalog.call_types:
            caller = self.actors.author(message)
            yield PhoneContact(**self._common(message, caller), answered=caller.role is not Role.CUSTOMER)

    def _message(self, message: Json) -> Message:
        actor, text = self._author(message), isolated(html_to_text(message.get("body")))
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
            undelivered=self._undelivered.get(many2one_id(message.get("id")), ""),
        )

    def _description_message(self) -> Message:
        """The description as a message, for a ticket that was not created by mail."""
        actor = self.actors.user(self.snapshot.ticket.get("create_uid"), self.created_at)
        text = isolated(html_to_text(self.snapshot.ticket.get("description")))
        return Message(at=self.created_at, actor=actor, public=True, text=text)

    def _author(self, message: Json) -> Actor:
        """The author of a message. A stage's own mail names whoever moved the ticket, but is nobody's reply.

        Nor is the comment that the merge addon posts in the name of whoever merges.
        """
        if _message_type(message) in vocabulary().template and self.snapshot.catalog.mails_on_stages:
            return Actor(role=Role.SYSTEM)
        if is_merge(message):
            return Actor(role=Role.SYSTEM)
        return self.actors.author(message)

    def _public(self, message: Json) -> bool:
        if _message_type(message) in vocabulary().template:
            return True
        subtype = many2one_id(message.get("subtype_id"))
        if subtype and not json_object(self.snapshot.catalog.subtypes.get(subtype)).get("internal"):
            return True
        # a note in which the customer is mentioned is mailed to him
        return self.actors.reaches_customer(message)

    def _automatic(self, message: Json) -> bool:
        if _message_type(message) in vocabulary().automatic:
            return True
        came_in = _message_type(message) in vocabulary().received
        sender, subject = str(message.get("email_from") or ""), str(message.get("subject") or "")
        return came_in and auto_reply.is_automatic_mail({}, sender, subject)

    def _order(self, message: Json) -> tuple[datetime, int]:
        return self._at(message), many2one_id(message.get("id"))

    def _common(self, message: Json, actor: Actor) -> dict[str, Any]:
        return {"at": self._at(message), "actor": actor}

    def _at(self, message: Json) -> datetime:
        found = parse_instant(message.get("create_date")) or parse_instant(message.get("date")) or self.created_at
        return max(found, self.created_at)


def _message_type(message: Json) -> str:
    return str(message.get("message_type") or "")
