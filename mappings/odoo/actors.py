"""Who acted on an Odoo ticket, in the roles of a policy, and which messages are our own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr

from bridge.ticket import Actor, Role
from mappings.coercion import Json, text_of
from mappings.connection import Connection
from mappings.harmless_text import harmless, isolated
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.schema import Schema
from mappings.odoo.vocabulary import SUPERUSER, many2one_id, parse_message_id, vocabulary

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
"""Fields to read of a ``mail.message``; a plain helpdesk user may read all of them.

One more, ``tracking_value_ids``, would make the whole call fail with an AccessError (measured on 18 and 19).
"""
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
"""Fields to read of a ``mail.tracking.value``, with display names (no ``load=None``)."""
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
    """What Odoo returned for one ticket, with every text made harmless.

    Read the messages and trackings first and the ticket last. A change in between is then in the ticket, and the next
    fetch finds its tracking, which replaces what was observed. The other way round it would look as if the change had
    been undone.
    """

    ticket: Json
    """``Schema.ticket_fields(connection)``, read with ``load=None``."""
    messages: Sequence[Json]
    """Oldest first, ``MESSAGE_FIELDS`` with ``load=None``."""
    trackings: Sequence[Json]
    """``TRACKING_FIELDS`` with display names, because a field is known only by its label; empty without the right."""
    partners: Mapping[int, Json]
    """Those of :func:`people_ids_in`, and their commercial partners."""
    users: Mapping[int, Json]
    """Those of :func:`people_ids_in` and the users of the partners, including archived ones (``active_test=False``):
    an agent who has left is still an agent."""
    me: IntegrationUser
    catalog: HelpdeskCatalog = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("ticket", "messages", "trackings", "partners", "users"):
            object.__setattr__(self, name, harmless(getattr(self, name)))


def people_ids_in(
    schema: Schema, ticket: Json, messages: Iterable[Json], trackings: Iterable[Json] = ()
) -> tuple[set[int], set[int]]:
    """Ids of the partners and of the users whose role or address the mapping needs."""
    partners = {many2one_id(ticket.get(name)) for name in ("partner_id", "commercial_partner_id")}
    users = {many2one_id(ticket.get(name)) for name in ("create_uid", "write_uid", "user_id")} | {SUPERUSER}
    for message in messages:
        partners.add(many2one_id(message.get("author_id")))
        users.add(many2one_id(message.get("create_uid")))
    for row in trackings:
        if schema.tracked_field(row) == "user_id":
            users |= {many2one_id(row.get("old_value_integer")), many2one_id(row.get("new_value_integer"))}
    return partners - {0}, users - {0}


class TicketActors:
    """The people who acted on one ticket."""

    def __init__(self, snapshot: TicketSnapshot, connection: Connection) -> None:
        self._snapshot = snapshot
        self._shared = connection.shared_user
        # a partner with several users is an agent if one of them is
        by_share = sorted(snapshot.users.values(), key=lambda user: not user.get("share"))
        self._user_of = {many2one_id(user.get("partner_id")): user for user in by_share}

    def author(self, message: Json) -> Actor:
        """The author of a message."""
        partner_id = many2one_id(message.get("author_id"))
        if partner_id == self._snapshot.me.partner_id:
            return self.me if self._is_ours(message) else self._person(partner_id, self._other_role)
        if partner_id:
            return self._person(partner_id, self._role(partner_id))
        name, address = parseaddr(str(message.get("email_from") or ""))
        came_in = message.get("message_type") in vocabulary().received
        return Actor(role=Role.CUSTOMER if came_in else Role.SYSTEM, email=address.lower(), name=isolated(name))

    def key(self, message: Json) -> tuple[str, str] | None:
        """Key and template of a message of ours; None for any other, even if it has one of our Message-Ids."""
        return parse_message_id(message.get("message_id")) if self._is_ours(message) else None

    def user(self, user_id: object) -> Actor:
        """The actor behind a user id."""
        uid = many2one_id(user_id)
        if uid == self._snapshot.me.uid:
            return self._person(self._snapshot.me.partner_id, Role.AGENT) if self._shared else self.me
        partner_id = many2one_id(self._snapshot.users.get(uid, {}).get("partner_id"))
        return self._person(partner_id, self._role(partner_id)) if partner_id else Actor(role=Role.SYSTEM)

    def address(self, user_id: object) -> str | None:
        """A user's e-mail address, or the id if there is none."""
        uid = many2one_id(user_id)
        user = self._snapshot.users.get(uid, {})
        found = next((text for name in ("email", "login") if "@" in (text := str(user.get(name) or ""))), "")
        return parseaddr(found)[1].lower() or (str(uid) if uid else None)

    @property
    def me(self) -> Actor:
        """The bridge itself."""
        return self._person(self._snapshot.me.partner_id, Role.BRIDGE)

    @property
    def _other_role(self) -> Role:
        """The role of changes by the integration user that are not the bridge's: a person, or an automation rule."""
        return Role.AGENT if self._shared else Role.SYSTEM

    def _is_ours(self, message: Json) -> bool:
        me, marked = self._snapshot.me, parse_message_id(message.get("message_id")) is not None
        mine = (
            many2one_id(message.get("author_id")) == me.partner_id and many2one_id(message.get("create_uid")) == me.uid
        )
        return mine and (marked or not self._shared)

    def _role(self, partner_id: int) -> Role:
        user = self._user_of.get(partner_id)
        if user is not None and many2one_id(user.get("id")) == SUPERUSER:
            return Role.SYSTEM
        employed = user is not None and not user.get("share")
        shared = self._snapshot.partners.get(partner_id, {}).get("partner_share", True)
        return Role.AGENT if employed or not shared else Role.CUSTOMER

    def _person(self, partner_id: int, role: Role) -> Actor:
        user, partner = self._user_of.get(partner_id, {}), self._snapshot.partners.get(partner_id, {})
        email = parseaddr(str(partner.get("email") or user.get("email") or ""))[1]
        name = text_of(partner.get("name") or user.get("name") or None)
        return Actor(role=role, id=str(partner_id or ""), email=email.lower(), name=isolated(name or ""))
