"""The queue: one row per ticket, with its due time, its lease, and a generation that increases with every wake.

There are no jobs. A ticket is due or it is not, so the queue cannot outgrow the number of tickets, and a ticket woken
twice is reviewed once. Whoever holds a claim and dies loses it when the lease ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Executable, and_, bindparam, case, or_, select, update

from bridge.ports.outcomes import ReviewCause
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.store import leases
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.due import IS_UNREVIEWED
from bridge.store.ledger import confirm_effects
from bridge.store.reviews import insert_review
from bridge.store.tables import connections, tickets
from bridge.store.upsert import insert
from bridge.store.wake import add_ticket, wake
from bridge.store.withheld import forget_withheld, replace_withheld
from bridge.ticket import TicketRef


class SqlQueue(DatabasePart):
    """Implements :class:`bridge.ports.queue.QueueStore`."""

    def wake(self, ref: TicketRef, due: datetime, why: ReviewCause) -> None:
        with self.database.write() as connection:
            wake(connection, {ref: due}, why)

    def claim(
        self, now: datetime, *, limit: int, lease_s: float, without: Collection[str] = (), latest: bool = False
    ) -> list[Claim]:
        self._take_over(now)
        with self.database.read() as connection:
            if not leases.is_anything_due(connection, now, without):
                return []
        with self.database.write() as connection:
            return leases.lease_due(connection, now, limit, lease_s, without, latest=latest)

    def _take_over(self, now: datetime) -> None:
        """End the leases of processes of this machine that were killed, without waiting for their time."""
        with self.database.read() as connection:
            dead = leases.dead_holders(connection)
        if dead:
            with self.database.write() as connection:
                leases.end_leases_of(connection, dead, now)

    def claim_ticket(self, ref: TicketRef, why: ReviewCause, now: datetime, lease_s: float) -> Claim | None:
        self._take_over(now)
        with self.database.write() as connection:
            return leases.lease_ticket(connection, ref, why, now, lease_s)

    def claim_unreviewed(self, ref: TicketRef, why: ReviewCause, now: datetime, lease_s: float) -> Claim | None:
        self._take_over(now)
        with self.database.write() as connection:
            add_ticket(connection, ref, now, why)
            return leases.lease_ticket(connection, ref, why, now, lease_s, reviewed=False)

    def is_reviewed(self, ref: TicketRef) -> bool:
        with self.database.read() as connection:
            of_ticket = {"of_connection": ref.connection, "of_id": ref.id}
            return connection.execute(_FIND_REVIEWED, of_ticket).first() is not None

    def due_at(self, ref: TicketRef) -> datetime | None:
        with self.database.read() as connection:
            due: datetime | None = connection.scalar(_GET_DUE, {"of_connection": ref.connection, "of_id": ref.id})
            return due

    def give_back(self, claim: Claim, due: datetime) -> None:
        with self.database.write() as connection:
            leases.give_back(connection, claim, due)

    def finish(
        self, claim: Claim, review: Review, *, confirmed: Iterable[str], due: datetime | None, attempts: int = 0
    ) -> bool:
        with self.database.write() as connection:
            if not leases.release(connection, claim, at=review.at, due=due, attempts=attempts):
                return False
            confirm_effects(connection, claim.ref, confirmed)
            insert_review(connection, review)
            replace_withheld(connection, review)
            return True

    def park(self, claim: Claim, review: Review) -> bool:
        with self.database.write() as connection:
            if not leases.release(connection, claim, at=review.at, attempts=claim.attempts, parked=review.detail):
                return False
            insert_review(connection, review)
            forget_withheld(connection, review.ref)
            return True

    def pause_connection(self, connection: str, until: datetime) -> None:
        with self.database.write() as session:
            session.execute(_upsert_pause(session.dialect.name), {"name": connection, "not_before": until})

    def hold_connection(self, connection: str, until: datetime) -> None:
        with self.database.write() as session:
            values = {"name": connection, "not_before": until, "on_probation": True}
            session.execute(_upsert_hold(session.dialect.name), values)

    def take_probe(self, now: datetime, until: datetime) -> str | None:
        with self.database.read() as session:
            found: str | None = session.scalar(_GET_HELD, {"now": now})
        if found is None:
            return None
        with self.database.write() as session:
            taken = session.execute(_TAKE_PROBE, {"of_connection": found, "now": now, "until": until}).rowcount
        return found if taken else None

    def forget_future_times(self, now: datetime, latest: datetime) -> None:
        with self.database.write() as session:
            leases.end_leases_after(session, now, latest)
            session.execute(_END_PAUSES_AFTER, {"latest": latest})

    def release_connection(self, connection: str, now: datetime) -> None:
        with self.database.write() as session:
            session.execute(_RELEASE_CONNECTION, {"of_connection": connection})
            leases.end_waits(session, connection, now)

    def wake_open(self, connection: str, now: datetime) -> None:
        with self.database.write() as session:
            found = session.execute(_LIST_OPEN, {"of_connection": connection})
            refs = [TicketRef(connection=connection, id=row.id) for row in found]
            wake(session, dict.fromkeys(refs, now), ReviewCause.SETUP)

    def sweep_cursor(self, connection: str) -> str | None:
        with self.database.read() as session:
            found: str | None = session.scalar(_GET_CURSOR, {"of_connection": connection})
            return found

    def record_sweep(self, connection: str, cursor: str, refs: Sequence[TicketRef], due: datetime) -> None:
        with self.database.write() as session:
            wake(session, dict.fromkeys(refs, due), ReviewCause.SWEEP)
            session.execute(_upsert_cursor(session.dialect.name), {"name": connection, "cursor": cursor})


@cache
def _upsert_pause(dialect: str) -> Executable:
    """A shorter pause never shortens a longer one."""
    new = insert(dialect, connections)
    is_later = or_(connections.c.not_before.is_(None), connections.c.not_before < new.excluded.not_before)
    return new.on_conflict_do_update(
        index_elements=list(connections.primary_key),
        set_={"not_before": case((is_later, new.excluded.not_before), else_=connections.c.not_before)},
    )


@cache
def _upsert_hold(dialect: str) -> Executable:
    new = insert(dialect, connections)
    return new.on_conflict_do_update(
        index_elements=list(connections.primary_key),
        set_={"not_before": new.excluded.not_before, "on_probation": new.excluded.on_probation},
    )


@cache
def _upsert_cursor(dialect: str) -> Executable:
    new = insert(dialect, connections)
    return new.on_conflict_do_update(index_elements=list(connections.primary_key), set_={"cursor": new.excluded.cursor})


_IS_UNPROBED = and_(
    connections.c.on_probation,
    or_(connections.c.not_before.is_(None), connections.c.not_before <= bindparam("now", type_=UtcDateTime)),
)
_GET_HELD = select(connections.c.name).where(_IS_UNPROBED).order_by(connections.c.not_before).limit(1)
_TAKE_PROBE = (
    update(connections)
    .where(connections.c.name == bindparam("of_connection"), _IS_UNPROBED)
    .values(not_before=bindparam("until", type_=UtcDateTime))
)
_RELEASE_CONNECTION = (
    update(connections)
    .where(connections.c.name == bindparam("of_connection"))
    .values(not_before=None, on_probation=None)
)
_END_PAUSES_AFTER = (
    update(connections).where(connections.c.not_before > bindparam("latest", type_=UtcDateTime)).values(not_before=None)
)
_IS_TICKET = and_(
    tickets.c.connection == bindparam("of_connection"), tickets.c.id == bindparam("of_id", type_=SafeText)
)
_FIND_REVIEWED = select(tickets.c.id).where(_IS_TICKET, ~IS_UNREVIEWED)
_GET_DUE = select(tickets.c.due).where(_IS_TICKET)
_LIST_OPEN = select(tickets.c.id).where(tickets.c.connection == bindparam("of_connection"), tickets.c.open)
_GET_CURSOR = select(connections.c.cursor).where(connections.c.name == bindparam("of_connection"))
