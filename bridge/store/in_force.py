"""Since when packs are in force, and tickets from before that were adopted one by one."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Executable, Text, and_, bindparam, select, update

from bridge.ports.audit import AuditEntry
from bridge.ports.in_force import PackStart
from bridge.ports.outcomes import ReviewCause
from bridge.store.audit import insert_audit_entry
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.tables import adoptions, in_force
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.ticket import TicketRef


class SqlInForce(DatabasePart):
    """Implements :class:`bridge.ports.in_force.InForceStore`."""

    def pack_starts(self) -> list[PackStart]:
        with self.database.read() as connection:
            return [PackStart(**row) for row in connection.execute(_LIST_STARTS).mappings()]

    def record_pack_start(self, connection: str, pack: str, now: datetime, *, writes: bool) -> None:
        row = {"connection": connection, "pack": pack, "watched_since": now, "since": now if writes else None}
        with self.database.write() as database:
            database.execute(_insert_start(database.dialect.name), row)
            if writes:
                database.execute(_LEAVE_SHADOW, {"of_connection": connection, "of_pack": pack, "now": now})

    def forget_future_starts(self, now: datetime) -> None:
        with self.database.write() as database:
            for column in (in_force.c.since, in_force.c.watched_since):
                database.execute(update(in_force).where(column > now).values({column: now}))

    def adopted_at(self, ref: TicketRef) -> datetime | None:
        with self.database.read() as connection:
            found: datetime | None = connection.scalar(
                _GET_ADOPTION, {"of_connection": ref.connection, "of_id": ref.id}
            )
            return found

    def adopt(self, ref: TicketRef, entry: AuditEntry) -> bool:
        row = {"connection": ref.connection, "ticket_id": ref.id, "at": entry.at}
        with self.database.write() as connection:
            if connection.execute(_insert_adoption(connection.dialect.name), row).first() is None:
                return False
            wake(connection, {ref: entry.at}, ReviewCause.ADOPTION)
            insert_audit_entry(connection, entry)
            return True


@cache
def _insert_start(dialect: str) -> Executable:
    return insert(dialect, in_force).on_conflict_do_nothing()


@cache
def _insert_adoption(dialect: str) -> Executable:
    return insert(dialect, adoptions).on_conflict_do_nothing().returning(adoptions.c.at)


_LIST_STARTS = select(in_force).order_by(in_force.c.connection, in_force.c.pack)
_LEAVE_SHADOW = (
    update(in_force)
    .where(
        in_force.c.connection == bindparam("of_connection", type_=Text),
        in_force.c.pack == bindparam("of_pack", type_=Text),
        in_force.c.since.is_(None),
    )
    .values(since=bindparam("now", type_=UtcDateTime))
)
_GET_ADOPTION = select(adoptions.c.at).where(
    and_(
        adoptions.c.connection == bindparam("of_connection", type_=Text),
        adoptions.c.ticket_id == bindparam("of_id", type_=SafeText),
    )
)
