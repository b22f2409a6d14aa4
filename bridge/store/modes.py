"""The mode in which each connection last ran."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Executable, Text, bindparam, func, select

from bridge.decision import WithheldCause
from bridge.ports.audit import AuditEntry
from bridge.ports.outcomes import ReviewCause
from bridge.store.audit import insert_audit_entry
from bridge.store.database import DatabasePart
from bridge.store.tables import connections, withheld
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.ticket import TicketRef


class SqlModes(DatabasePart):
    """Implements :class:`bridge.ports.modes.ModeStore`."""

    def mode_of(self, connection: str) -> str | None:
        with self.database.read() as session:
            mode: str | None = session.scalar(_GET_MODE, {"of_connection": connection})
        return mode

    def record_mode(self, connection: str, mode: str) -> None:
        with self.database.write() as session:
            _record(session, connection, mode)

    def confirm_mode(self, connection: str, mode: str, entry: AuditEntry, now: datetime) -> None:
        with self.database.write() as session:
            _record(session, connection, mode)
            insert_audit_entry(session, entry)
            found = session.execute(_LIST_WITHHELD_BY_MODE, {"of_connection": connection})
            dues = {
                TicketRef(connection=connection, id=row.ticket_id): now + timedelta(milliseconds=row.place)
                for row in found
            }
            wake(session, dues, ReviewCause.PERMISSION)


def _record(session: Connection, connection: str, mode: str) -> None:
    session.execute(_upsert_mode(session.dialect.name), {"name": connection, "mode": mode})


@cache
def _upsert_mode(dialect: str) -> Executable:
    new = insert(dialect, connections)
    return new.on_conflict_do_update(index_elements=list(connections.primary_key), set_={"mode": new.excluded.mode})


_GET_MODE = select(connections.c.mode).where(connections.c.name == bindparam("of_connection", type_=Text))
_LIST_WITHHELD_BY_MODE = (
    select(withheld.c.ticket_id, func.min(withheld.c.urgency).label("place"))
    .where(
        withheld.c.connection == bindparam("of_connection", type_=Text),
        withheld.c.cause.in_([WithheldCause.MODE, WithheldCause.CONFIRMATION]),
    )
    .group_by(withheld.c.ticket_id)
)
