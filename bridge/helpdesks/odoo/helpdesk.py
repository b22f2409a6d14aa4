"""Odoo as a helpdesk: read a ticket with its messages, write it once and post what is to be said, sweep, look around.

A look costs two to six calls: messages, the history where it may be read, the ticket, and people who are new. A write
costs four more: is it as it was (two), write, read again; a message to the customer three (is it there, post, who was
told), a note one, an activity two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr

import structlog

from bridge.account import Account
from bridge.config.settings import OdooSettings, load_odoo_settings
from bridge.decision import Plan
from bridge.errors import Conflict, GiveUp, Gone, Retry
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S, ODOO_WEBHOOK_SETTLE_S
from bridge.helpdesks.notifications import Notifier
from bridge.helpdesks.odoo.api_keys import rotate
from bridge.helpdesks.odoo.changes import changed_since
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.doctor import run_checks
from bridge.helpdesks.odoo.messages import QUIET, MessagePoster
from bridge.helpdesks.odoo.metadata import ConnectedDatabase
from bridge.helpdesks.odoo.partners import Partners
from bridge.helpdesks.odoo.reader import TicketReader
from bridge.helpdesks.odoo.setup.fields import unused
from bridge.ports.helpdesk import Diagnosis, WriteResult
from bridge.ticket import Approval, Confirmation, Ticket, TicketRef, TimelineEntry
from mappings.coercion import Json
from mappings.connection import Connection
from mappings.odoo import write_log
from mappings.odoo.actors import TicketSnapshot
from mappings.odoo.messages import addresses_of
from mappings.odoo.schema import MODEL
from mappings.odoo.ticket import company_of, to_ticket
from mappings.odoo.update import OdooUpdate, UpdateContext, tags_of, to_update
from mappings.odoo.verification import verify
from mappings.odoo.vocabulary import LOG_FIELD, many2one_id

log = structlog.get_logger()

MAILS_STRANGERS = (19, 0)
"""The version from which on Odoo sends a message to an address that is no contact's."""


def connect(name: str, connection: Connection) -> OdooHelpdesk:
    """Open a connection with the credentials of the environment. Raises ``InputError``; nothing is sent yet."""
    return OdooHelpdesk(name, connection, load_odoo_settings(connection.env_prefix))


@dataclass(frozen=True)
class FetchedTicket:
    """A ticket as it was fetched last."""

    ticket: Ticket
    snapshot: TicketSnapshot

    def shows(self, ticket: Ticket) -> bool:
        """Whether a ticket that is to be written is this one, were it for what was answered to the bridge itself."""
        same = self.ticket.model_copy(update={"timeline": ()}) == ticket.model_copy(update={"timeline": ()})
        return same and _told_by_odoo(self.ticket) == _told_by_odoo(ticket)

    @property
    def last_message(self) -> int:
        return max((message["id"] for message in self.snapshot.messages), default=0)


