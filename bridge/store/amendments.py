"""Amendments recorded in the bridge, each once."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache

from sqlalchemy import Executable, bindparam, select

from bridge.ports.amendments import RecordedAmendment
from bridge.ports.outcomes import ReviewCause
from bridge.store.column_types import SafeText
from bridge.store.database import DatabasePart
from bridge.store.tables import amendments
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.ticket import TicketRef


class SqlAmendments(DatabasePart):
    """Implements :class:`bridge.ports.amendments.AmendmentStore`."""

    def record_amendment(self, amendment: RecordedAmendment) -> bool:
        row = {name: value for name, value in asdict(amendment).items() if name != "ref"}
        row |= {"connection": amendment.ref.connection, "ticket_id": amendment.ref.id}
        with self.database.write() as connection:
            if connection.execute(_insert_amendment(connection.dialect.name), row).first() is None:
                return False
            wake(connection, {amendment.ref: amendment.at}, ReviewCause.AMENDMENT)
            return True

    def amendments(self, ref: TicketRef) -> list[RecordedAmendment]:
        with self.database.read() as connection:
            rows = connection.execute(_LIST_AMENDMENTS, {"of_connection": ref.connection, "of_id": ref.id}).mappings()
            keys = ("connection", "ticket_id")
            return [
                RecordedAmendment(ref=ref, **{name: value for name, value in row.items() if name not in keys})
                for row in rows
            ]


@cache
def _insert_amendment(dialect: str) -> Executable:
    return insert(dialect, amendments).on_conflict_do_nothing().returning(amendments.c.id)


_LIST_AMENDMENTS = (
    select(amendments)
    .where(
        amendments.c.connection == bindparam("of_connection"),
        amendments.c.ticket_id == bindparam("of_id", type_=SafeText),
    )
    .order_by(amendments.c.at, amendments.c.id)
)
