"""Who acted on a Zendesk ticket, in the roles of a policy, and which changes are our own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.ticket import Actor, Role
from mappings.coercion import Json, enum_value, json_object, json_objects, text_of
from mappings.connection import Connection
from mappings.harmless_text import harmless, isolated
from mappings.zendesk.conversation import chat_lines
from mappings.zendesk.vocabulary import OUR_NAME, id_text, vocabulary


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
            found |= {line.actor_id for line in chat_lines(event) if line.actor_id.isdecimal()}
            if event.get("field_name") == "assignee_id":
                found |= {id_text(event.get("value")), id_text(event.get("previous_value"))}
    return found - {""}


@dataclass(frozen=True)
class TicketActors:
    """The people who acted on one ticket."""

    snapshot: TicketSnapshot
    connection: Connection

    def actor(self, user_id: object, audit: Json) -> Actor:
        """The actor behind a user id."""
        found = id_text(user_id)
        if not found:
            return Actor(role=Role.SYSTEM)
        user = self.snapshot.users.get(found, {})
        return Actor(role=self._role(found, user, audit), id=found, email=email_of(user), name=name_of(user))

    def _role(self, found: str, user: Json, audit: Json) -> Role:
        if found == self.snapshot.me and (self.our_metadata(audit) or not self.connection.shared_user):
            return Role.BRIDGE
        if known := vocabulary().role.get(enum_value(user.get("role"))):
            return known
        copied = self.snapshot.ticket.get("email_cc_ids") or []
        customers = {id_text(self.snapshot.ticket.get("requester_id")), *map(id_text, copied)}
        return Role.CUSTOMER if found in customers else Role.AGENT

    def our_metadata(self, audit: Json) -> Json:
        """Our part of an audit's metadata; empty unless the integration user wrote it.

        https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
        """
        mine = self.snapshot.me and id_text(audit.get("author_id")) == self.snapshot.me
        custom = json_object(json_object(audit.get("metadata")).get("custom"))
        return json_object(custom.get(OUR_NAME)) if mine else {}

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


def name_of(user: Json) -> str:
    """A user's name, or an empty text."""
    return isolated(text_of(user.get("name")) or "")


def email_of(user: Json) -> str:
    """A user's address in lower case, or an empty text."""
    return (text_of(user.get("email")) or "").lower()
