"""Webhook deliveries, kept once and raw, and counts of the requests that were refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, exists, or_, select, update
from sqlalchemy import insert as plain_insert

from bridge.ports.deliveries import Delivery
from bridge.ports.outcomes import ReviewCause
from bridge.store.column_types import UtcDateTime
from bridge.store.database import Database, DatabasePart
from bridge.store.group_commit import GroupCommit
from bridge.store.tables import deliveries, delivery_tickets, rejections, tickets
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class Arrival:
    """A delivery, and when its tickets are due for review."""

    delivery: Delivery
    due: datetime


@dataclass(frozen=True)
class Rejection:
    """A request that was refused: all that is kept of it."""

    connection: str
    reason: str
    at: datetime


class SqlDeliveries(DatabasePart):
    """Implements :class:`bridge.ports.deliveries.DeliveryStore`. One thread commits what many hand in."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._commit_in_group = GroupCommit[Arrival | Rejection, bool](self._commit)

    def accept(self, delivery: Delivery, due: datetime) -> bool:
        return self._commit_in_group(Arrival(delivery, due))

    def count_rejected(self, connection: str, reason: str, at: datetime) -> None:
        self._commit_in_group(Rejection(connection, reason, at))

    def forget_delivery_bodies(self, before: datetime) -> int:
        """Delete the bodies of old deliveries; their ids are kept, so that late duplicates are recognised."""
        with self.database.write() as connection:
            return connection.execute(_FORGET_BODIES, {"before": before}).rowcount

    def last_delivery(self, connection: str) -> datetime | None:
        """When a delivery of a connection came last, by the wall clock; None: none is kept."""
        with self.database.read() as session:
            found: datetime | None = session.scalar(_GET_LAST_DELIVERY, {"of_connection": connection})
            return found

    def close(self) -> None:
        """Commit what is queued and close all connections."""
        self._commit_in_group.close()
        self.database.close()

    def _commit(self, batch: Sequence[Arrival | Rejection]) -> list[bool]:
        with self.database.write() as connection:
            return _store_batch(connection, batch)


def _store_batch(connection: Connection, batch: Sequence[Arrival | Rejection]) -> list[bool]:
    """Store a batch and wake its tickets; for each item whether it was new (a rejection always is)."""
    fresh = _store(connection, [item.delivery for item in batch if isinstance(item, Arrival)])
    are_new: list[bool] = []
    dues: dict[TicketRef, datetime] = {}
    for item in batch:
        are_new.append(isinstance(item, Rejection) or _key(item.delivery) in fresh)
        if isinstance(item, Arrival) and are_new[-1]:
            fresh.remove(_key(item.delivery))  # a twin further on in this batch is a duplicate
            for ref in item.delivery.refs:
                dues[ref] = min(item.due, dues.get(ref, item.due))
    wake(connection, dues, ReviewCause.DELIVERY)
    _count(connection, [item for item in batch if isinstance(item, Rejection)])
    return are_new


def _key(delivery: Delivery) -> tuple[str, str]:
    return delivery.connection, delivery.id


def _store(connection: Connection, given: Sequence[Delivery]) -> set[tuple[str, str]]:
    """Insert what is not there yet; the new keys. In key order, so that two hosts never wait for each other."""
    if not given:
        return set()
    by_key = {_key(delivery): delivery for delivery in reversed(given)}
    returned = connection.execute(
        _insert_deliveries(connection.dialect.name), [_row(by_key[key]) for key in sorted(by_key)]
    )
    fresh = {(name, ident) for name, ident in returned}
    mentions = [
        {"connection": ref.connection, "delivery_id": ident, "ticket_id": ref.id}
        for name, ident in sorted(fresh)
        for ref in dict.fromkeys(by_key[name, ident].refs)
    ]
    if mentions:
        connection.execute(_INSERT_MENTIONS, mentions)
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
        connection.execute(_upsert_rejections(connection.dialect.name), rows)


@cache
def _insert_deliveries(dialect: str) -> Executable:
    return insert(dialect, deliveries).on_conflict_do_nothing().returning(deliveries.c.connection, deliveries.c.id)


@cache
def _upsert_rejections(dialect: str) -> Executable:
    statement = insert(dialect, rejections)
    return statement.on_conflict_do_update(
        index_elements=list(rejections.primary_key),
        set_={"count": rejections.c.count + statement.excluded.count},
    )


_INSERT_MENTIONS = plain_insert(delivery_tickets)

_HAS_UNREVIEWED_TICKET = exists().where(
    delivery_tickets.c.connection == deliveries.c.connection,
    delivery_tickets.c.delivery_id == deliveries.c.id,
    tickets.c.connection == delivery_tickets.c.connection,
    tickets.c.id == delivery_tickets.c.ticket_id,
    or_(tickets.c.reviewed_at.is_(None), tickets.c.reviewed_at < deliveries.c.received_at),
)

_GET_LAST_DELIVERY = (
    select(deliveries.c.received_at)
    .where(deliveries.c.body.is_not(None), deliveries.c.connection == bindparam("of_connection"))
    .order_by(deliveries.c.received_at.desc())
    .limit(1)
)
_FORGET_BODIES = (
    update(deliveries)
    .where(
        deliveries.c.received_at < bindparam("before", type_=UtcDateTime),
        deliveries.c.body.is_not(None),
        ~_HAS_UNREVIEWED_TICKET,
    )
    .values(body=None, headers=None)
)
