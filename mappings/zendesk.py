"""Zendesk -> canonical: a ticket with its whole timeline, from the JSON of a ticket, its audits and its people. Pure.

The way back is :mod:`mappings.zendesk_update`, accounts are in :mod:`mappings.zendesk_account`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from bridge.ticket import (
    Actor,
    Approval,
    Changed,
    Channel,
    Confirmation,
    Message,
    Person,
    PhoneContact,
    Request,
    Role,
    Ticket,
    TicketRef,
    TimelineEntry,
)
from mappings import auto_reply
from mappings.connection import DEFERRABLE, Connection
from mappings.zendesk_state import Reading, State, initial_state, present_state, update
from mappings.zendesk_words import (
    OUR_NAME,
    Json,
    ident,
    instant,
    is_automatic,
    mapping,
    objects,
    tags_of,
    text_of,
    translated,
    via_words,
    vocabulary,
    word,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVIDENCE = "evidence"
"""Field of the entry that carries our keys when a write of ours changed nothing else that is mapped."""


@dataclass(frozen=True)
class Snapshot:
    """What Zendesk answered about one ticket, as it came."""

    ticket: Json
    audits: Sequence[Json]
    users: Mapping[str, Json]
    """Users by id; people who are not here are strangers, deleted perhaps."""
    me: str = ""
    """Id of the integration user: its changes are the bridge's own."""
    organization: Json | None = None


def to_ticket(ref: TicketRef, seen: Snapshot, connection: Connection) -> Ticket:
    """The canonical ticket. Unknown keys, nulls, text ids and foreign events are tolerated, never an error."""
    return _Story(seen, connection).ticket(ref)


def people_in(ticket: Json, audits: Sequence[Json]) -> set[str]:
    """Ids of all users whose role or address the mapping wants to know."""
    found = {ident(ticket.get(name)) for name in ("requester_id", "submitter_id", "assignee_id")}
    for audit in audits:
        found.add(ident(audit.get("author_id")))
        for event in objects(audit.get("events")):
            found.add(ident(event.get("author_id")))
            if event.get("field_name") == "assignee_id":
                found |= {ident(event.get("value")), ident(event.get("previous_value"))}
    return found - {""}


