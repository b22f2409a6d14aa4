"""Queries of the console: reads only, each one statement.

Lists are ids of reviews. A review never changes, so the caller can cache it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, bindparam, exists, func, or_, select

from bridge.ports.outcomes import ReviewOutcome
from bridge.store.store import SqlStore
from bridge.store.tables import UtcDateTime, Words, connections, reviews, tickets
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class QueueEntry:
    """The state of a ticket in the queue, and its last review."""

    ref: TicketRef
    is_open: bool
    due: datetime | None
    """When it is reviewed next; during a review, the end of its lease."""
    attempts: int
    """Failed reviews in a row."""
    parked: str | None
    """Why it needs attention, or None."""
    reviewed_at: datetime | None
    snapshot: str | None
    """Id of the review with its newest snapshot and decision; None before the first."""


def queue_entries(store: SqlStore, *, is_open: bool, limit: int) -> list[QueueEntry]:
    """Open tickets, those due soonest first; or resolved ones, those reviewed last first."""
    with store._database.read() as connection:
        return [_queue_entry(row) for row in connection.execute(_OPEN if is_open else _RESOLVED, {"limit": limit})]


def queue_entry(store: SqlStore, ref: TicketRef) -> QueueEntry | None:
    """One ticket; None if it is unknown."""
    with store._database.read() as connection:
        row = connection.execute(_ONE, {"of_connection": ref.connection, "of_id": ref.id}).first()
    return None if row is None else _queue_entry(row)


def totals(store: SqlStore) -> tuple[int, int]:
    """The numbers of open and of resolved tickets."""
    with store._database.read() as connection:
        found = {row.open: row.times for row in connection.execute(_TOTALS)}
    return found.get(True, 0), found.get(False, 0)


def recent_reviews(store: SqlStore, *, limit: int, after: datetime | None = None) -> list[str]:
    """Ids of the reviews with an effect, newest first; with ``after`` those that began later, oldest first.

    A review is recorded when it ends but sorted by its start: followers should ask with some overlap.
    """
    with store._database.read() as connection:
        if after is None:
            return list(connection.scalars(_NEWEST, {"limit": limit}))
        return list(connection.scalars(_FOLLOWING, {"limit": limit, "after": after}))


def ticket_history(store: SqlStore, ref: TicketRef, *, limit: int) -> list[str]:
    """Ids of the reviews of one ticket, newest first."""
    with store._database.read() as connection:
        return list(connection.scalars(_HISTORY, {"limit": limit, "of_connection": ref.connection, "of_id": ref.id}))


def longest_wait(store: SqlStore, now: datetime) -> float:
    """Seconds that the longest waiting ticket has been due; 0 if none is due.

    Tickets under review, and those of a connection that is on hold, do not count.
    """
    with store._database.read() as connection:
        oldest = connection.scalar(_OLDEST_FREE, {"now": now})
    return (now - oldest).total_seconds() if oldest else 0.0


def _queue_entry(row: Row[Any]) -> QueueEntry:
    return QueueEntry(
        ref=TicketRef(connection=row.connection, id=row.id),
        is_open=row.open,
        due=row.due,
        attempts=row.attempts,
        parked=row.parked,
        reviewed_at=row.reviewed_at,
        snapshot=row.snapshot,
    )


_LIMIT = bindparam("limit", type_=Integer)
_NOW = bindparam("now", type_=UtcDateTime)
_SOONEST = (tickets.c.due.is_(None), tickets.c.due, tickets.c.id)
_OPEN = select(tickets).where(tickets.c.open).order_by(*_SOONEST).limit(_LIMIT)
_RESOLVED = select(tickets).where(~tickets.c.open).order_by(tickets.c.reviewed_at.desc(), tickets.c.id).limit(_LIMIT)
_ONE = select(tickets).where(
    tickets.c.connection == bindparam("of_connection"), tickets.c.id == bindparam("of_id", type_=Words)
)
_TOTALS = select(tickets.c.open, func.count().label("times")).group_by(tickets.c.open)

_HAS_EFFECT = reviews.c.outcome.not_in([outcome for outcome in ReviewOutcome if outcome.is_silent])
_NEWEST = select(reviews.c.id).where(_HAS_EFFECT).order_by(reviews.c.at.desc(), reviews.c.id.desc()).limit(_LIMIT)
_FOLLOWING = (
    select(reviews.c.id)
    .where(_HAS_EFFECT, reviews.c.at > bindparam("after", type_=UtcDateTime))
    .order_by(reviews.c.at, reviews.c.id)
    .limit(_LIMIT)
)
_HISTORY = (
    select(reviews.c.id)
    .where(reviews.c.connection == bindparam("of_connection"), reviews.c.ticket_id == bindparam("of_id", type_=Words))
    .order_by(reviews.c.at.desc(), reviews.c.id.desc())
    .limit(_LIMIT)
)
_OLDEST_FREE = select(func.min(tickets.c.due, type_=UtcDateTime)).where(
    tickets.c.due <= _NOW,
    or_(tickets.c.lease_until.is_(None), tickets.c.lease_until <= _NOW),
    ~exists().where(connections.c.name == tickets.c.connection, connections.c.not_before > _NOW),
)
