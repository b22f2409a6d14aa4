"""What reviews found and did: the reviews themselves, what was written, and what was withheld."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text

from bridge.store.column_types import CompressedText, ErrorText, SafeText, UtcDateTime
from bridge.store.tables.schema import metadata, partial_index, ticket_key

reviews = Table(
    "reviews",
    metadata,
    Column("id", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("ticket_id", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("why", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", ErrorText, nullable=False),
    Column("ticket", CompressedText),
    Column("account", CompressedText),
    Column("decision", CompressedText),
    Column("plan", CompressedText),
    Column("digest", Text),
    Column("kept", CompressedText),
)
Index("reviews_by_ticket", reviews.c.connection, reviews.c.ticket_id, reviews.c.at)
Index("reviews_by_time", reviews.c.at)
Index("reviews_by_digest", reviews.c.digest)

effects = Table(
    "effects",
    metadata,
    *ticket_key(),
    Column("key", SafeText, primary_key=True),
    Column("action", Text, nullable=False),
    Column("field", SafeText, nullable=False),
    Column("value", Text, nullable=False),
    Column("cite", Text, nullable=False),
    Column("review", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    # How it counts towards caps; NULL: it does not.
    Column("kind", Text),
)
partial_index("effects_counted", effects.c.at, where=effects.c.kind.is_not(None))

withheld = Table(
    "withheld",
    metadata,
    *ticket_key(),
    Column("key", SafeText, primary_key=True),
    Column("action", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("because", SafeText, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("kind", Text),
    # The cap that it waits for.
    Column("cap", Text),
    # Who has released it from caps.
    Column("released", SafeText),
)
Index("withheld_by_cause", withheld.c.cause, withheld.c.urgency, withheld.c.since)
