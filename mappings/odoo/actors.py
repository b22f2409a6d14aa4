"""Who acted on an Odoo ticket, in the roles of a policy, and which messages are our own. Pure."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr

from bridge.roles import opener_of, role_of
from bridge.ticket import Actor, Opener, Role
from mappings.coercion import Json
from mappings.connection import Connection
from mappings.harmless_text import isolated
from mappings.odoo.snapshot import TicketSnapshot
from mappings.odoo.standings import LATEST, Standings, time_of
from mappings.odoo.vocabulary import many2many_ids, many2one_id, parse_message_id, vocabulary


class TicketActors:
    """The people who acted on one ticket."""

    def __init__(self, snapshot: TicketSnapshot, connection: Connection) -> None:
        self._snapshot = snapshot
        self._shared = connection.shared_user
        self._standings = Standings(snapshot, connection)

    def author(self, message: Json) -> Actor:
        """The author of a message."""
        partner_id, at = many2one_id(message.get("author_id")), time_of(message)
        if partner_id == self._snapshot.me.partner_id:
            return self.me if self._is_ours(message) else self._person(partner_id, self._other_role(at))
        if partner_id:
            return self._person(partner_id, role_of(self._standings.of_partner(partner_id, at)))
        name, address = parseaddr(str(message.get("email_from") or ""))
        came_in = message.get("message_type") in vocabulary().received
        role = role_of(self._standings.of_sender(message)) if came_in else Role.SYSTEM
        return Actor(role=role, email=address.lower(), name=isolated(name))

    def opener(self, opening: Json | None) -> Opener | None:
        """Who opened the ticket, given the mail with which it was created."""
        people, ticket = self._standings, self._snapshot.ticket
        if opening is None:
            creator = people.partner_of(ticket.get("create_uid"))
        elif not (creator := many2one_id(opening.get("author_id"))):
            return opener_of(people.of_sender(opening))
        return opener_of(people.of_partner(creator, time_of(ticket))) if creator else None

    def key(self, message: Json) -> tuple[str, str] | None:
        """Key and template of a message of ours; None for any other, even if it has one of our Message-Ids."""
        return parse_message_id(message.get("message_id")) if self._is_ours(message) else None

    def user(self, user_id: object, at: datetime | None = None) -> Actor:
        """The actor behind a user id, in the role that it had at an instant; without one, in its present role."""
        uid = many2one_id(user_id)
        if uid == self._snapshot.me.uid:
            own = self._snapshot.me.partner_id
            return self._person(own, self._other_role(at or LATEST)) if self._shared else self.me
        partner_id = self._standings.partner_of(uid)
        if not partner_id:
            return Actor(role=Role.SYSTEM)
        return self._person(partner_id, role_of(self._standings.of_partner(partner_id, at or LATEST)))

    def reaches_customer(self, message: Json) -> bool:
        """Whether somebody on the customer's side is among those whom a message was addressed to."""
        at = time_of(message)
        to = many2many_ids(message.get("partner_ids"))
        return any(role_of(self._standings.of_partner(partner_id, at)) is Role.CUSTOMER for partner_id in to)

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

    def _other_role(self, at: datetime) -> Role:
        """The role of acts of the integration user that are not the bridge's: a person's, or an automation rule's."""
        own = self._snapshot.me.partner_id
        return role_of(self._standings.of_partner(own, at)) if self._shared else Role.SYSTEM

    def _is_ours(self, message: Json) -> bool:
        me, marked = self._snapshot.me, parse_message_id(message.get("message_id")) is not None
        mine = (
            many2one_id(message.get("author_id")) == me.partner_id and many2one_id(message.get("create_uid")) == me.uid
        )
        return mine and (marked or not self._shared)

    def _person(self, partner_id: int, role: Role) -> Actor:
        known = self._standings
        return Actor(
            role=role,
            id=str(partner_id or ""),
            email=known.address_of(partner_id),
            name=isolated(known.name_of(partner_id).strip()),
        )
