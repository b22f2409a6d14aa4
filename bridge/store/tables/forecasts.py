"""Forecasts: what would be done on each ticket, and what people think of it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text

from bridge.store.column_types import CompressedText, SafeText, UtcDateTime
from bridge.store.tables.schema import metadata, ticket_key

preview_runs = Table(
    "preview_runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # Of all that a forecast rests on beside the tickets.
    Column("fingerprint", Text, nullable=False),
    Column("finished", Boolean, nullable=False),
)

forecasts = Table(
    "forecasts",
    metadata,
    *ticket_key(),
    Column("at", UtcDateTime, nullable=False),
)

forecast_actions = Table(
    "forecast_actions",
    metadata,
    *ticket_key(),
    Column("key", SafeText, primary_key=True),
    Column("due", UtcDateTime, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("pack", Text, nullable=False),
    Column("clause", SafeText, nullable=False),
    Column("account", SafeText, nullable=False),
    Column("subject", SafeText, nullable=False),
    Column("action", CompressedText, nullable=False),
    Column("cause", Text),
    Column("because", SafeText, nullable=False),
    # It will be written once the connection enforces its policies.
    Column("is_expected", Boolean, nullable=False),
)
Index("forecast_actions_by_due", forecast_actions.c.due)

forecast_marks = Table(
    "forecast_marks",
    metadata,
    # Not by the key of the action, which names an instant that moves while a connection is in shadow mode.
    *ticket_key(),
    Column("clause", SafeText, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("value", SafeText, primary_key=True),
    Column("is_right", Boolean, nullable=False),
    Column("because", SafeText, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

install_reports = Table(
    "install_reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("page", CompressedText, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
