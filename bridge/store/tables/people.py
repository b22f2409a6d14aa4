"""What people decided and changed: approvals, amendments, accounts, and who uses the console."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table, Text

from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.tables.schema import metadata

approvals = Table(
    "approvals",
    metadata,
    # Of a link it follows from the question, so that a link can be used once.
    Column("id", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("ticket_id", SafeText, nullable=False),
    Column("gate", SafeText, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("name", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("remarks", SafeText, nullable=False),
    Column("opened", UtcDateTime),
    Column("recorded_by", SafeText, nullable=False),
)
Index("approvals_by_ticket", approvals.c.connection, approvals.c.ticket_id)

amendments = Table(
    "amendments",
    metadata,
    # Of what was agreed, so that the same form sent twice is one amendment.
    Column("id", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("ticket_id", SafeText, nullable=False),
    Column("what", Text, nullable=False),
    Column("clock", SafeText, nullable=False),
    Column("until", UtcDateTime),
    Column("reason", SafeText, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("recorded_by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("amendments_by_ticket", amendments.c.connection, amendments.c.ticket_id)

accounts = Table(
    "accounts",
    metadata,
    Column("key", SafeText, primary_key=True),
    Column("words", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", SafeText, nullable=False),
)
Index("audit_by_time", audit.c.at)

console_tokens = Table(
    "console_tokens",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    # Digest of the console token that opened it: another token ends the session.
    Column("token", Text, nullable=False),
    Column("expires", UtcDateTime, nullable=False),
)
