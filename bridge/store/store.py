"""The store: where transactions begin and end. What happens in them is in the modules beside this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, case, or_, select

from bridge.account import Account, OpenTicket
from bridge.decision import Action, Decision, Plan
from bridge.errors import Conflict
from bridge.plan import LedgerEntry
from bridge.ports.approvals import RecordedApproval
from bridge.ports.audit import AuditEntry
from bridge.ports.deliveries import Delivery
from bridge.ports.outcomes import ReviewCause
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.ports.versions import PackVersion, Pin
from bridge.store import accounts as taken
from bridge.store import agreements, counts, deliveries, ledger, queue, retention, reviews
from bridge.store.counts import Counts, Parked
from bridge.store.database import Database, open_database
from bridge.store.deliveries import Arrival, Rejection
from bridge.store.group_commit import GroupCommit
from bridge.store.migrate import upgrade
from bridge.store.tables import connections
from bridge.store.upsert import insert
from bridge.ticket import Ticket, TicketRef


def open_store(url: str) -> SqlStore:
    """Open ``sqlite:///path`` or ``postgresql://…`` and bring its tables up to date.

    Raises ``InputError`` for a URL it does not understand, ``Retry`` when the database cannot be reached and
    ``BridgeError`` when a newer version of this program has written it.
    """
    database = open_database(url)
    try:
        upgrade(database)
    except BaseException:
        database.close()
        raise
    return SqlStore(database)


class SqlStore:
    """Implements :class:`bridge.ports.store.Store`; its documentation holds here. Safe to share between threads.

    Every method raises ``Retry`` when the database is down.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._record = GroupCommit[Arrival | Rejection, bool](self._commit)

    def close(self) -> None:
        """Commit what is queued and close all connections."""
        self._record.close()
        self._database.close()

    def accept(self, delivery: Delivery, due: datetime) -> bool:
        return self._record(Arrival(delivery, due))

    def count_rejected(self, connection: str, reason: str, at: datetime) -> None:
        self._record(Rejection(connection, reason, at))

    def _commit(self, batch: Sequence[Arrival | Rejection]) -> list[bool]:
        with self._database.write() as connection:
            return deliveries.record(connection, batch)

    def wake(self, ref: TicketRef, due: datetime, why: ReviewCause) -> None:
        with self._database.write() as connection:
            queue.wake(connection, {ref: due}, why)

    def claim(self, now: datetime, *, limit: int, lease_s: float) -> list[Claim]:
        with self._database.read() as connection:
            if not queue.anything_due(connection, now):
                return []
        with self._database.write() as connection:
            return queue.claim(connection, now, limit, lease_s)

    def give_back(self, claim: Claim, due: datetime) -> None:
        with self._database.write() as connection:
            queue.give_back(connection, claim, due)

    def ledger(self, ref: TicketRef) -> list[LedgerEntry]:
        with self._database.read() as connection:
            return ledger.said(connection, ref)

    def plans_written(self, ref: TicketRef, since: datetime) -> list[Plan]:
        with self._database.read() as connection:
            return reviews.written(connection, ref, since)

    def record_intent(self, claim: Claim, review: str, actions: Sequence[Action], at: datetime) -> None:
        with self._database.write() as connection:
            if not queue.holds(connection, claim):
                raise Conflict(f"{claim.ref} is no longer ours to write to: its lease ended at {claim.lease_until}")
            ledger.intend(connection, claim.ref, review, actions, at)

    def finish(
        self, claim: Claim, review: Review, *, confirmed: Iterable[str], due: datetime | None, attempts: int = 0
    ) -> bool:
        with self._database.write() as connection:
            if not queue.release(connection, claim, at=review.at, due=due, attempts=attempts):
                return False
            ledger.confirm(connection, claim.ref, confirmed)
            reviews.record(connection, review)
            return True

    def park(self, claim: Claim, review: Review) -> bool:
        with self._database.write() as connection:
            if not queue.release(connection, claim, at=review.at, attempts=claim.attempts, parked=review.detail):
                return False
            reviews.record(connection, review)
            return True

    def pause_connection(self, connection: str, until: datetime) -> None:
        with self._database.write() as session:
            session.execute(_hold(session.dialect.name), {"name": connection, "not_before": until})

    def last_version(self, ref: TicketRef) -> str:
        with self._database.read() as connection:
            return reviews.last_version(connection, ref)

    def snapshot(self, ref: TicketRef) -> Ticket | None:
        """The newest snapshot of a ticket that a review has seen, or None."""
        with self._database.read() as connection:
            return reviews.snapshot(connection, ref)

    def other_open_tickets(self, ref: TicketRef, account: str) -> list[OpenTicket]:
        with self._database.read() as connection:
            return reviews.siblings(connection, ref, account)

    def sweep_cursor(self, connection: str) -> str | None:
        with self._database.read() as session:
            found: str | None = session.scalar(_CURSOR, {"of_connection": connection})
            return found

    def record_sweep(self, connection: str, cursor: str, refs: Sequence[TicketRef], due: datetime) -> None:
        with self._database.write() as session:
            queue.wake(session, dict.fromkeys(refs, due), ReviewCause.SWEEP)
            session.execute(_move(session.dialect.name), {"name": connection, "cursor": cursor})

    def reviews(self, ref: TicketRef | None = None, *, limit: int = 50) -> list[Review]:
        with self._database.read() as connection:
            return reviews.latest(connection, ref, limit)

    def review(self, review: str) -> Review | None:
        with self._database.read() as connection:
            return reviews.find(connection, review)

    def record_approval(self, answer: RecordedApproval) -> bool:
        with self._database.write() as connection:
            return agreements.answer(connection, answer)

    def approvals(self, ref: TicketRef) -> list[RecordedApproval]:
        with self._database.read() as connection:
            return agreements.answers(connection, ref)

    def pin(self, ref: TicketRef) -> Pin | None:
        with self._database.read() as connection:
            return agreements.pin(connection, ref)

    def last_decision(self, ref: TicketRef) -> Decision | None:
        with self._database.read() as connection:
            return agreements.last_decision(connection, ref)

    def pack_versions(self) -> list[PackVersion]:
        with self._database.read() as connection:
            return agreements.versions(connection)

    def pack_text(self, digest: str) -> dict[str, Any] | None:
        with self._database.read() as connection:
            return agreements.text(connection, digest)

    def announce_version(self, version: PackVersion, text: Mapping[str, Any], now: datetime) -> None:
        with self._database.write() as connection:
            agreements.announce(connection, version, text, now)

    def replace_accounts(self, accounts: Mapping[str, Account], now: datetime) -> list[AuditEntry]:
        with self._database.write() as connection:
            return taken.take(connection, accounts, now)

    def record_audit(self, line: AuditEntry) -> None:
        with self._database.write() as connection:
            taken.record(connection, line)

    def audit_entries(self, *, limit: int = 50) -> list[AuditEntry]:
        with self._database.read() as connection:
            return taken.recorded(connection, limit)

    def last_audit_entry(self, *kinds: str) -> AuditEntry | None:
        with self._database.read() as connection:
            return taken.last(connection, kinds)

    def counts(self, now: datetime) -> Counts:
        """Figures for health checks and the console."""
        with self._database.read() as connection:
            return counts.counts(connection, now)

    def parked(self, *, limit: int = 50) -> list[Parked]:
        """Tickets that need a person, the latest first."""
        with self._database.read() as connection:
            return counts.parked(connection, limit)

    def unpark(self, ref: TicketRef, now: datetime) -> bool:
        """Look at a parked ticket again, its failures forgotten. False when it is not parked."""
        with self._database.write() as connection:
            return queue.unpark(connection, ref, now)

    def forget_delivery_bodies(self, before: datetime) -> int:
        with self._database.write() as connection:
            return deliveries.forget_bodies(connection, before)

    def forget_reviews(self, before: datetime) -> Iterator[int]:
        old = self._old_reviews(before, None)
        while old:
            with self._database.write() as connection:
                forgotten = retention.forget(connection, old)
            yield forgotten
            old = self._old_reviews(before, old)
        with self._database.write() as connection:
            retention.forget_texts(connection)

    def _old_reviews(self, before: datetime, after: retention.Page | None) -> retention.Page | None:
        with self._database.read() as connection:
            return retention.page(connection, before, after)

    def repin(self, ref: TicketRef, before: Pin, digest: str, line: AuditEntry) -> None:
        with self._database.write() as connection:
            agreements.repin(connection, ref, before, digest, line.at)
            taken.record(connection, line)


@cache
def _hold(dialect: str) -> Executable:
    new = insert(dialect, connections)
    later = or_(connections.c.not_before.is_(None), connections.c.not_before < new.excluded.not_before)
    return new.on_conflict_do_update(
        index_elements=list(connections.primary_key),
        set_={"not_before": case((later, new.excluded.not_before), else_=connections.c.not_before)},
    )


@cache
def _move(dialect: str) -> Executable:
    new = insert(dialect, connections)
    return new.on_conflict_do_update(index_elements=list(connections.primary_key), set_={"cursor": new.excluded.cursor})


_CURSOR = select(connections.c.cursor).where(connections.c.name == bindparam("of_connection"))
