"""Exemptions, one row for each ticket that a person has taken out; and what permissions each connection last had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Executable, bindparam, delete, func, select

from bridge.decision import WithheldCause
from bridge.ports.audit import AuditEntry
from bridge.ports.exemptions import Exemption
from bridge.ports.outcomes import ReviewCause
from bridge.store.audit import insert_audit_entry
from bridge.store.column_types import SafeText
from bridge.store.database import DatabasePart
from bridge.store.tables import connections, exemptions, withheld
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.ticket import TicketRef


class SqlExemptions(DatabasePart):
    """Implements :class:`bridge.ports.exemptions.ExemptionStore`."""

    def exempt(self, exemption: Exemption, entry: AuditEntry) -> bool:
        ref, at = exemption.ref, exemption.at
        values = {"connection": ref.connection, "ticket_id": ref.id, "at": at}
        values |= {"by": exemption.by, "because": exemption.because}
        with self.database.write() as connection:
            if connection.execute(_insert(connection.dialect.name), values).first() is None:
                return False
            insert_audit_entry(connection, entry)
            wake(connection, {ref: at}, ReviewCause.PERMISSION)
            return True

    def let_back(self, ref: TicketRef, entry: AuditEntry, now: datetime) -> bool:
        with self.database.write() as connection:
            if connection.execute(_DELETE, _of(ref)).rowcount != 1:
                return False
            insert_audit_entry(connection, entry)
            wake(connection, {ref: now}, ReviewCause.PERMISSION)
            return True

    def exemption(self, ref: TicketRef) -> Exemption | None:
        with self.database.read() as connection:
            row = connection.execute(_GET, _of(ref)).first()
        return None if row is None else Exemption(ref, row.at, row.by, row.because)

    def note_permissions(self, fingerprints: Mapping[str, str], now: datetime) -> list[str]:
        changed = []
        with self.database.write() as session:
            known = {row.name: row.permissions for row in session.execute(select(connections))}
            for name, fingerprint in fingerprints.items():
                if known.get(name) == fingerprint:
                    continue
                changed.append(name)
                session.execute(_note(session.dialect.name), {"name": name, "permissions": fingerprint})
                found = session.execute(_LIST_WITHHELD, {"of_connection": name, "stop": WithheldCause.STOP})
                dues = {
                    TicketRef(connection=name, id=row.ticket_id): now + timedelta(milliseconds=row.place)
                    for row in found
                }
                wake(session, dues, ReviewCause.PERMISSION)
        return changed


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


@cache
def _insert(dialect: str) -> Executable:
    return insert(dialect, exemptions).on_conflict_do_nothing().returning(exemptions.c.ticket_id)


@cache
def _note(dialect: str) -> Executable:
    new = insert(dialect, connections)
    return new.on_conflict_do_update(
        index_elements=list(connections.primary_key), set_={"permissions": new.excluded.permissions}
    )


_IS_TICKET = (
    exemptions.c.connection == bindparam("of_connection"),
    exemptions.c.ticket_id == bindparam("of_id", type_=SafeText),
)
_GET = select(exemptions).where(*_IS_TICKET)
_DELETE = delete(exemptions).where(*_IS_TICKET)
_LIST_WITHHELD = (
    select(withheld.c.ticket_id, func.min(withheld.c.urgency).label("place"))
    .where(withheld.c.connection == bindparam("of_connection"), withheld.c.cause != bindparam("stop"))
    .group_by(withheld.c.ticket_id)
)
