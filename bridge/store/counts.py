"""Figures for the console and for health checks. Every count is answered from an index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from bridge.store.tables import UtcDateTime, deliveries, rejections, tickets
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class Counts:
    """How the installation stands at an instant."""

    due: int
    """Tickets that should be looked at now."""
    waiting: int
    """Tickets that will be looked at later, those under review included."""
    parked: int
    """Tickets that need a person."""
    oldest_due_s: float
    """For how many seconds the longest waiting due ticket has been due; 0 when nothing is due."""
    deliveries: dict[str, int]
    """Deliveries ever accepted or not understood, by verdict."""
    rejected: dict[tuple[str, str], int]
    """Requests ever refused at the door, by connection and reason."""


@dataclass(frozen=True)
class Parked:
    """A ticket that is not looked at again until a person or an event wakes it."""

    ref: TicketRef
    reason: str
    since: datetime


def counts(connection: Connection, now: datetime) -> Counts:
    """Count everything."""
    due, oldest = connection.execute(_DUE, {"now": now}).one()
    return Counts(
        due=due,
        waiting=connection.scalars(_WAITING, {"now": now}).one(),
        parked=connection.scalars(_PARKED_COUNT).one(),
        oldest_due_s=(now - oldest).total_seconds() if oldest else 0.0,
        deliveries={row.verdict: row.times for row in connection.execute(_VERDICTS)},
        rejected={(name, reason): count for name, reason, count in connection.execute(_REJECTED)},
    )


def parked(connection: Connection, limit: int) -> list[Parked]:
    """Parked tickets, the latest first."""
    return [
        Parked(ref=TicketRef(connection=row.connection, id=row.id), reason=row.parked, since=row.reviewed_at)
        for row in connection.execute(_PARKED, {"limit": limit})
    ]


_NOW = bindparam("now", type_=UtcDateTime)
_DUE = select(func.count(), func.min(tickets.c.due, type_=UtcDateTime)).where(tickets.c.due <= _NOW)
_WAITING = select(func.count()).where(tickets.c.due > _NOW)
_PARKED_COUNT = select(func.count()).where(tickets.c.parked.is_not(None))
_VERDICTS = select(deliveries.c.verdict, func.count().label("times")).group_by(deliveries.c.verdict)
_REJECTED = select(rejections.c.connection, rejections.c.reason, func.sum(rejections.c.count)).group_by(
    rejections.c.connection, rejections.c.reason
)
_PARKED = (
    select(tickets.c.connection, tickets.c.id, tickets.c.parked, tickets.c.reviewed_at)
    .where(tickets.c.parked.is_not(None))
    .order_by(tickets.c.reviewed_at.desc())
    .limit(bindparam("limit"))
)
