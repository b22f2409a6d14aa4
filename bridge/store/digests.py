"""Digests that were sent, by recipient."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Executable, and_, bindparam, delete, select

from bridge.ports.digests import DigestKey
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.holders import is_dead, new_holder
from bridge.store.tables import digests
from bridge.store.upsert import insert

LEASE = timedelta(minutes=2)
"""Longer than a channel can take; one that failed is tried again after this."""


class SqlDigests(DatabasePart):
    """Implements :class:`bridge.ports.digests.DigestStore`."""

    def is_digest_sent(self, key: DigestKey) -> bool:
        with self.database.read() as connection:
            row = connection.execute(_GET_DIGEST, _named(key)).first()
        return row is not None and row.sent_at is not None

    def claim_digest(self, key: DigestKey, now: datetime) -> bool:
        with self.database.write() as connection:
            row = connection.execute(_LOCK_DIGEST, _named(key)).first()
            if row and (row.sent_at or not (row.claimed_at <= now - LEASE or (row.owner and is_dead(row.owner)))):
                return False
            values = asdict(key) | {"claimed_at": now, "owner": new_holder(), "sent_at": None}
            statement = _replace_claim if row else _insert_claim
            return connection.execute(statement(connection.dialect.name), values).first() is not None

    def end_digest(self, key: DigestKey, now: datetime, *, is_sent: bool) -> None:
        values = asdict(key) | {"claimed_at": now, "owner": "", "sent_at": now if is_sent else None}
        with self.database.write() as connection:
            connection.execute(_replace_claim(connection.dialect.name), values)

    def forget_digests(self, before: datetime) -> None:
        with self.database.write() as connection:
            connection.execute(delete(digests).where(digests.c.at < before))


def _named(key: DigestKey) -> dict[str, object]:
    return {f"of_{name}": value for name, value in asdict(key).items()}


_IS_DIGEST = and_(
    digests.c.pack == bindparam("of_pack"),
    digests.c.name == bindparam("of_name"),
    digests.c.connection == bindparam("of_connection"),
    digests.c.recipient == bindparam("of_recipient", type_=SafeText),
    digests.c.at == bindparam("of_at", type_=UtcDateTime),
)
_GET_DIGEST = select(digests.c.claimed_at, digests.c.owner, digests.c.sent_at).where(_IS_DIGEST)
_LOCK_DIGEST = _GET_DIGEST.with_for_update()


@cache
def _insert_claim(dialect: str) -> Executable:
    """Of two processes that see no row at the same time, one inserts it."""
    return insert(dialect, digests).on_conflict_do_nothing().returning(digests.c.at)


@cache
def _replace_claim(dialect: str) -> Executable:
    statement = insert(dialect, digests)
    changed = {name: statement.excluded[name] for name in ("claimed_at", "owner", "sent_at")}
    replaced = statement.on_conflict_do_update(index_elements=list(digests.primary_key), set_=changed)
    return replaced.returning(digests.c.at)
