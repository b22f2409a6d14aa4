"""Who acted on a Zendesk ticket, in the roles of a policy, and which changes are our own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from bridge.roles import Requesters, Standing, is_on_same_side, opener_of, role_of
from bridge.ticket import Actor, Opener, Person, Role
from mappings.coercion import Json, enum_value, json_object, json_objects, parse_instant, text_of
from mappings.connection import Connection
from mappings.harmless_text import harmless, isolated
from mappings.native_rules import Source
from mappings.people import is_listed
from mappings.zendesk.conversation import chat_lines
from mappings.zendesk.vocabulary import OUR_NAME, id_text, is_automatic, via_parts, vocabulary

_RULES = ("trigger", "automation")
"""Relations of a ``via`` whose source is a rule that people have made."""


@dataclass(frozen=True)
class TicketSnapshot:
    """What Zendesk returned for one ticket, with every text made harmless."""

    ticket: Json
    audits: Sequence[Json]
    users: Mapping[str, Json]
    """Users by id; one who is missing may have been deleted."""
    me: str = ""
    """Id of the integration user, whose changes are the bridge's own."""
    organization: Json | None = None
    identities: Sequence[Json] = ()
    """Identities of the requester, where it matters whether mail reaches them."""
    notifications: Sequence[Json] = ()
    """What became of the mails about the ticket, where that matters."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Custom fields that the connection names and that are gone, by id: why they cannot be read."""
    merged: Mapping[str, TicketSnapshot] = field(default_factory=dict)
    """The tickets that were merged into this one, by id, as far as they can be read."""

    def __post_init__(self) -> None:
        for name in ("ticket", "audits", "users", "organization"):
            object.__setattr__(self, name, harmless(getattr(self, name)))


def user_ids_in(ticket: Json, audits: Sequence[Json]) -> set[str]:
    """Ids of all users whose role or address the mapping needs."""
    found = {id_text(ticket.get(name)) for name in ("requester_id", "submitter_id", "assignee_id")}
    for audit in audits:
        found.add(id_text(audit.get("author_id")))
        for event in json_objects(audit.get("events")):
            found.add(id_text(event.get("author_id")))
            found.add(id_text(json_object(event.get("data")).get("answered_by_id")))
            found |= {line.actor_id for line in chat_lines(event) if line.actor_id.isdecimal()}
            if event.get("field_name") in ("assignee_id", "requester_id"):
                found |= {id_text(event.get("value")), id_text(event.get("previous_value"))}
    return found - {""}


