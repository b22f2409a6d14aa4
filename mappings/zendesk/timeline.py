"""Builds a ticket's timeline from Zendesk's audits: messages, changes and marks in order. Pure.

https://developer.zendesk.com/documentation/ticketing/reference-guides/ticket-audit-events-reference
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from bridge.ticket import Actor, Changed, Message, PhoneContact, Readability, Role, TimelineEntry
from mappings import auto_reply, event_marks
from mappings.coercion import Json, enum_value, first_instant, json_object, json_objects, parse_instant, text_of
from mappings.connection import Connection
from mappings.event_marks import EVIDENCE
from mappings.zendesk.actors import TicketActors, TicketSnapshot
from mappings.zendesk.automatic_messages import is_auto_reply
from mappings.zendesk.conversation import (
    ChatLine,
    author_of,
    body,
    chat_lines,
    is_chat,
    is_chat_end,
    is_merged_in,
    is_unread_chat,
    is_words,
    place_of,
    starts_unread,
)
from mappings.zendesk.delivery import undelivered
from mappings.zendesk.merges import customer_wrote, merged_by
from mappings.zendesk.state import State, StateReader, apply_changes, initial_state, last_values, present_state
from mappings.zendesk.vocabulary import id_text, via_parts, vocabulary


class TimelineBuilder:
    """Builds the timeline of one ticket from its audits."""

    def __init__(self, snapshot: TicketSnapshot, connection: Connection) -> None:
        self.snapshot = snapshot
        self.connection = connection
        self.actors = TicketActors(snapshot, connection)
        self.reader = StateReader(connection, self.actors.address)
        self.present = present_state(snapshot.ticket) | last_values(snapshot.missing, snapshot.audits)
        seen = (snapshot.ticket, *snapshot.audits)
        self.created_at = parse_instant(snapshot.ticket.get("created_at")) or first_instant(seen, "created_at")
        self.audits = sorted(snapshot.audits, key=self._order)
        self.opening = self._opening()
        self.undelivered = undelivered(snapshot.ticket, snapshot.notifications)

    def timeline(self) -> Iterator[TimelineEntry]:
        """All entries by time. What the audits do not explain of the current state is entered as observed."""
        return iter(sorted(self._entries(), key=lambda entry: entry.at))

    def marks(self) -> Iterator[tuple[str, datetime]]:
        """The reviews that left their mark, and when, whoever's credentials they used."""
        for audit in self.audits:
            if review := self.actors.review(audit):
                yield review, self._at(audit)

    def _entries(self) -> Iterator[TimelineEntry]:
        if starts_unread(self.snapshot.ticket, self.audits):
            yield Readability(
                at=self.created_at,
                actor=Actor(role=Role.SYSTEM),
                readable=False,
                where=place_of(self.snapshot.ticket),
            )
        state = initial_state(self.present, self.audits)
        marked: frozenset[str] = frozenset()
        latest = self.created_at
        for audit in self.audits:
            entries: list[TimelineEntry] = []
            for changes in self._changes_by_actor(audit):
                marked = changes.apply(state, marked, entries)
            yield from entries or self._evidence(audit)
            latest = max(latest, self._at(audit))
        latest = max(latest, parse_instant(self.snapshot.ticket.get("updated_at")) or latest)
        closing = _ActorChanges(self, latest, Actor(role=Role.SYSTEM), (), [], observed=True)
        rest: list[TimelineEntry] = []
        closing.add_differences(state, marked, self.present, rest)
        yield from rest

    def _changes_by_actor(self, audit: Json) -> Iterator[_ActorChanges]:
        """The changes of each actor in one audit: those of a person, and those of each rule that they triggered."""
        keys = self.actors.keys(audit)
        events = json_objects(audit.get("events"))
        for actor, group in groupby(events, key=lambda event: self.actors.of_event(event, audit)):
            yield _ActorChanges(self, self._at(audit), actor, keys, list(group), audit)

    def _evidence(self, audit: Json) -> Iterator[TimelineEntry]:
        if keys := self.actors.keys(audit):
            actor = self.actors.actor(audit.get("author_id"), audit)
            yield Changed(at=self._at(audit), actor=actor, keys=keys, field=EVIDENCE)

    def _order(self, audit: Json) -> tuple[datetime, int, str]:
        number = id_text(audit.get("id"))
        return self._at(audit), len(number), number

    def _opening(self) -> Json | None:
        """The comment with which the ticket was created; Zendesk also shows it as the description."""
        first = self.audits[0] if self.audits else {}
        events = json_objects(first.get("events"))
        created = any(enum_value(event.get("type")) == "create" for event in events)
        if not (created or self._at(first) <= self.created_at):
            return None
        return next((event for event in events if enum_value(event.get("type")) == "comment"), None)

    def _at(self, audit: Json) -> datetime:
        return parse_instant(audit.get("created_at")) or self.created_at


