"""Connections and the installation: how far they may go, what stops them, and what fails."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, Table, Text

from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.tables.schema import metadata

connections = Table(
    "connections",
    metadata,
    Column("name", Text, primary_key=True),
    Column("not_before", UtcDateTime),
    Column("cursor", Text),
    # After a failure of the whole connection nothing is claimed until a probe has succeeded.
    Column("on_probation", Boolean),
    # Fingerprint of all by which it may be written to.
    Column("permissions", Text),
    # The mode in which it last ran, as it was confirmed; NULL: it never has.
    Column("mode", Text),
)

conditions = Table(
    "conditions",
    metadata,
    # Empty: of the whole installation.
    Column("connection", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("succeeded_at", UtcDateTime),
    Column("failing_since", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("detail", SafeText, nullable=False),
)

call_budgets = Table(
    "call_budgets",
    metadata,
    Column("connection", Text, primary_key=True),
    # Of the limit.
    Column("name", Text, primary_key=True),
    # JSON: number of the portion of time -> what was drawn in it.
    Column("drawn", Text, nullable=False),
)

stops = Table(
    "stops",
    metadata,
    # A connection; empty: all of them.
    Column("scope", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("because", SafeText, nullable=False),
)

installation = Table(
    "installation",
    metadata,
    # There is one row.
    Column("name", Text, primary_key=True),
    Column("id", Text, nullable=False),
    # Since when marks of other installations count.
    Column("since", UtcDateTime, nullable=False),
)
