"""The tables of an installation. Instants are UTC, JSON is text (it must come back byte for byte)."""

from __future__ import annotations

import zlib
from base64 import b85decode, b85encode
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

from bridge.redaction import redact

metadata = MetaData()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC on both engines; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; the store accepts only instants with one")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        at: datetime = value
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class SafeText(TypeDecorator[str]):
    """Text from outside. NUL and lone surrogates are replaced: PostgreSQL refuses them, and a review would be lost."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return value and value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


class ErrorText(SafeText):
    """What went wrong, in words of libraries and helpdesks: without secrets."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return super().process_bind_param(value and redact(value), dialect)


class CompressedText(TypeDecorator[str]):
    """A long text, compressed; what was stored before that was introduced is read as it is."""

    impl = Text
    cache_ok = True

    PREFIX = "zlib:"
    """No JSON begins like this."""
    SHORT = 256

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None or len(value) < self.SHORT:
            return value
        return self.PREFIX + b85encode(zlib.compress(value.encode())).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None or not value.startswith(self.PREFIX):
            return value
        return zlib.decompress(b85decode(value.removeprefix(self.PREFIX))).decode()


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
Index(
    "deliveries_with_body",
    deliveries.c.received_at,
    sqlite_where=deliveries.c.body.is_not(None),
    postgresql_where=deliveries.c.body.is_not(None),
)

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
Index(
    "tickets_due", tickets.c.due, sqlite_where=tickets.c.due.is_not(None), postgresql_where=tickets.c.due.is_not(None)
)
Index(
    "tickets_parked",
    tickets.c.reviewed_at,
    sqlite_where=tickets.c.parked.is_not(None),
    postgresql_where=tickets.c.parked.is_not(None),
)
Index(
    "tickets_held",
    tickets.c.owner,
    sqlite_where=tickets.c.owner.is_not(None),
    postgresql_where=tickets.c.owner.is_not(None),
)
Index(
    "tickets_open_by_account",
    tickets.c.connection,
    tickets.c.account,
    sqlite_where=tickets.c.open,
    postgresql_where=tickets.c.open,
)

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

packs = Table(
    "packs",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

effects = Table(
    "effects",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("ticket_id", SafeText, primary_key=True),
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
Index(
    "effects_counted",
    effects.c.at,
    sqlite_where=effects.c.kind.is_not(None),
    postgresql_where=effects.c.kind.is_not(None),
)

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

installation = Table(
    "installation",
    metadata,
    # There is one row.
    Column("name", Text, primary_key=True),
    Column("id", Text, nullable=False),
    # Since when marks of other installations count.
    Column("since", UtcDateTime, nullable=False),
)

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
    Column("connection", Text, primary_key=True),
    Column("ticket_id", SafeText, primary_key=True),
    Column("pack", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("settled", Text, nullable=False),
    Column("since", UtcDateTime),
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
    Column("connection", Text, primary_key=True),
    Column("ticket_id", SafeText, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

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

stops = Table(
    "stops",
    metadata,
    # A connection; empty: all of them.
    Column("scope", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("because", SafeText, nullable=False),
)

withheld = Table(
    "withheld",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("ticket_id", SafeText, primary_key=True),
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

exemptions = Table(
    "exemptions",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("ticket_id", SafeText, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("because", SafeText, nullable=False),
)

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
    Column("connection", Text, primary_key=True),
    Column("ticket_id", SafeText, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

forecast_marks = Table(
    "forecast_marks",
    metadata,
    # Not by the key of the action, which names an instant that moves while a connection is in shadow mode.
    Column("connection", Text, primary_key=True),
    Column("ticket_id", SafeText, primary_key=True),
    Column("clause", SafeText, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("value", SafeText, primary_key=True),
    Column("is_right", Boolean, nullable=False),
    Column("because", SafeText, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

forecast_actions = Table(
    "forecast_actions",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("ticket_id", SafeText, primary_key=True),
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
