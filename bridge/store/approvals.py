"""Approvals given by link or on the phone, each once."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache

from sqlalchemy import Executable, bindparam, select

from bridge.ports.approvals import RecordedApproval
from bridge.ports.outcomes import ReviewCause
from bridge.store.column_types import SafeText
from bridge.store.database import DatabasePart
from bridge.store.tables import approvals
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.ticket import TicketRef


class SqlApprovals(DatabasePart):
    """Implements :class:`bridge.ports.approvals.ApprovalStore`."""

    def record_approval(self, approval: RecordedApproval) -> bool:
        row = {name: value for name, value in asdict(approval).items() if name != "ref"}
        row |= {"connection": approval.ref.connection, "ticket_id": approval.ref.id}
        with self.database.write() as connection:
            if connection.execute(_insert_approval(connection.dialect.name), row).first() is None:
                return False
            wake(connection, {approval.ref: approval.at}, ReviewCause.APPROVAL)
            return True

    def approvals(self, ref: TicketRef) -> list[RecordedApproval]:
        with self.database.read() as connection:
            rows = connection.execute(_LIST_APPROVALS, {"of_connection": ref.connection, "of_id": ref.id}).mappings()
            keys = ("connection", "ticket_id")
            return [
                RecordedApproval(ref=ref, **{name: value for name, value in row.items() if name not in keys})
                for row in rows
            ]


@cache
def _insert_approval(dialect: str) -> Executable:
    return insert(dialect, approvals).on_conflict_do_nothing().returning(approvals.c.id)


_LIST_APPROVALS = (
    select(approvals)
    .where(
        approvals.c.connection == bindparam("of_connection"),
        approvals.c.ticket_id == bindparam("of_id", type_=SafeText),
    )
    .order_by(approvals.c.at, approvals.c.id)
)
