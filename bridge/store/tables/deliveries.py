"""What helpdesks sent: deliveries, the tickets that they name, and requests that were refused."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, LargeBinary, Table, Text

from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.tables.schema import metadata, partial_index

deliveries = Table(
    "deliveries",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("id", SafeText, primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("headers", Text),
    Column("body", LargeBinary),
    Column("verdict", SafeText, nullable=False),
)
Index("deliveries_by_verdict", deliveries.c.verdict)
partial_index("deliveries_with_body", deliveries.c.received_at, where=deliveries.c.body.is_not(None))

delivery_tickets = Table(
    "delivery_tickets",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("delivery_id", SafeText, primary_key=True),
    Column("ticket_id", SafeText, primary_key=True),
)

rejections = Table(
    "rejections",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("count", Integer, nullable=False),
)
