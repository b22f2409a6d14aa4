"""What came in: deliveries, kept once and raw, and counts of what was refused at the door."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, exists, or_, update
from sqlalchemy import insert as plain_insert

from bridge.ports.deliveries import Delivery
from bridge.ports.outcomes import ReviewCause
from bridge.store import queue
from bridge.store.tables import UtcDateTime, deliveries, delivery_tickets, rejections, tickets
from bridge.store.upsert import insert
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class Arrival:
    """A delivery, and when its tickets are to be looked at."""

    delivery: Delivery
    due: datetime


@dataclass(frozen=True)
class Rejection:
    """A request that was refused: all that is kept of it."""

    connection: str
    reason: str
    at: datetime


def record(connection: Connection, batch: Sequence[Arrival | Rejection]) -> list[bool]:
    """Store a batch and wake its tickets; for each item whether it was new (a rejection always is)."""
    fresh = _store(connection, [item.delivery for item in batch if isinstance(item, Arrival)])
    news: list[bool] = []
    woken: dict[TicketRef, datetime] = {}
    for item in batch:
        news.append(isinstance(item, Rejection) or _key(item.delivery) in fresh)
        if isinstance(item, Arrival) and news[-1]:
            fresh.remove(_key(item.delivery))  # a twin further on in this batch is a duplicate
            for ref in item.delivery.refs:
                woken[ref] = min(item.due, woken.get(ref, item.due))
    queue.wake(connection, woken, ReviewCause.DELIVERY)
    _count(connection, [item for item in batch if isinstance(item, Rejection)])
    return news


def forget_bodies(connection: Connection, before: datetime) -> int:
    """Drop bodies and headers of deliveries received before an instant whose tickets have been reviewed since.

    The ids stay: a late duplicate is still known. Returns how many were dropped.
    """
    return connection.execute(_FORGET, {"before": before}).rowcount


def _key(delivery: Delivery) -> tuple[str, str]:
    return delivery.connection, delivery.id


def _store(connection: Connection, given: Sequence[Delivery]) -> set[tuple[str, str]]:
    """Insert what is not there yet; the new keys. In key order, so that two hosts never wait for each other."""
    if not given:
        return set()
    by_key = {_key(delivery): delivery for delivery in reversed(given)}
    returned = connection.execute(_store_new(connection.dialect.name), [_row(by_key[key]) for key in sorted(by_key)])
    fresh = {(name, ident) for name, ident in returned}
    mentions = [
        {"connection": ref.connection, "delivery_id": ident, "ticket_id": ref.id}
        for name, ident in sorted(fresh)
        for ref in dict.fromkeys(by_key[name, ident].refs)
    ]
    if mentions:
        connection.execute(_MENTION, mentions)
    return fresh


def _row(delivery: Delivery) -> dict[str, object]:
    return {
        "connection": delivery.connection,
        "id": delivery.id,
        "received_at": delivery.received_at,
        "headers": json.dumps(delivery.headers),
        "body": delivery.body,
        "verdict": delivery.verdict,
    }


def _count(connection: Connection, refused: Sequence[Rejection]) -> None:
    counts = Counter((item.connection, item.reason, item.at.astimezone(UTC).date()) for item in refused)
    rows = [
        {"connection": name, "reason": reason, "day": day, "count": count}
        for (name, reason, day), count in sorted(counts.items())
    ]
    if rows:
        connection.execute(_add_count(connection.dialect.name), rows)


@cache
def _store_new(dialect: str) -> Executable:
    return insert(dialect, deliveries).on_conflict_do_nothing().returning(deliveries.c.connection, deliveries.c.id)


@cache
def _add_count(dialect: str) -> Executable:
    statement = insert(dialect, rejections)
    return statement.on_conflict_do_update(
        index_elements=list(rejections.primary_key),
        set_={"count": rejections.c.count + statement.excluded.count},
    )


_MENTION = plain_insert(delivery_tickets)

_UNREVIEWED = exists().where(
    delivery_tickets.c.connection == deliveries.c.connection,
    delivery_tickets.c.delivery_id == deliveries.c.id,
    tickets.c.connection == delivery_tickets.c.connection,
    tickets.c.id == delivery_tickets.c.ticket_id,
    or_(tickets.c.reviewed_at.is_(None), tickets.c.reviewed_at < deliveries.c.received_at),
)

_FORGET = (
    update(deliveries)
    .where(
        deliveries.c.received_at < bindparam("before", type_=UtcDateTime),
        deliveries.c.body.is_not(None),
        ~_UNREVIEWED,
    )
    .values(body=None, headers=None)
)