class OdooHelpdesk:
    """One Odoo database; all methods may be called from any thread, and raise only :mod:`bridge.errors`."""

    settling_time = timedelta(seconds=ODOO_WEBHOOK_SETTLE_S)

    def __init__(self, name: str, connection: Connection, settings: OdooSettings) -> None:
        self.name = name
        self.connection = connection
        self.mode = connection.mode
        self._settings = settings
        self._client = OdooClient(settings)
        self._notifier = Notifier(connection.notify)
        self._people = Partners(self._client)
        self._reader = TicketReader(name, connection, self._client, self._people)
        self._seen: TtlCache[FetchedTicket] = TtlCache(CACHE_S, 1_000)
        self._unsent: TtlCache[bool] = TtlCache(CACHE_S, 10_000)
        self._watched: date | None = None

    @property
    def known_fields(self) -> frozenset[str]:
        """Names for which ``set_field`` can be carried out, as the database's fields are."""
        known = self._reader.known()
        return known.directory.schema.known_fields(known.connection)

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        """The ticket with its messages and what is known of its history, now."""
        snapshot, connection = self._reader.snapshot(_number(ref))
        found = to_ticket(ref, snapshot, connection, before)
        self._seen[str(ref)] = FetchedTicket(found, snapshot)
        return found

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> WriteResult:
        """Write a plan in one write that follows a look whether all is as it was, read it again, then say what is due.

        A message to the customer that may still be on its way is deferred; so everything else does not wait for it.
        ``refused`` holds, besides what could not be done, parts of what was done under keys that no action has: people
        who could not be told, fields that do not serve, so that it is reported and never done twice.
        """
        seen = self._seen.get(str(ticket.ref))
        if seen is None or not seen.shows(ticket):
            raise Conflict(f"{ticket.ref} was fetched anew since this was decided; look again")
        ident, known = _number(ticket.ref), self._reader.known()
        present = self._reader.ticket(ident, known)
        at = self._client.server_time or datetime.now(UTC)
        if present != seen.snapshot.ticket:
            raise Conflict(f"{ticket.ref} was changed at {present.get('write_date')} UTC, after it was looked at")
        talk = MessagePoster(self._client, self._unsent, review, ident, plan, seen.last_message)
        doubtful = talk.doubtful(present.get(LOG_FIELD), at)
        todo = plan.model_copy(update={"actions": tuple(a for a in plan.actions if a.key not in doubtful)})
        if doubtful and not todo:
            wait = max(doubtful.values())
            raise Retry("a message to the customer may still be on its way; it is looked for again", after=wait)
        known = self._reader.with_tags(known, tags_of(todo))
        update = to_update(todo, review, self._scene(known, todo, present, at))
        after = self._write(ident, known, update, review) if update.values else present
        confirmed, unproven = verify(update.checks, after, known.me.uid)
        if update.followers:
            self._client.call(MODEL, "message_subscribe", [ident], partner_ids=list(update.followers))
        said, unheard = talk.say(update.posts)
        told = self._notifier.carry(ticket, plan, confirmed | said)
        unwritten = {f"field/{name}": why for name, why in unused(known.directory.schema, known.connection).items()}
        refused = update.refused | unproven | update.unreached | unheard | told | unwritten
        return WriteResult(confirmed | said, frozenset(doubtful), refused, str(after.get("write_date") or ""))

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        """Tickets changed or written to after ``cursor`` and the next cursor; None starts a little before ``now``."""
        self._watch_key()
        found, following = changed_since(self._client, cursor, now)
        return [TicketRef(connection=self.name, id=str(ident)) for ident in found], following

    def account(self, ticket: Ticket) -> Account | None:
        """What the company of the ticket's contact says, in the words of the connection; None without a contact."""
        if ticket.account is None:
            return None
        known = self._reader.known()
        if not self._seen.get(str(ticket.ref)):
            self.fetch(ticket.ref)
        seen = self._seen.get(str(ticket.ref))
        company = company_of(seen.snapshot) if seen else 0
        account, faults = self._people.account(company, known.connection) if company else (None, [])
        for fault in faults:
            log.warning("account word not usable", connection=self.name, fault=fault)
        return account

    def diagnose(self) -> Iterable[Diagnosis]:
        """Version, key, rights, names, fields, mails and webhooks, one line each, with advice."""
        return run_checks(self._client, self._settings, self.connection)

    def _scene(self, known: ConnectedDatabase, plan: Plan, present: Json, at: datetime) -> UpdateContext:
        """What an update rests on: the people in the plan, and for a public message the customer."""
        speaks = any(message.is_public for message in plan.messages)
        contact = many2one_id(present.get("partner_id")) if speaks else 0
        address = parseaddr(str(present.get("partner_email") or ""))[1].lower() if speaks else ""
        people, customer = self._people.reached_by(addresses_of(plan) | {address} - {""}, contact)
        customer = customer or people.get(address)
        mailed = address if self._client.series >= MAILS_STRANGERS else ""
        return UpdateContext(present, known.connection, known.directory, people, customer, mailed, at)

    def _write(self, ident: int, known: ConnectedDatabase, update: OdooUpdate, review: str) -> Json:
        """Write once and read again. Raises ``Conflict`` when somebody has written after us."""
        self._client.write(MODEL, [ident], update.values, context=QUIET)
        after = self._reader.ticket(ident, known)
        latest = write_log.read(after.get(LOG_FIELD))
        if LOG_FIELD in update.values and (not latest or latest[-1].review != review):
            raise Conflict("another worker has written to the ticket at the same time")
        if update.posts and many2one_id(after.get("write_uid")) != known.me.uid:
            raise Conflict("the ticket was changed right after our write, before anything was said")
        return after

    def _watch_key(self) -> None:
        """Once a day: renew the API key before it ends, or tell who has to."""
        today = datetime.now(UTC).date()
        if self._watched == today:
            return
        try:
            told = rotate(self._client, today)
        except GiveUp as error:
            told = str(error)
        self._watched = today
        if told:
            log.warning("api key", connection=self.name, state=told)


def _told_by_odoo(ticket: Ticket) -> list[TimelineEntry]:
    """Its timeline without approvals and confirmations: those that Odoo tells of are in its fields and tags too."""
    return [entry for entry in ticket.timeline if not isinstance(entry, Approval | Confirmation)]


def _number(ref: TicketRef) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,9}", ref.id, re.ASCII):
        raise Gone(f"{ref.id!r} is no Odoo ticket id; they are numbers, as in the address of the ticket")
    return int(ref.id)