class _Story:
    """One ticket's audits, told in order."""

    def __init__(self, seen: Snapshot, connection: Connection) -> None:
        self.seen = seen
        self.connection = connection
        self.reading = Reading(connection, self._address)
        self.present = present_state(seen.ticket)
        self.created_at = instant(seen.ticket.get("created_at")) or _EPOCH
        self.audits = sorted(seen.audits, key=self._order)
        self.opening = self._opening()

    def ticket(self, ref: TicketRef) -> Ticket:
        ticket, values = self.seen.ticket, self.reading.canonical(self.present)
        description = text_of(ticket.get("description")) or _body(self.opening or {})
        return Ticket.model_validate(
            {name: values[name] for name in ("status", "priority", "type", "assignee", "group", "tier")}
            | {
                "ref": ref,
                "created_at": self.created_at,
                "version": str(ticket.get("updated_at") or ""),
                "account": account_key(self.seen, self.connection),
                "channel": self._channel(),
                "requester": self._requester(),
                "subject": text_of(ticket.get("subject")) or text_of(ticket.get("raw_subject")) or "",
                "description": description,
                "status_label": word(ticket.get("status")),
                "brand": _name_of(self.connection.brands, ticket.get("brand_id")),
                "form": _name_of(self.connection.forms, ticket.get("ticket_form_id")),
                "tags": tags_of(self.present["tags"]),
                "facts": self.reading.facts(self.present),
                "fields": self._fields(),
                "timeline": tuple(self._timeline()),
            }
        )

    def _timeline(self) -> Iterator[TimelineEntry]:
        state = initial_state(self.present, self.audits)
        marked: frozenset[str] = frozenset()
        latest = self.created_at
        for audit in self.audits:
            entries: list[TimelineEntry] = []
            for scene in self._scenes(audit):
                marked = scene.play(state, marked, entries)
            yield from entries or self._evidence(audit)
            latest = max(latest, self._at(audit))
        latest = max(latest, instant(self.seen.ticket.get("updated_at")) or latest)
        closing = _Scene(self, latest, Actor(role=Role.SYSTEM), (), [], observed=True)
        rest: list[TimelineEntry] = []
        closing.settle(state, marked, self.present, rest)
        yield from rest

    def _scenes(self, audit: Json) -> Iterator[_Scene]:
        """What each actor did in one audit: a person's own changes, and what rules made of them."""
        keys = self._keys(audit)
        events = objects(audit.get("events"))
        for automatic, group in groupby(events, key=lambda event: is_automatic(event.get("via") or audit.get("via"))):
            actor = Actor(role=Role.SYSTEM) if automatic else self.actor(audit.get("author_id"), audit)
            yield _Scene(self, self._at(audit), actor, keys, list(group), audit)

    def _evidence(self, audit: Json) -> Iterator[TimelineEntry]:
        if keys := self._keys(audit):
            actor = self.actor(audit.get("author_id"), audit)
            yield Changed(at=self._at(audit), actor=actor, keys=keys, field=EVIDENCE)

    def actor(self, user_id: object, audit: Json) -> Actor:
        """Who a user id is to a policy."""
        found = ident(user_id)
        if not found:
            return Actor(role=Role.SYSTEM)
        user = self.seen.users.get(found, {})
        return Actor(
            role=self._role(found, user, audit), id=found, email=_email(user), name=text_of(user.get("name")) or ""
        )

    def _role(self, found: str, user: Json, audit: Json) -> Role:
        if found == self.seen.me and (self._ours(audit) or not self.connection.shared_user):
            return Role.BRIDGE
        if known := vocabulary().role.get(word(user.get("role"))):
            return known
        copied = self.seen.ticket.get("email_cc_ids") or []
        customers = {ident(self.seen.ticket.get("requester_id")), *map(ident, copied)}
        return Role.CUSTOMER if found in customers else Role.AGENT

    def _order(self, audit: Json) -> tuple[datetime, int, str]:
        number = ident(audit.get("id"))
        return self._at(audit), len(number), number

    def _opening(self) -> Json | None:
        """The comment with which the ticket was created; Zendesk shows it as the description too."""
        first = self.audits[0] if self.audits else {}
        events = objects(first.get("events"))
        created = any(word(event.get("type")) == "create" for event in events)
        if not (created or self._at(first) <= self.created_at):
            return None
        return next((event for event in events if word(event.get("type")) == "comment"), None)

    def _at(self, audit: Json) -> datetime:
        return instant(audit.get("created_at")) or self.created_at

    def _ours(self, audit: Json) -> Json:
        """Our own part of an audit's metadata; anybody else's claim to it is not believed."""
        mine = self.seen.me and ident(audit.get("author_id")) == self.seen.me
        custom = mapping(mapping(audit.get("metadata")).get("custom"))
        return mapping(custom.get(OUR_NAME)) if mine else {}

    def _keys(self, audit: Json) -> tuple[str, ...]:
        keys = self._ours(audit).get("keys")
        return tuple(key for key in keys if isinstance(key, str)) if isinstance(keys, list) else ()

    def template(self, audit: Json) -> str:
        return text_of(self._ours(audit).get("template")) or ""

    def _fields(self) -> dict[str, str]:
        held: dict[str, str] = {}
        for audit in self.audits:
            fields = mapping(self._ours(audit).get("fields"))
            held |= {name: str(value) for name, value in fields.items() if name in DEFERRABLE}
        named = {name: value or "" for name, value in self.reading.fields(self.present).items()}
        return {name: value for name, value in (held | named).items() if value}

    def _channel(self) -> Channel:
        via, rel = via_words(self.seen.ticket.get("via"))
        source, words = self.connection.channel, vocabulary().channel
        if source is not None:
            raw = via if source.field is None else self.present.get(str(source.field))
            said = text_of(translated(source, raw, tags_of(self.present["tags"])))
            if said in set(Channel):
                return Channel(said)
        return words.get(f"{via}/{rel}") or words.get(rel) or words.get(via) or Channel.OTHER

    def _requester(self) -> Person:
        user = self.seen.users.get(ident(self.seen.ticket.get("requester_id")), {})
        return Person(
            email=_email(user), name=text_of(user.get("name")) or "", locale=text_of(user.get("locale")) or ""
        )

    def _address(self, user_id: object) -> str | None:
        found = ident(user_id)
        return _email(self.seen.users.get(found, {})) or found or None