@dataclass(frozen=True)
class TicketActors:
    """The people who acted on one ticket."""

    snapshot: TicketSnapshot
    connection: Connection

    def actor(self, user_id: object, audit: Json) -> Actor:
        """The actor behind a user id, in the role that it had on this ticket at the time of an audit."""
        found = id_text(user_id)
        if not found:
            return Actor(role=Role.SYSTEM)
        user = self.snapshot.users.get(found, {})
        role = role_of(self._standing(found, audit))
        return Actor(role=role, id=found, email=email_of(user), name=name_of(user))

    def of_event(self, event: Json, audit: Json) -> Actor:
        """The actor behind an event: one of Zendesk's own rules, with its name, or whoever made the audit."""
        via = event.get("via") or audit.get("via")
        return rule_of(via) if is_automatic(via) else self.actor(audit.get("author_id"), audit)

    @cached_property
    def opener(self) -> Opener | None:
        """Who opened the ticket."""
        ticket = self.snapshot.ticket
        submitter = id_text(ticket.get("submitter_id"))
        first = min(self.snapshot.audits, key=_time_of, default={"created_at": ticket.get("created_at")})
        return opener_of(self._standing(submitter, first)) if submitter else None

    def _standing(self, found: str, audit: Json) -> Standing:
        user, people = self.snapshot.users.get(found, {}), self.connection.people
        address = email_of(user)
        seat = vocabulary().role.get(enum_value(user.get("role"))) is Role.AGENT
        spoken_for = is_listed(people.customers, found, address)
        helps = is_listed(people.helpdesk, found, address) or (not user and self._must_be_agent(found))
        return Standing(
            is_bridge=found == self.snapshot.me and bool(self.our_metadata(audit) or not self.connection.shared_user),
            is_automated=is_listed(people.automated, found, address)
            or user.get("custom_role_id") in people.automated_roles,
            is_requester=found == self._requesters.at(_time_of(audit)),
            is_staff=helps or (seat and not spoken_for),
            is_colleague=spoken_for or self._is_colleague(found, user),
            is_known=bool(user),
        )

    def _must_be_agent(self, found: str) -> bool:
        """Whether a user of whom nothing is known is an agent: one had the ticket, or it is nobody of the customer's.

        The latter tells something only where no user at all may be read.
        """
        copied = map(id_text, self.snapshot.ticket.get("email_cc_ids") or [])
        return found in self._assignees or not (self.snapshot.users or found in copied)

    def _is_colleague(self, found: str, user: Json) -> bool:
        organization = id_text(self.snapshot.ticket.get("organization_id"))
        asked = self._requesters.everyone
        requesters = [person_of(self.snapshot.users.get(ident, {})) for ident in asked]
        return (
            found in asked
            or (organization != "" and id_text(user.get("organization_id")) == organization)
            or is_on_same_side(person_of(user), requesters)
        )

    @cached_property
    def _requesters(self) -> Requesters:
        moved = sorted(self._changes_of("requester_id"), key=lambda change: change[0])
        return Requesters(id_text(self.snapshot.ticket.get("requester_id")), moved)

    @cached_property
    def _assignees(self) -> frozenset[str]:
        """Everybody to whom the ticket has been assigned: agents, even where Zendesk no longer knows them."""
        moved = {ident for _, *both in self._changes_of("assignee_id") for ident in both}
        return frozenset(moved | {id_text(self.snapshot.ticket.get("assignee_id"))}) - {""}

    def _changes_of(self, field: str) -> list[tuple[datetime, str, str]]:
        return [
            (_time_of(audit), id_text(event.get("previous_value")), id_text(event.get("value")))
            for audit in self.snapshot.audits
            for event in json_objects(audit.get("events"))
            if event.get("field_name") == field and enum_value(event.get("type")) == "change"
        ]

    def our_metadata(self, audit: Json) -> Json:
        """Our part of an audit's metadata; empty unless the integration user wrote it.

        https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
        """
        mine = self.snapshot.me and id_text(audit.get("author_id")) == self.snapshot.me
        return _metadata_of_bridges(audit) if mine else {}

    def review(self, audit: Json) -> str:
        """The review that made an update, of this or another installation; empty where none did."""
        return text_of(_metadata_of_bridges(audit).get("review")) or ""

    def keys(self, audit: Json) -> tuple[str, ...]:
        """Keys of our actions that an audit carries."""
        keys = self.our_metadata(audit).get("keys")
        return tuple(key for key in keys if isinstance(key, str)) if isinstance(keys, list) else ()

    def template(self, audit: Json) -> str:
        """Name of the template of the public message that we sent with this audit."""
        return text_of(self.our_metadata(audit).get("template")) or ""

    def address(self, user_id: object) -> str | None:
        """A user's e-mail address, or the id if there is none."""
        found = id_text(user_id)
        return email_of(self.snapshot.users.get(found, {})) or found or None


def rule_of(via: object) -> Actor:
    """The rule that made a change, as far as Zendesk names it: ``trigger 3507 (VIP)``."""
    source = json_object(json_object(via).get("source"))
    rule, (_, kind) = json_object(source.get("from")), via_parts(via)
    ident, title = id_text(rule.get("id")), isolated(text_of(rule.get("title")) or "")
    if kind not in _RULES or not ident:
        return Actor(role=Role.SYSTEM)
    return Actor(role=Role.SYSTEM, id=ident, name=str(Source(kind, ident, title or "no title")))


def _metadata_of_bridges(audit: Json) -> Json:
    return json_object(json_object(json_object(audit.get("metadata")).get("custom")).get(OUR_NAME))


def name_of(user: Json) -> str:
    """A user's name, or an empty text."""
    return isolated(text_of(user.get("name")) or "")


def email_of(user: Json) -> str:
    """A user's address in lower case, or an empty text."""
    return (text_of(user.get("email")) or "").lower()


def person_of(user: Json) -> Person:
    """A user as a person."""
    return Person(email=email_of(user), name=name_of(user), locale=text_of(user.get("locale")) or "")


def _time_of(audit: Json) -> datetime:
    return parse_instant(audit.get("created_at")) or datetime.min.replace(tzinfo=UTC)
