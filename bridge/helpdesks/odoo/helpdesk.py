"""Odoo as a helpdesk: read a ticket with its messages, write it and post messages, find changed tickets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from bridge.account import Account
from bridge.config.odoo_settings import OdooSettings, load_odoo_settings
from bridge.decision import Plan, Target
from bridge.errors import Conflict, Gone
from bridge.helpdesks.http.rate_limit import Precedence
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S, ODOO_WEBHOOK_SETTLE_S
from bridge.helpdesks.notifications import Notifier
from bridge.helpdesks.odoo.api_keys import DailyKeyRenewal
from bridge.helpdesks.odoo.changes import changed_since, cursor_at
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.configured_names import missing_names
from bridge.helpdesks.odoo.doctor import run_checks
from bridge.helpdesks.odoo.open_tickets import open_tickets
from bridge.helpdesks.odoo.partners import Partners
from bridge.helpdesks.odoo.sla_status import SlaStatus
from bridge.helpdesks.odoo.ticket_reader import TicketReader
from bridge.helpdesks.odoo.ticket_writer import FetchedTicket, TicketWriter
from bridge.helpdesks.unread_type import with_readable_type
from bridge.policy.model import Policy
from bridge.ports.call_budget import DrawFromBudget, unlimited
from bridge.ports.helpdesk import (
    BeforeWrite,
    Diagnosis,
    MayMeetOthers,
    OpenTickets,
    WriteResult,
    always_write,
    meets_nobody,
)
from bridge.ports.native_targets import NativeTargets
from bridge.ticket import Ticket, TicketRef
from mappings.connection import Connection
from mappings.odoo.schema import MODEL
from mappings.odoo.ticket import company_of, to_ticket


def connect(
    name: str,
    connection: Connection,
    before_write: BeforeWrite = always_write,
    may_meet_others: MayMeetOthers = meets_nobody,
    draw: DrawFromBudget = unlimited,
) -> OdooHelpdesk:
    """Open a connection with the credentials of the environment, without a call yet. Raises ``InputError``."""
    return OdooHelpdesk(
        name, connection, load_odoo_settings(connection.env_prefix), before_write, may_meet_others, draw
    )


class OdooHelpdesk:
    """One Odoo database. All methods may be called from any thread and raise only :mod:`bridge.errors`."""

    settling_time = timedelta(seconds=ODOO_WEBHOOK_SETTLE_S)

    def __init__(
        self,
        name: str,
        connection: Connection,
        settings: OdooSettings,
        before_write: BeforeWrite = always_write,
        may_meet_others: MayMeetOthers = meets_nobody,
        draw: DrawFromBudget = unlimited,
    ) -> None:
        self.name = name
        self.connection = connection
        self.mode = connection.mode
        self._settings = settings
        self._client = OdooClient(settings, before_write=before_write, draw=draw)
        self._partners = Partners(self._client)
        self._reader = TicketReader(name, connection, self._client, self._partners)
        notifier = Notifier(connection.notify, before_write=before_write)
        self._writer = TicketWriter(self._client, self._reader, self._partners, notifier, may_meet_others)
        self._fetched: TtlCache[FetchedTicket] = TtlCache(CACHE_S, 1_000)
        self._key_renewal = DailyKeyRenewal(name, self._client)

    @property
    def known_fields(self) -> frozenset[Target]:
        """Fields that the bridge can write in this database; plans leave out the others."""
        database = self._reader.database()
        return database.catalog.schema.known_fields(database.connection)

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        """The ticket with its messages and the history that Odoo has, now."""
        snapshot, connection = self._reader.snapshot(_number(ref))
        found = with_readable_type(to_ticket(ref, snapshot, connection, before))
        self._fetched[str(ref)] = FetchedTicket(found, snapshot)
        return found

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> WriteResult:
        """Write a plan in one write, verify it by reading the ticket again, then post its messages.

        ``refused`` also has problems of actions that were carried out, under keys that belong to no action: people who
        were not notified, fields with an unsuitable type. They are reported and not tried again.
        """
        fetched = self._fetched.get(str(ticket.ref))
        if fetched is None or not fetched.matches(ticket):
            raise Conflict(f"{ticket.ref} was fetched again after this was decided; review it again")
        return self._writer.apply(_number(ticket.ref), fetched, plan, review)

    def ticket_url(self, ref: TicketRef) -> str:
        """The form of the ticket; the web client of every series opens this address."""
        return f"{self._settings.url}/web#id={ref.id}&model={MODEL}&view_type=form"

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        """Tickets with changes or messages after ``cursor``, and the next one; None starts a little before ``now``."""
        self._key_renewal.run_if_due()
        found, following = changed_since(self._client, cursor, now)
        return [TicketRef(connection=self.name, id=str(ident)) for ident in found], following

    def open_tickets(self, cursor: str | None) -> OpenTickets:
        """A page of the tickets in stages that mean no resolved status, by id."""
        database = self._reader.database()
        found, following = open_tickets(self._client, database.catalog, database.connection, cursor)
        return OpenTickets([TicketRef(connection=self.name, id=str(ident)) for ident in found], following)

    def in_background(self) -> AbstractContextManager[None]:
        """In this context the thread's calls leave half of our share of Odoo's workers to others."""
        return self._client.precedence(Precedence.BACKGROUND)

    def for_person(self) -> AbstractContextManager[None]:
        """In this context the thread's calls go first, and are not bound by our share of Odoo's workers."""
        return self._client.precedence(Precedence.PERSON)

    def cursor_at(self, instant: datetime) -> str:
        """A cursor that starts at an instant of the past."""
        return cursor_at(self._client, instant)

    def account(self, ticket: Ticket) -> Account | None:
        """The account of the company of the ticket's contact; None without a contact."""
        if ticket.account is None:
            return None
        database = self._reader.database()
        if not self._fetched.get(str(ticket.ref)):
            self.fetch(ticket.ref, ticket)
        fetched = self._fetched.get(str(ticket.ref))
        company = company_of(fetched.snapshot) if fetched else 0
        return self._partners.account(company, database.connection) if company else None

    def native_targets(self, since: datetime) -> NativeTargets:  # noqa: ARG002 (Odoo keeps the present state only)
        """What Odoo's own deadlines say of tickets; nothing where that addon is not installed."""
        if "ticket_sla_ids" not in self._client.call(MODEL, "fields_get", allfields=["ticket_sla_ids"]):
            return lambda _: ()
        return SlaStatus(self._client, self._reader).targets

    def probe(self) -> None:
        """Read one ticket's id, the cheapest call that shows that the connection works."""
        self._client.search_read(MODEL, [], ["id"], order="id", limit=1)

    def missing(self) -> list[str]:
        """What the connection names and the database does not have, or calls otherwise."""
        return missing_names(self._reader.refreshed(), self.connection)

    def clock_problem(self) -> str:
        """Why this machine's clock is not to be trusted; empty: it agreed with the date of Odoo's last response."""
        return self._client.clock_problem()

    def diagnose(self, policies: Sequence[Policy] = ()) -> Iterable[Diagnosis]:
        """Check version, key, rights, names, fields, stages and webhook, one line each, with advice."""
        return run_checks(self._client, self._settings, self.connection, policies)


def _number(ref: TicketRef) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,9}", ref.id, re.ASCII):
        raise Gone(f"{ref.id!r} is not an Odoo ticket id, which is the number in the address of the ticket's page")
    return int(ref.id)
