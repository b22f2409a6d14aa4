"""Stops: kept in the database, so that every process obeys one at its next write."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, delete, select

from bridge.decision import WithheldCause
from bridge.ports.audit import AuditEntry
from bridge.ports.outcomes import ReviewCause
from bridge.ports.stops import EVERYTHING, Stop
from bridge.store.audit import insert_audit_entry
from bridge.store.database import DatabasePart
from bridge.store.tables import stops
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.store.withheld import tickets_withheld


class SqlStops(DatabasePart):
    """Implements :class:`bridge.ports.stops.StopStore`."""

    def stop(self, stop: Stop, entry: AuditEntry) -> bool:
        with self.database.write() as connection:
            return insert_stop(connection, stop, entry)

    def resume(self, scope: str, entry: AuditEntry, now: datetime) -> bool:
        with self.database.write() as connection:
            if connection.execute(_DELETE_STOP, {"of_scope": scope}).rowcount != 1:
                return False
            insert_audit_entry(connection, entry)
            freed = (
                ref
                for ref in tickets_withheld(connection, [WithheldCause.STOP])
                if scope in (EVERYTHING, ref.connection)
            )
            wake(connection, dict.fromkeys(freed, now), ReviewCause.PERMISSION)
            return True

    def stops(self) -> list[Stop]:
        with self.database.read() as connection:
            return [_stop(row) for row in connection.execute(_LIST_STOPS)]

    def stop_of(self, connection: str) -> Stop | None:
        with self.database.read() as session:
            row = session.execute(_GET_STOP, {"scopes": [EVERYTHING, connection]}).first()
        return None if row is None else _stop(row)


def insert_stop(connection: Connection, stop: Stop, entry: AuditEntry) -> bool:
    """Begin a stop; False: that scope was stopped already."""
    values = {"scope": stop.scope, "at": stop.at, "by": stop.by, "because": stop.because}
    if connection.execute(_insert_stop(connection.dialect.name), values).first() is None:
        return False
    insert_audit_entry(connection, entry)
    return True


def _stop(row: Row[Any]) -> Stop:
    return Stop(row.scope, row.at, row.by, row.because)


@cache
def _insert_stop(dialect: str) -> Executable:
    return insert(dialect, stops).on_conflict_do_nothing().returning(stops.c.scope)


_DELETE_STOP = delete(stops).where(stops.c.scope == bindparam("of_scope"))
_LIST_STOPS = select(stops).order_by(stops.c.scope)
_GET_STOP = _LIST_STOPS.where(stops.c.scope.in_(bindparam("scopes", expanding=True))).limit(1)
