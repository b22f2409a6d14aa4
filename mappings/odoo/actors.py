"""Who acted on an Odoo ticket, as far as a policy cares, and what of it is our own doing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr

from bridge.ticket import Actor, Role
from mappings.coercion import Json, text_of
from mappings.connection import Connection
from mappings.odoo.schema import HelpdeskCatalog, Schema
from mappings.odoo.vocabulary import SUPERUSER, number, parse_message_id, vocabulary

MESSAGE_FIELDS = (
    "id",
    "create_date",
    "date",
    "message_type",
    "subtype_id",
    "author_id",
    "create_uid",
    "email_from",
    "subject",
    "body",
    "message_id",
    "mail_activity_type_id",
)
"""Fields of a ``mail.message`` that the mapping reads; all of them are open to a plain helpdesk user."""
TRACKING_FIELDS = (
    "id",
    "mail_message_id",
    "field_id",
    "old_value_integer",
    "new_value_integer",
    "old_value_float",
    "new_value_float",
    "old_value_char",
    "new_value_char",
    "old_value_text",
    "new_value_text",
    "old_value_datetime",
    "new_value_datetime",
)
"""Fields of a ``mail.tracking.value`` that the mapping reads, with display names (no ``load=None``)."""
PARTNER_FIELDS = (
    "id",
    "name",
    "email",
    "lang",
    "ref",
    "partner_share",
    "commercial_partner_id",
)
USER_FIELDS = ("id", "login", "email", "name", "partner_id", "share")


@dataclass(frozen=True)
class IntegrationUser:
    """The user whose API key the bridge has."""

    uid: int
    partner_id: int
    login: str = ""


@dataclass(frozen=True)
class TicketSnapshot:
    """What Odoo answered about one ticket, as it came.

    Read the messages and trackings first and the ticket last: a change that slips in between is then in the ticket,
    and its tracking, seen the next time, replaces what was observed of it. The other way round a change would seem to
    have been taken back.
    """

    ticket: Json
    """``Schema.ticket_fields(connection)``, read with ``load=None``."""
    messages: Sequence[Json]
    """Oldest first, ``MESSAGE_FIELDS`` with ``load=None``."""
    trackings: Sequence[Json]
    """``TRACKING_FIELDS`` with names, since a field is told only by its label; empty when they may not be read."""
    partners: Mapping[int, Json]
    """Those of :func:`people_in`, and their commercial partners."""
    users: Mapping[int, Json]
    """Those of :func:`people_in`, and the users of the partners, the archived ones too (``active_test=False``): an
    agent who has left stays an agent."""
    me: IntegrationUser
    directory: HelpdeskCatalog = field(repr=False)


def people_in(
    schema: Schema, ticket: Json, messages: Iterable[Json], trackings: Iterable[Json] = ()
) -> tuple[set[int], set[int]]:
    """Ids of the partners and of the users whose role or address the mapping wants to know."""
    partners = {number(ticket.get(name)) for name in ("partner_id", "commercial_partner_id")}
    users = {number(ticket.get(name)) for name in ("create_uid", "write_uid", "user_id")} | {SUPERUSER}
    for message in messages:
        partners.add(number(message.get("author_id")))
        users.add(number(message.get("create_uid")))
    for row in trackings:
        if schema.tracked_field(row) == "user_id":
            users |= {number(row.get("old_value_integer")), number(row.get("new_value_integer"))}
    return partners - {0}, users - {0}


class TicketActors:
    """The people of one ticket."""

    def __init__(self, seen: TicketSnapshot, connection: Connection) -> None:
        self._seen = seen
        self._shared = connection.shared_user
        # a partner with several users is an agent as soon as one of them is
        by_share = sorted(seen.users.values(), key=lambda user: not user.get("share"))
        self._user_of = {number(user.get("partner_id")): user for user in by_share}

    def author(self, message: Json) -> Actor:
        """Who wrote a message."""
        partner_id = number(message.get("author_id"))
        if partner_id == self._seen.me.partner_id:
            return self.me if self._ours(message) else self._person(partner_id, self._colleague)
        if partner_id:
            return self._person(partner_id, self._role(partner_id))
        name, address = parseaddr(str(message.get("email_from") or ""))
        came_in = message.get("message_type") in vocabulary().received
        return Actor(role=Role.CUSTOMER if came_in else Role.SYSTEM, email=address.lower(), name=name)

    def key(self, message: Json) -> tuple[str, str] | None:
        """Key and template of a message of ours; a mail from outside that claims to be one is not believed."""
        return parse_message_id(message.get("message_id")) if self._ours(message) else None

    def user(self, user_id: object) -> Actor:
        """Who a user is that changed something."""
        uid = number(user_id)
        if uid == self._seen.me.uid:
            return self._person(self._seen.me.partner_id, Role.AGENT) if self._shared else self.me
        partner_id = number(self._seen.users.get(uid, {}).get("partner_id"))
        return self._person(partner_id, self._role(partner_id)) if partner_id else Actor(role=Role.SYSTEM)

    def address(self, user_id: object) -> str | None:
        """A user's e-mail address, or the id where there is none."""
        uid = number(user_id)
        user = self._seen.users.get(uid, {})
        found = next((text for name in ("email", "login") if "@" in (text := str(user.get(name) or ""))), "")
        return parseaddr(found)[1].lower() or (str(uid) if uid else None)

    @property
    def me(self) -> Actor:
        """The bridge itself."""
        return self._person(self._seen.me.partner_id, Role.BRIDGE)

    @property
    def _colleague(self) -> Role:
        """Who speaks in the name of the integration user without being the bridge: a person, or somebody's rule."""
        return Role.AGENT if self._shared else Role.SYSTEM

    def _ours(self, message: Json) -> bool:
        me, marked = self._seen.me, parse_message_id(message.get("message_id")) is not None
        mine = number(message.get("author_id")) == me.partner_id and number(message.get("create_uid")) == me.uid
        return mine and (marked or not self._shared)

    def _role(self, partner_id: int) -> Role:
        user = self._user_of.get(partner_id)
        if user is not None and number(user.get("id")) == SUPERUSER:
            return Role.SYSTEM
        employed = user is not None and not user.get("share")
        shared = self._seen.partners.get(partner_id, {}).get("partner_share", True)
        return Role.AGENT if employed or not shared else Role.CUSTOMER

    def _person(self, partner_id: int, role: Role) -> Actor:
        user, partner = self._user_of.get(partner_id, {}), self._seen.partners.get(partner_id, {})
        email = parseaddr(str(partner.get("email") or user.get("email") or ""))[1]
        name = text_of(partner.get("name") or user.get("name") or None)
        return Actor(role=role, id=str(partner_id or ""), email=email.lower(), name=name or "")
