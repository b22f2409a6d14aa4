"""Counts for the console and for health checks. Every count is answered from an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from bridge.ports.outcomes import ReviewCause
from bridge.store.database import DatabasePart
from bridge.store.due import IS_DUE
from bridge.store.tables import deliveries, rejections, tickets
from bridge.store.wake import wake
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class Counts:
    """The state of an installation at one instant."""

    due: int
    """Tickets that can be reviewed now."""
    waiting: int
    """Tickets that are scheduled for later, under review, or on a connection that is paused."""
    parked: int
    """Tickets that need attention."""
    deliveries: dict[str, int]
    """Deliveries ever accepted or not understood, by verdict."""
    rejected: dict[tuple[str, str], int]
    """Requests ever refused, by connection and reason."""


@dataclass(frozen=True)
class Parked:
    """A ticket that is not reviewed again until a person or an event wakes it."""

    ref: TicketRef
    reason: str
    since: datetime


class SqlCounts(DatabasePart):
    """Counts for health checks and the console, and the tickets that are parked."""

    def counts(self, now: datetime) -> Counts:
        """Count everything."""
        with self.database.read() as connection:
            due = connection.scalars(_COUNT_DUE, {"now": now}).one()
            return Counts(
                due=due,
                waiting=connection.scalars(_COUNT_SCHEDULED).one() - due,
                parked=connection.scalars(_COUNT_PARKED).one(),
                deliveries={row.verdict: row.times for row in connection.execute(_COUNT_BY_VERDICT)},
                rejected={(name, reason): count for name, reason, count in connection.execute(_COUNT_REJECTED)},
            )

    def parked(self, *, limit: int | None = 50) -> list[Parked]:
        """Parked tickets, the latest first; all of them without a ``limit``."""
        with self.database.read() as connection:
            return [
                Parked(ref=TicketRef(connection=row.connection, id=row.id), reason=row.parked, since=row.reviewed_at)
                for row in connection.execute(_LIST_PARKED, {"limit": 2**31 - 1 if limit is None else limit})
            ]

    def release_parked(self, refs: Sequence[TicketRef], now: datetime) -> None:
        """Make parked tickets due for review, all at once; those that are no longer parked are due as well."""
        with self.database.write() as connection:
            wake(connection, dict.fromkeys(refs, now), ReviewCause.COMMAND)


_COUNT_DUE = select(func.count()).select_from(tickets).where(IS_DUE)
_COUNT_SCHEDULED = select(func.count()).where(tickets.c.due.is_not(None))
_COUNT_PARKED = select(func.count()).where(tickets.c.parked.is_not(None))
_COUNT_BY_VERDICT = select(deliveries.c.verdict, func.count().label("times")).group_by(deliveries.c.verdict)
_COUNT_REJECTED = select(rejections.c.connection, rejections.c.reason, func.sum(rejections.c.count)).group_by(
    rejections.c.connection, rejections.c.reason
)
_LIST_PARKED = (
    select(tickets.c.connection, tickets.c.id, tickets.c.parked, tickets.c.reviewed_at)
    .where(tickets.c.parked.is_not(None))
    .order_by(tickets.c.reviewed_at.desc())
    .limit(bindparam("limit"))
)
