"""What is known of the people of an Odoo ticket, as far as their role on it depends on it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parseaddr
from functools import cached_property

from bridge.roles import Requesters, Standing, is_on_same_side
from bridge.ticket import Person
from mappings.coercion import Json, parse_instant
from mappings.connection import Connection
from mappings.odoo.snapshot import TicketSnapshot
from mappings.odoo.vocabulary import SUPERUSER, many2one_id, vocabulary
from mappings.people import is_listed

LATEST = datetime.max.replace(tzinfo=UTC)


class Standings:
    """The standing of each person on one ticket: the contact's, his company's, an employee's or a third person's."""

    def __init__(self, snapshot: TicketSnapshot, connection: Connection) -> None:
        self._snapshot = snapshot
        self._people = connection.people
        self._shared = connection.shared_user
        # a partner with several users is an agent if one of them is
        by_share = sorted(snapshot.users.values(), key=lambda user: not user.get("share"))
        self._user_of = {many2one_id(user.get("partner_id")): user for user in by_share}

    def partner_of(self, user_id: object) -> int:
        """The partner behind a user; 0 for none."""
        return many2one_id(self._snapshot.users.get(many2one_id(user_id), {}).get("partner_id"))

    def of_partner(self, partner_id: int, at: datetime) -> Standing:
        """Of a partner at an instant."""
        user, partner = self._user_of.get(partner_id), self._snapshot.partners.get(partner_id, {})
        uid, address = many2one_id(user.get("id")) if user else 0, self.address_of(partner_id)
        employed = (user is not None and not user.get("share")) or not partner.get("partner_share", True)
        spoken_for = is_listed(self._people.customers, str(uid or ""), address)
        return Standing(
            is_bridge=partner_id == self._snapshot.me.partner_id and not self._shared,
            is_automated=uid == SUPERUSER or is_listed(self._people.automated, str(uid or ""), address),
            is_requester=partner_id != 0 and str(partner_id) == self._contacts.at(at),
            is_staff=is_listed(self._people.helpdesk, str(uid or ""), address) or (employed and not spoken_for),
            is_colleague=spoken_for or self._is_colleague(partner_id),
            is_known=bool(user or partner),
        )

    def of_sender(self, message: Json) -> Standing:
        """Of the sender of a mail who is not a partner: only address and name are known."""
        name, address = parseaddr(str(message.get("email_from") or "").lower())
        asked = [person.email for person in self._requesters]
        return Standing(
            is_automated=is_listed(self._people.automated, "", address),
            is_requester=address != "" and address in asked,
            is_staff=is_listed(self._people.helpdesk, "", address),
            is_colleague=is_listed(self._people.customers, "", address)
            or is_on_same_side(Person(email=address, name=name), self._requesters),
        )

    def _is_colleague(self, partner_id: int) -> bool:
        """Of the contact's company, which may be the contact itself, or a contact of the ticket at another time."""
        asked = {int(ident) for ident in self._contacts.everyone}
        companies = asked | {self._company_of(ident) for ident in asked} - {0}
        person = Person(email=self.address_of(partner_id), name=self.name_of(partner_id))
        return (
            partner_id in asked
            or self._company_of(partner_id) in companies
            or is_on_same_side(person, self._requesters)
        )

    def _company_of(self, partner_id: int) -> int:
        return many2one_id(self._snapshot.partners.get(partner_id, {}).get("commercial_partner_id"))

    @cached_property
    def _contacts(self) -> Requesters:
        """The ticket's contact over time, as far as Odoo tracks it."""
        sent = {many2one_id(message.get("id")): time_of(message) for message in self._snapshot.messages}
        rows = sorted(self._snapshot.trackings, key=lambda row: many2one_id(row.get("id")))
        moved = [
            (sent[ident], _ident(row.get("old_value_integer")), _ident(row.get("new_value_integer")))
            for row in rows
            if self._snapshot.catalog.schema.tracked_field(row) == "partner_id"
            and (ident := many2one_id(row.get("mail_message_id"))) in sent
        ]
        return Requesters(_ident(self._snapshot.ticket.get("partner_id")), moved)

    @cached_property
    def _requesters(self) -> list[Person]:
        """Whoever asked: the contacts, the name and address on the ticket, or else the sender of its first mail."""
        ticket = self._snapshot.ticket
        named = Person(email=_address(ticket.get("partner_email")), name=str(ticket.get("partner_name") or ""))
        contacts = [Person(email=self.address_of(i), name=self.name_of(i)) for i in map(int, self._contacts.everyone)]
        if contacts or named.email:
            return [named, *contacts]
        mails = (each for each in self._snapshot.messages if each.get("message_type") in vocabulary().received)
        return [Person(email=_address(each.get("email_from"))) for each in list(mails)[:1]]

    def name_of(self, partner_id: int) -> str:
        """A partner's name."""
        user, partner = self._user_of.get(partner_id, {}), self._snapshot.partners.get(partner_id, {})
        return str(partner.get("name") or user.get("name") or "")

    def address_of(self, partner_id: int) -> str:
        """A partner's e-mail address in lower case; empty where there is none."""
        user, partner = self._user_of.get(partner_id, {}), self._snapshot.partners.get(partner_id, {})
        return _address(partner.get("email") or user.get("email"))


def _ident(value: object) -> str:
    """The id of a many2one as text; empty for none."""
    return str(many2one_id(value) or "")


def _address(value: object) -> str:
    return parseaddr(str(value or ""))[1].lower()


def time_of(record: Json) -> datetime:
    """When Odoo stored a record."""
    return parse_instant(record.get("create_date")) or parse_instant(record.get("date")) or LATEST
