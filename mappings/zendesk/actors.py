"""Who acted on a Zendesk ticket, as far as a policy cares, and what of it is our own doing. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.ticket import Actor, Role
from mappings.coercion import Json, mapping, objects, text_of, word
from mappings.connection import Connection
from mappings.zendesk.vocabulary import OUR_NAME, ident, vocabulary


@dataclass(frozen=True)
class TicketSnapshot:
    """What Zendesk answered about one ticket, as it came."""

    ticket: Json
    audits: Sequence[Json]
    users: Mapping[str, Json]
    """Users by id; people who are not here are strangers, deleted perhaps."""
    me: str = ""
    """Id of the integration user: its changes are the bridge's own."""
    organization: Json | None = None


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


@dataclass(frozen=True)
class TicketActors:
    """The people of one ticket."""

    seen: TicketSnapshot
    connection: Connection

    def actor(self, user_id: object, audit: Json) -> Actor:
        """Who a user id is to a policy."""
        found = ident(user_id)
        if not found:
            return Actor(role=Role.SYSTEM)
        user = self.seen.users.get(found, {})
        return Actor(
            role=self._role(found, user, audit), id=found, email=email_of(user), name=text_of(user.get("name")) or ""
        )

    def _role(self, found: str, user: Json, audit: Json) -> Role:
        if found == self.seen.me and (self.ours(audit) or not self.connection.shared_user):
            return Role.BRIDGE
        if known := vocabulary().role.get(word(user.get("role"))):
            return known
        copied = self.seen.ticket.get("email_cc_ids") or []
        customers = {ident(self.seen.ticket.get("requester_id")), *map(ident, copied)}
        return Role.CUSTOMER if found in customers else Role.AGENT

    def ours(self, audit: Json) -> Json:
        """Our own part of an audit's metadata; anybody else's claim to it is not believed."""
        mine = self.seen.me and ident(audit.get("author_id")) == self.seen.me
        custom = mapping(mapping(audit.get("metadata")).get("custom"))
        return mapping(custom.get(OUR_NAME)) if mine else {}

    def keys(self, audit: Json) -> tuple[str, ...]:
        """Keys of our effects that an audit carries."""
        keys = self.ours(audit).get("keys")
        return tuple(key for key in keys if isinstance(key, str)) if isinstance(keys, list) else ()

    def template(self, audit: Json) -> str:
        """Name of the template of the public message we wrote with this audit."""
        return text_of(self.ours(audit).get("template")) or ""

    def address(self, user_id: object) -> str | None:
        """A user's e-mail address, or the id where there is none."""
        found = ident(user_id)
        return email_of(self.seen.users.get(found, {})) or found or None


def email_of(user: Json) -> str:
    """A user's address in lower case, or nothing."""
    return (text_of(user.get("email")) or "").lower()