@dataclass
class _Scene:
    """What one actor did to the ticket in one audit."""

    story: _Story
    at: datetime
    actor: Actor
    keys: tuple[str, ...]
    events: list[Json]
    audit: Json | None = None
    observed: bool = False

    def play(self, state: State, marked: frozenset[str], entries: list[TimelineEntry]) -> frozenset[str]:
        """Append what happened to ``entries``, move ``state`` on, and return the marks that are set now."""
        audit = self.audit or {}
        silent = self.story.opening if self.story.connection.first_comment == "description" else None
        for event in self.events:
            kind = word(event.get("type"))
            if kind == "comment" and event is not silent:
                entries.append(self._message(event, audit))
            elif kind == "voicecomment":
                entries.append(self._call(event, audit))
        after = dict(state)
        update(after, (event for event in self.events if word(event.get("type")) == "change"), self.story.present)
        now_marked = self.settle(state, marked, after, entries)
        state.update(after)
        return now_marked

    def settle(
        self, before: State, marked: frozenset[str], after: State, entries: list[TimelineEntry]
    ) -> frozenset[str]:
        """Append every difference between two states, and every mark that was set."""
        old, new = self.story.reading.canonical(before), self.story.reading.canonical(after)
        entries.extend(
            Changed(**self._common(), field=field, old=old[field], new=value)
            for field, value in new.items()
            if value != old[field]
        )
        now_marked = self.story.reading.marks(after)
        entries.extend(self._meaning(name) for name in sorted(now_marked - marked))
        return now_marked

    def _common(self) -> dict[str, Any]:
        return {"at": self.at, "actor": self.actor, "keys": self.keys, "observed": self.observed}

    def _author(self, event: Json, audit: Json) -> Actor:
        if self.actor.role is Role.SYSTEM:
            return self.actor
        return self.story.actor(event.get("author_id") or audit.get("author_id"), audit)

    def _message(self, event: Json, audit: Json) -> Message:
        text = _body(event)
        actor = self._author(event, audit)
        automatic = _auto_reply(event, audit) if actor.role is not Role.BRIDGE else False
        back_at, on_day = auto_reply.return_date(text, self.at) if automatic else (None, False)
        return Message(
            **self._common() | {"actor": actor},
            public=event.get("public", True) is not False,
            text=text,
            auto_reply=automatic,
            back_at=back_at,
            back_on_day=on_day,
            template=self.story.template(audit) if actor.role is Role.BRIDGE else "",
        )

    def _call(self, event: Json, audit: Json) -> TimelineEntry:
        """A call somebody answered is a contact; a voicemail is what a customer left."""
        details = mapping(event.get("data"))
        if "voicemail" in via_words(event.get("via") or audit.get("via")):
            return self._message(event, audit)
        by = details.get("answered_by_id") or event.get("author_id") or audit.get("author_id")
        return PhoneContact(**self._common() | {"actor": self.story.actor(by, audit)})

    def _meaning(self, mark: str) -> TimelineEntry:
        kind, _, gate = mark.partition(":")
        match kind:
            case "escalation":
                return Request(**self._common())
            case "confirm_resolution":
                return Confirmation(**self._common())
            case "phone_contact":
                return PhoneContact(**self._common())
        comments = [_body(event) for event in self.events if word(event.get("type")) == "comment"]
        return Approval(**self._common(), gate=gate, granted=kind == "approve", remarks="\n".join(comments))


def account_key(seen: Snapshot, connection: Connection) -> str | None:
    """The key under which the customer's account is known, or None without an organization."""
    organization = mapping(seen.organization)
    return text_of(organization.get(connection.organizations.key)) or ident(seen.ticket.get("organization_id")) or None


def _auto_reply(event: Json, audit: Json) -> bool:
    """Mail headers where an importer kept them, and Zendesk's own comment flags."""
    metadata = [mapping(event.get("metadata")), mapping(audit.get("metadata"))]
    for found in metadata:
        flags = found.get("flags")
        if isinstance(flags, list) and any(ident(flag) in _flag_words() for flag in flags):
            return True
        if any(auto_reply.is_automatic(part) for part in _headers(found)):
            return True
    return False


def _headers(metadata: Json) -> Iterator[Json]:
    for part in (metadata, mapping(metadata.get("system")), mapping(metadata.get("custom"))):
        yield part
        yield mapping(part.get("headers"))


def _flag_words() -> set[str]:
    return {str(flag) for flag in vocabulary().auto_reply_flags}


def _body(event: Json) -> str:
    return next((text for name in ("plain_body", "body", "html_body") if (text := text_of(event.get(name)))), "")


def _email(user: Json) -> str:
    return (text_of(user.get("email")) or "").lower()


def _name_of(names: Mapping[str, int], value: object) -> str | None:
    found = ident(value)
    return next((name for name, number in names.items() if str(number) == found), found or None)
