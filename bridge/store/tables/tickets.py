"""The tickets: the queue of those that are due, what was last seen of them, and which of them people took out."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, Table, Text

from bridge.store.column_types import ErrorText, SafeText, UtcDateTime
from bridge.store.tables.schema import metadata, partial_index, ticket_key

tickets = Table(
    "tickets",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("id", SafeText, primary_key=True),
    # The queue. While a claim is held `due` is the end of its lease: the earliest time anybody needs to look again.
    Column("due", UtcDateTime),
    Column("generation", Integer, nullable=False),
    Column("owner", Text),
    Column("lease_until", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("parked", ErrorText),
    Column("reviewed_at", UtcDateTime),
    # What was last seen. The snapshot itself is in the review that saw it: this row is rewritten at every claim.
    Column("version", Text, nullable=False),
    Column("account", SafeText),
    Column("subject", SafeText, nullable=False),
    Column("number", SafeText),
    Column("open", Boolean, nullable=False),
    Column("snapshot", Text),
)
partial_index("tickets_due", tickets.c.due, where=tickets.c.due.is_not(None))
partial_index("tickets_parked", tickets.c.reviewed_at, where=tickets.c.parked.is_not(None))
partial_index("tickets_held", tickets.c.owner, where=tickets.c.owner.is_not(None))
partial_index("tickets_open_by_account", tickets.c.connection, tickets.c.account, where=tickets.c.open)

exemptions = Table(
    "exemptions",
    metadata,
    *ticket_key(),
    Column("at", UtcDateTime, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("because", SafeText, nullable=False),
)
