"""Writing a plan to an Odoo ticket: check that it has not changed, write once, read it again, post the messages.

Odoo has no optimistic locking over its API: a stale write succeeds (measured on 18 and 19). So the ticket is compared
before the write, and what it shows afterwards decides what was carried out.

A write costs four calls: is the ticket as it was (two), write, read again. A message to the customer costs four more
(is it still ours to post, is it there already, post, who was notified), a note one, an activity two.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.decision import Plan
from bridge.errors import Conflict, GiveUp, Gone, Retry
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S, ODOO_MEET_S
from bridge.helpdesks.notifications import Notifier
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.messages import QUIET, MessagePoster
from bridge.helpdesks.odoo.metadata import ConnectedDatabase
from bridge.helpdesks.odoo.partners import Partners
from bridge.helpdesks.odoo.setup.fields import unsuitable_fields
from bridge.helpdesks.odoo.ticket_reader import TicketReader
from bridge.ports.helpdesk import MayMeetOthers, WriteResult, meets_nobody
from bridge.ticket import Amendment, Approval, Confirmation, Merge, Ticket, TimelineEntry
from mappings.coercion import Json
from mappings.odoo import write_log
from mappings.odoo.activities import activity_ids
from mappings.odoo.delivery import address_in
from mappings.odoo.messages import ChatterMessage, addresses_of, find_announcement
from mappings.odoo.schema import MODEL
from mappings.odoo.snapshot import TicketSnapshot
from mappings.odoo.update import OdooUpdate, tags_of, to_update
from mappings.odoo.update_context import UpdateContext
from mappings.odoo.verification import verify
from mappings.odoo.vocabulary import LOG_FIELD, many2one_id

MAILS_TO_ADDRESSES = (19, 0)
"""The version since which Odoo can send a message to an address that is not a contact's."""


@dataclass(frozen=True)
class FetchedTicket:
    """A ticket as it was last fetched."""

    ticket: Ticket
    snapshot: TicketSnapshot

    def matches(self, ticket: Ticket) -> bool:
        """Whether a ticket is this one, apart from approvals that the bridge itself has added to its timeline."""
        same = self.ticket.model_copy(update={"timeline": ()}) == ticket.model_copy(update={"timeline": ()})
        return same and _entries_of_odoo(self.ticket) == _entries_of_odoo(ticket)

    @property
    def last_message(self) -> int:
        """The highest id of its messages."""
        return max((message["id"] for message in self.snapshot.messages), default=0)


