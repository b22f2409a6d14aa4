"""What was written since an instant, from recorded reviews and the ledger: reads only, in pieces of a fixed size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, bindparam, func, or_, select

from bridge.decision import Action, Plan
from bridge.ports.outcomes import ReviewOutcome
from bridge.store.column_types import UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.ledger import action_of
from bridge.store.tables import effects, reviews, tickets
from bridge.ticket import TicketRef

PIECE = 200
"""Reviews that are in memory at the same time."""


@dataclass(frozen=True)
class WrittenPlan:
    """What one review may have written, and what was known of the ticket before."""

    review: str
    ref: TicketRef
    at: datetime
    detail: str
    plan: Plan
    subject: str
    account: str
    account_key: str
    status: str | None


class SqlActivity(DatabasePart):
    """Reads of what was written."""

    def plans_written_since(self, since: datetime) -> Iterator[WrittenPlan]:
        """The plan of each review that wrote something, oldest first."""
        values: dict[str, Any] = {"since": since, "after": "", "limit": PIECE}
        while True:
            with self.database.read() as connection:
                rows = connection.execute(_LIST_WRITTEN, values).all()
            yield from map(_written_plan, rows)
            if len(rows) < PIECE:
                return
            values |= {"since": rows[-1].at, "after": rows[-1].id}

    def effects_without_review(self, since: datetime) -> list[tuple[TicketRef, Action, datetime]]:
        """What was written by reviews that nobody recorded, because the process ended right after the write."""
        with self.database.read() as connection:
            return [
                (TicketRef(connection=row.connection, id=row.ticket_id), action_of(row), row.at)
                for row in connection.execute(_LIST_WITHOUT_REVIEW, {"since": since})
            ]

    def account_names(self) -> dict[str, str]:
        """The accounts of all tickets: key -> name, which is the key where no name is known."""
        with self.database.read() as connection:
            rows = connection.execute(_LIST_ACCOUNTS).all()
        return {row.key: (json.loads(row.account).get("name") if row.account else "") or row.key for row in rows}


def _written_plan(row: Row[Any]) -> WrittenPlan:
    """Of the ticket only a few values are read: a whole one costs a hundred times more."""
    ticket = json.loads(row.ticket) if row.ticket else {}
    account = json.loads(row.account) if row.account else {}
    key = ticket.get("account") or row.account_key or ""
    return WrittenPlan(
        review=row.id,
        ref=TicketRef(connection=row.connection, id=row.ticket_id),
        at=row.at,
        detail=row.detail,
        plan=Plan.model_validate_json(row.plan),
        subject=ticket.get("subject") or row.subject or "",
        account=account.get("name") or key,
        account_key=key,
        status=ticket.get("status"),
    )


_SINCE = bindparam("since", type_=UtcDateTime)
_LIST_WRITTEN = (
    select(reviews, tickets.c.subject, tickets.c.account.label("account_key"))
    .join_from(
        reviews,
        tickets,
        (tickets.c.connection == reviews.c.connection) & (tickets.c.id == reviews.c.ticket_id),
        isouter=True,
    )
    .where(
        reviews.c.at >= _SINCE,
        or_(reviews.c.at > _SINCE, reviews.c.id > bindparam("after")),
        reviews.c.outcome == ReviewOutcome.APPLIED,
        reviews.c.plan.is_not(None),
    )
    .order_by(reviews.c.at, reviews.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_NEWEST_OF_ACCOUNT = (
    select(tickets.c.account.label("key"), func.max(tickets.c.snapshot).label("snapshot"))
    .where(tickets.c.account.is_not(None))
    .group_by(tickets.c.account)
    .subquery()
)
_LIST_ACCOUNTS = select(_NEWEST_OF_ACCOUNT.c.key, reviews.c.account).join_from(
    _NEWEST_OF_ACCOUNT, reviews, reviews.c.id == _NEWEST_OF_ACCOUNT.c.snapshot, isouter=True
)
_LIST_WITHOUT_REVIEW = (
    select(effects)
    .where(
        effects.c.at >= _SINCE,
        effects.c.confirmed,
        ~select(reviews.c.id).where(reviews.c.id == effects.c.review).exists(),
    )
    .order_by(effects.c.at, effects.c.key)
)
