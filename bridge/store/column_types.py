"""Types of columns that behave the same on every engine. Instants are UTC; a long text may be compressed."""

from __future__ import annotations

import zlib
from base64 import b85decode, b85encode
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

from bridge.redaction import redact


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
    SHORT = 1024

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None or len(value) < self.SHORT:
            return value
        return self.PREFIX + b85encode(zlib.compress(value.encode())).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None or not value.startswith(self.PREFIX):
            return value
        return zlib.decompress(b85decode(value.removeprefix(self.PREFIX))).decode()
