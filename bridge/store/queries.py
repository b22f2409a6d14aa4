"""Queries for the console and reports: reads only, one statement each.

A list names reviews by id. A review never changes, so a page that is shown again and again reads each review once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, and_, bindparam, func, or_, select

from bridge.decision import WithheldCause
from bridge.ports.outcomes import ReviewOutcome
from bridge.ports.reviews import Review
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.due import IS_DUE
from bridge.store.reviews import SqlReviews
from bridge.store.tables import reviews, tickets, withheld
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class QueueEntry:
    """A ticket's place in the queue, and the review that saw it last."""

    ref: TicketRef
    is_open: bool
    due: datetime | None
    """When it is reviewed next; the end of the lease while it is under review."""
    attempts: int
    """Failed reviews in a row."""
    parked: str | None
    """Why it needs attention, or None."""
    reviewed_at: datetime | None
    snapshot: str | None
    """Id of the review with its newest snapshot and decision; None until it was seen once."""
    account: str | None = None
    """Key of its account, as last seen."""

    @property
    def is_undecided(self) -> bool:
        """Whether it was reviewed and is left alone: older than its policy, or under none."""
        return self.snapshot is None and self.reviewed_at is not None and self.due is None and self.parked is None


class SqlQueries(SqlReviews):
    """Reads for pages and reports."""

    def queue_entries(self, *, is_open: bool, limit: int) -> list[QueueEntry]:
        """Open tickets, the next due first; or resolved ones, the last reviewed first."""
        statement = _LIST_OPEN_TICKETS if is_open else _LIST_RESOLVED_TICKETS
        with self.database.read() as connection:
            return [_queue_entry(row) for row in connection.execute(statement, {"limit": limit})]

    def queue_entry(self, ref: TicketRef) -> QueueEntry | None:
        """The queue entry of one ticket; None if the ticket is unknown."""
        with self.database.read() as connection:
            row = connection.execute(_GET_TICKET, {"of_connection": ref.connection, "of_id": ref.id}).first()
        return None if row is None else _queue_entry(row)

    def count_tickets(self) -> tuple[int, int]:
        """How many tickets are open, and how many are resolved."""
        with self.database.read() as connection:
            found = {row.open: row.times for row in connection.execute(_COUNT_OPEN_AND_RESOLVED)}
        return found.get(True, 0), found.get(False, 0)

    def count_left_alone(self) -> int:
        """How many open tickets are left alone: no policy governs them yet, or nothing may be written to them."""
        with self.database.read() as connection:
            return connection.scalar(_COUNT_LEFT_ALONE) or 0

    def recent_reviews(self, *, limit: int, after: datetime | None = None) -> list[str]:
        """Ids of reviews in which something happened, newest first; with ``after`` those that began later, in order.

        A review is recorded when it ends and sorts by when it began: to follow the list, ask again with some overlap.
        """
        with self.database.read() as connection:
            if after is None:
                return list(connection.scalars(_LIST_RECENT_REVIEWS, {"limit": limit}))
            return list(connection.scalars(_LIST_RECENT_REVIEWS_AFTER, {"limit": limit, "after": after}))

    def ticket_history(self, ref: TicketRef, *, limit: int) -> list[str]:
        """Ids of the reviews of one ticket, newest first."""
        values = {"limit": limit, "of_connection": ref.connection, "of_id": ref.id}
        with self.database.read() as connection:
            return list(connection.scalars(_LIST_REVIEWS_OF_TICKET, values))

    def latest_reviews(self) -> Iterator[Review]:
        """The review with the newest snapshot of each ticket, one after the other, with its pack's text."""
        with self.database.read() as connection:
            ids = list(connection.scalars(_LIST_SNAPSHOTS))
        for ident in sorted(ids):
            if review := self.review(ident):
                yield review

    def open_reviews(self, connection: str) -> Iterator[Review]:
        """The review with the newest snapshot of each open ticket of a connection, one after the other."""
        with self.database.read() as reading:
            ids = list(reading.scalars(_LIST_OPEN_SNAPSHOTS, {"of_connection": connection}))
        for ident in sorted(ids):
            if review := self.review(ident):
                yield review

    def longest_wait(self, now: datetime) -> float:
        """For how many seconds the longest waiting ticket has been due; 0 when none is.

        Tickets under review, and those of a paused connection, do not count.
        """
        with self.database.read() as connection:
            oldest = connection.scalar(_GET_OLDEST_DUE, {"now": now})
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
        account=row.account,
    )


_LIMIT = bindparam("limit", type_=Integer)
_NEXT_DUE_FIRST = (tickets.c.due.is_(None), tickets.c.due, tickets.c.id)
_LIST_OPEN_TICKETS = select(tickets).where(tickets.c.open).order_by(*_NEXT_DUE_FIRST).limit(_LIMIT)
_LIST_RESOLVED_TICKETS = (
    select(tickets).where(~tickets.c.open).order_by(tickets.c.reviewed_at.desc(), tickets.c.id).limit(_LIMIT)
)
_GET_TICKET = select(tickets).where(
    tickets.c.connection == bindparam("of_connection"), tickets.c.id == bindparam("of_id", type_=SafeText)
)
_COUNT_OPEN_AND_RESOLVED = select(tickets.c.open, func.count().label("times")).group_by(tickets.c.open)
IS_UNDECIDED = and_(
    tickets.c.snapshot.is_(None),
    tickets.c.reviewed_at.is_not(None),
    tickets.c.due.is_(None),
    tickets.c.parked.is_(None),
)
"""Reviewed, without a decision and without a next review: older than its policy, or under none."""
_IS_SWITCHED_OFF = (
    select(withheld.c.cause)
    .where(
        withheld.c.connection == tickets.c.connection,
        withheld.c.ticket_id == tickets.c.id,
        withheld.c.cause.in_([WithheldCause.OFF, WithheldCause.SCOPE]),
    )
    .exists()
)
_COUNT_LEFT_ALONE = select(func.count()).select_from(tickets).where(tickets.c.open, or_(IS_UNDECIDED, _IS_SWITCHED_OFF))
_LIST_SNAPSHOTS = select(tickets.c.snapshot).where(tickets.c.snapshot.is_not(None))
_LIST_OPEN_SNAPSHOTS = _LIST_SNAPSHOTS.where(tickets.c.open, tickets.c.connection == bindparam("of_connection"))
_GET_OLDEST_DUE = select(func.min(tickets.c.due, type_=UtcDateTime)).where(IS_DUE)

_HAS_EFFECT = reviews.c.outcome.not_in([outcome for outcome in ReviewOutcome if outcome.is_silent])
_NEWEST_FIRST = (reviews.c.at.desc(), reviews.c.id.desc())
_LIST_RECENT_REVIEWS = select(reviews.c.id).where(_HAS_EFFECT).order_by(*_NEWEST_FIRST).limit(_LIMIT)
_LIST_RECENT_REVIEWS_AFTER = (
    select(reviews.c.id)
    .where(_HAS_EFFECT, reviews.c.at > bindparam("after", type_=UtcDateTime))
    .order_by(reviews.c.at, reviews.c.id)
    .limit(_LIMIT)
)
_LIST_REVIEWS_OF_TICKET = (
    select(reviews.c.id)
    .where(
        reviews.c.connection == bindparam("of_connection"), reviews.c.ticket_id == bindparam("of_id", type_=SafeText)
    )
    .order_by(*_NEWEST_FIRST)
    .limit(_LIMIT)
)
