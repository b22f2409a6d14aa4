"""The queue: one row per ticket, with its due time, its lease, and a generation that increases with every wake.

There are no jobs. A ticket is due or it is not, so the queue cannot outgrow the number of tickets, and a ticket woken
twice is reviewed once. Whoever holds a claim and dies loses it when the lease ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Executable, bindparam, case, or_, select

from bridge.ports.outcomes import ReviewCause
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.store import leases
from bridge.store.database import DatabasePart
from bridge.store.ledger import confirm_effects
from bridge.store.reviews import insert_review
from bridge.store.tables import connections
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.store.withheld import forget_withheld, replace_withheld
from bridge.ticket import TicketRef


class SqlQueue(DatabasePart):
    """Implements :class:`bridge.ports.queue.QueueStore`."""

    def wake(self, ref: TicketRef, due: datetime, why: ReviewCause) -> None:
        with self.database.write() as connection:
            wake(connection, {ref: due}, why)

    def claim(self, now: datetime, *, limit: int, lease_s: float) -> list[Claim]:
        with self.database.read() as connection:
            if not leases.is_anything_due(connection, now):
                return []
        with self.database.write() as connection:
            return leases.lease_due(connection, now, limit, lease_s)

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
def _upsert_cursor(dialect: str) -> Executable:
    new = insert(dialect, connections)
    return new.on_conflict_do_update(index_elements=list(connections.primary_key), set_={"cursor": new.excluded.cursor})


_GET_CURSOR = select(connections.c.cursor).where(connections.c.name == bindparam("of_connection"))
