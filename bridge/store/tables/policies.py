"""Policies: their recorded texts and versions, since when they are in force, and which one a ticket keeps."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.tables.schema import metadata, ticket_key

packs = Table(
    "packs",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("pack", Text, primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("cutover", UtcDateTime),
)

pins = Table(
    "pins",
    metadata,
    *ticket_key(),
    Column("pack", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("settled", Text, nullable=False),
    Column("since", UtcDateTime),
    Column("contracts", Text, nullable=False, server_default="[]"),
    Column("watched_until", UtcDateTime),
)

in_force = Table(
    "in_force",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("pack", Text, primary_key=True),
    Column("watched_since", UtcDateTime, nullable=False),
    Column("since", UtcDateTime),
)

adoptions = Table(
    "adoptions",
    metadata,
    *ticket_key(),
    Column("at", UtcDateTime, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("pack", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("connection", Text, primary_key=True),
    # An address or a role; empty: everybody has got it.
    Column("recipient", SafeText, primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
)

examined_rules = Table(
    "examined_rules",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", SafeText, primary_key=True),
    Column("title", SafeText, nullable=False),
    Column("digest", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("detail", SafeText, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Kept after the rule is gone from the list, so that it can be switched on again.
    Column("switched_off_at", UtcDateTime),
    Column("digest_off", Text, nullable=False),
)