class TicketWriter:
    """Writes to the tickets of one connection, shared by its threads."""

    def __init__(
        self,
        client: OdooClient,
        reader: TicketReader,
        partners: Partners,
        notifier: Notifier,
        may_meet_others: MayMeetOthers = meets_nobody,
    ) -> None:
        self._client, self._reader, self._partners, self._notifier = client, reader, partners, notifier
        self._may_meet_others = may_meet_others
        self._unsent: TtlCache[bool] = TtlCache(CACHE_S, 10_000)

    def apply(self, ident: int, fetched: FetchedTicket, plan: Plan, review: str) -> WriteResult:
        """Carry out a plan on a ticket that is still as it was fetched.

        A message to the customer that an earlier attempt may still post is deferred; the rest of the plan is not.
        """
        database = self._reader.database()
        present = self._reader.ticket(ident, database)
        now = self._client.server_time or datetime.now(UTC)
        if present != fetched.snapshot.ticket:
            raise Conflict(f"{fetched.ticket.ref} was changed at {present.get('write_date')} UTC, after it was fetched")
        poster = MessagePoster(self._client, self._unsent, review, ident, plan, fetched.last_message)
        pending = poster.pending(present.get(LOG_FIELD), now)
        rest = plan.model_copy(update={"actions": tuple(a for a in plan.actions if a.key not in pending)})
        if pending and not rest:
            raise Retry("an earlier request may still post a message to the customer", after=max(pending.values()))
        database = self._reader.with_tags(database, tags_of(rest))
        update = to_update(rest, review, self._context(database, rest, fetched, now))
        after = self._write(ident, database, update, review) if update.values else present
        confirmed, unproven = verify(update.checks, after, database.me.uid)
        if update.followers:
            self._client.call(MODEL, "message_subscribe", [ident], partner_ids=list(update.followers))
        if LOG_FIELD in update.values and any(post.public for post in update.posts):
            self._await_others(ident, update.posts, review)
        posted, unnotified = poster.post_all(update.posts)
        undelivered = self._notifier.notify(fetched.ticket, plan, confirmed | posted)
        problems = update.refused | unproven | update.unreached | unnotified | undelivered | _unwritten(database)
        return WriteResult(confirmed | posted, frozenset(pending), problems, str(after.get("write_date") or ""))

    def _await_others(self, ident: int, posts: Sequence[ChatterMessage], review: str) -> None:
        """Raise ``Conflict`` if another installation has announced the same message to the customer since.

        Odoo has no write that fails if the record was changed, so the later announcement counts, and whoever may be
        unknown to another one waits until that one would have posted.
        """
        if self._may_meet_others():
            time.sleep(ODOO_MEET_S)
        log = self._client.read(MODEL, [ident], [LOG_FIELD])[0].get(LOG_FIELD)
        for post in posts:
            entry = find_announcement(log, post.key) if post.public else None
            if entry and entry.review != review:
                raise Conflict("another installation of the bridge is about to send the same message")

    def _context(self, database: ConnectedDatabase, plan: Plan, fetched: FetchedTicket, now: datetime) -> UpdateContext:
        """The context of an update: the people in the plan and, for a public message, the customer."""
        present = fetched.snapshot.ticket
        has_public = any(message.is_public for message in plan.messages)
        contact = many2one_id(present.get("partner_id")) if has_public else 0
        address = address_in(present.get("partner_email")) if has_public else ""
        people, customer = self._partners.recipients(addresses_of(plan) | {address} - {""}, contact)
        customer = customer or (people.get(address) if address else None)
        mailed = address if self._client.series >= MAILS_TO_ADDRESSES else ""
        left = activity_ids(fetched.ticket.activities)
        return UpdateContext(present, database.connection, database.catalog, people, customer, mailed, now, left)

    def _write(self, ident: int, database: ConnectedDatabase, update: OdooUpdate, review: str) -> Json:
        """Write once and read the ticket again. Raises ``Conflict`` if somebody else has written since."""
        try:
            self._client.write(MODEL, [ident], update.values, context=QUIET)
        except Gone:
            raise
        except GiveUp as error:
            if self._reader.refreshed().catalog != database.catalog:
                raise Conflict(f"stages, teams or tags were changed in Odoo meanwhile: {error}") from error
            raise
        after = self._reader.ticket(ident, database)
        latest = write_log.read(after.get(LOG_FIELD))
        if LOG_FIELD in update.values and (not latest or latest[-1].review != review):
            raise Conflict("another worker wrote to the ticket at the same time")
        if update.posts and many2one_id(after.get("write_uid")) != database.me.uid:
            raise Conflict("the ticket was changed right after our write, before any message was posted")
        return after


def _unwritten(database: ConnectedDatabase) -> dict[str, str]:
    """Display fields that are never written, under keys that belong to no action, so they are reported."""
    problems = unsuitable_fields(database.catalog.schema, database.connection)
    return {f"field/{name}": problem for name, problem in problems.items()}


def _entries_of_odoo(ticket: Ticket) -> list[TimelineEntry]:
    """The timeline without approvals and confirmations, also of merged tickets: Odoo has its own in fields and tags."""
    return [_of_odoo(entry) for entry in ticket.timeline if not isinstance(entry, Amendment | Approval | Confirmation)]


def _of_odoo(entry: TimelineEntry) -> TimelineEntry:
    if not isinstance(entry, Merge):
        return entry
    said = tuple(each for each in entry.said if not isinstance(each, Approval | Confirmation))
    return entry.model_copy(update={"said": said})