@dataclass
class _ActorChanges:
    """What one actor changed in one audit."""

    builder: TimelineBuilder
    at: datetime
    actor: Actor
    keys: tuple[str, ...]
    events: list[Json]
    audit: Json | None = None
    observed: bool = False

    def apply(self, state: State, marked: frozenset[str], entries: list[TimelineEntry]) -> frozenset[str]:
        """Append the timeline entries to ``entries``, advance ``state``, and return the marks that are now set."""
        audit = self.audit or {}
        silent = self.builder.opening if self.builder.connection.first_comment == "description" else None
        for event in self.events:
            if enum_value(event.get("type")) == "voicecomment":
                entries.append(self._call(event, audit))
            elif is_chat(event) or is_chat_end(event):
                entries.extend(self._chat(event, audit))
            elif is_words(event, audit) and event is not silent:
                entries.append(self._message(event, audit))
        after = dict(state)
        apply_changes(
            after, (event for event in self.events if enum_value(event.get("type")) == "change"), self.builder.present
        )
        now_marked = self.add_differences(state, marked, after, entries)
        state.update(after)
        return now_marked

    def add_differences(
        self, before: State, marked: frozenset[str], after: State, entries: list[TimelineEntry]
    ) -> frozenset[str]:
        """Append every difference between two states, and an event for every mark that was set."""
        old, new = self.builder.reader.canonical(before), self.builder.reader.canonical(after)
        entries.extend(
            Changed(**self._common(), field=field, old=old[field], new=value)
            for field, value in new.items()
            if value != old[field]
        )
        now_marked = self.builder.reader.marks(after)
        entries.extend(self._marked_event(name) for name in sorted(now_marked - marked))
        return now_marked

    def _common(self) -> dict[str, Any]:
        return {"at": self.at, "actor": self.actor, "keys": self.keys, "observed": self.observed}

    def _author(self, event: Json, audit: Json) -> Actor:
        if is_merged_in(event.get("via") or audit.get("via")):
            return self._author_of_merged(audit)
        if self.actor.role is Role.SYSTEM:
            return self.actor
        return self.builder.actors.actor(author_of(event, audit), audit)

    def _author_of_merged(self, audit: Json) -> Actor:
        """Who spoke with the words of another ticket: the customer as a rule, who wrote them is not kept.

        Nobody did if the customer wrote nothing on any of the tickets, as far as they can be read.
        """
        sources = [self.builder.snapshot.merged.get(ident) for ident in merged_by(audit)]
        if sources and all(source and not customer_wrote(source) for source in sources):
            return Actor(role=Role.SYSTEM)
        return self.builder.actors.actor(self.builder.snapshot.ticket.get("requester_id"), audit)

    def _message(self, event: Json, audit: Json) -> Message:
        text = body(event)
        actor = self._author(event, audit)
        automatic = actor.role is not Role.BRIDGE and is_auto_reply(event, audit)
        back_at, on_day = auto_reply.return_date(text, self.at) if automatic else (None, False)
        return Message(
            **self._common() | {"actor": actor},
            public=event.get("public", True) is not False,
            text=text,
            auto_reply=automatic,
            back_at=back_at,
            back_on_day=on_day,
            template=self.builder.actors.template(audit) if actor.role is Role.BRIDGE else "",
            undelivered=self.builder.undelivered.get(id_text(event.get("id")), ""),
        )

    def _chat(self, event: Json, audit: Json) -> Iterator[TimelineEntry]:
        """What was said in a chat; if that cannot be read, from when to when."""
        where, common = place_of({"via": audit.get("via")}), self._common() | {"actor": Actor(role=Role.SYSTEM)}
        if is_unread_chat(event):
            yield Readability(**common, readable=False, where=where)
        for line in chat_lines(event):
            if not self._is_description(line):
                at = max(line.at or self.at, self.builder.created_at)
                yield Message(at=at, actor=self._speaker(line, audit), public=True, text=line.text)
        if is_chat_end(event):
            yield Readability(**common, readable=True, where=where)

    def _speaker(self, line: ChatLine, audit: Json) -> Actor:
        if line.role is not Role.SYSTEM and line.actor_id in self.builder.snapshot.users:
            return self.builder.actors.actor(line.actor_id, audit)
        return Actor(role=line.role, id=line.actor_id, name=line.name)

    def _is_description(self, line: ChatLine) -> bool:
        """Whether a line of a chat opened the ticket and is its description, which is not a message of its own."""
        described = self.builder.connection.first_comment == "description"
        description = text_of(self.builder.snapshot.ticket.get("description"))
        return described and line.role is Role.CUSTOMER and line.text == description

    def _call(self, event: Json, audit: Json) -> TimelineEntry:
        """A call is a contact by phone if somebody on the other side took it; a voicemail is a message.

        ``answered_by_id`` is null where nobody did: https://developer.zendesk.com/api-reference/voice/talk-api/calls/
        It may name the requester: then a call to him was taken, and one that he made himself was not.
        """
        via, details = via_parts(event.get("via") or audit.get("via")), json_object(event.get("data"))
        taken_by = id_text(details.get("answered_by_id"))
        if "voicemail" in via or (details.get("transcription_text") and not taken_by):
            return self._message(event, audit)
        actors = self.builder.actors
        caller = actors.actor(author_of(event, audit), audit)
        if taken_by:
            taker = actors.actor(taken_by, audit)
            helper = caller if taker.role is Role.CUSTOMER else taker
            return PhoneContact(**self._common() | {"actor": helper}, answered=helper.role is not Role.CUSTOMER)
        dialled = not vocabulary().outbound.isdisjoint(via) and bool(details.get("call_duration"))
        reached = dialled or ("answered_by_id" not in details and caller.role is Role.AGENT)
        return PhoneContact(**self._common() | {"actor": caller}, answered=reached)

    def _marked_event(self, mark: str) -> TimelineEntry:
        comments = [body(event) for event in self.events if enum_value(event.get("type")) == "comment"]
        return event_marks.entry_of(mark, **self._common(), remarks="\n".join(comments))
