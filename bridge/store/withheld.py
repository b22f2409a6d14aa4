"""What is withheld now, one row for each action; the next review of a ticket replaces its rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Executable, Row, and_, bindparam, delete, func, select, update

from bridge.decision import WithheldCause
from bridge.decision.records import RecordedAction
from bridge.plan.caps import capped_kind
from bridge.plan.urgency import urgency
from bridge.ports.audit import AuditEntry
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.ports.withheld import WithheldAction
from bridge.store.audit import insert_audit_entry
from bridge.store.column_types import SafeText
from bridge.store.database import DatabasePart
from bridge.store.tables import withheld
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.ticket import TicketRef

_ACTION: TypeAdapter[Any] = TypeAdapter(RecordedAction)


class SqlWithheld(DatabasePart):
    """Implements :class:`bridge.ports.withheld.WithheldStore`."""

    def withheld(
        self,
        *,
        ref: TicketRef | None = None,
        causes: Collection[WithheldCause] = tuple(WithheldCause),
        limit: int = 500,
    ) -> list[WithheldAction]:
        statement, values = (_LIST_OF_TICKET, _of(ref)) if ref else (_LIST, {})
        with self.database.read() as connection:
            found = connection.execute(statement, {**values, "causes": list(causes), "limit": limit})
            return [_withheld_action(row) for row in found]

    def release(self, ref: TicketRef, who: str, entry: AuditEntry, now: datetime) -> int:
        with self.database.write() as connection:
            released = connection.execute(_RELEASE, _of(ref) | {"who": who}).rowcount
            if released:
                insert_audit_entry(connection, entry)
                wake(connection, {ref: now}, ReviewCause.PERMISSION)
            return released

    def count_withheld(self) -> dict[WithheldCause, int]:
        with self.database.read() as connection:
            return {WithheldCause(row.cause): row.times for row in connection.execute(_COUNT_BY_CAUSE)}


def replace_withheld(connection: Connection, review: Review) -> None:
    """Record what a review has withheld. One that failed before it could tell leaves the record as it is."""
    outcome = ReviewOutcome(review.outcome)
    if review.why is ReviewCause.UNDO or not (outcome.is_settled or outcome is ReviewOutcome.BREAKER):
        return
    rows = list(_rows(review))
    if not rows:
        forget_withheld(connection, review.ref)
    else:
        connection.execute(_DELETE_OTHERS, _of(review.ref) | {"keys": [row["key"] for row in rows]})
        connection.execute(_upsert(connection.dialect.name), rows)


def forget_withheld(connection: Connection, ref: TicketRef) -> None:
    """Nothing is withheld on this ticket any more."""
    connection.execute(_DELETE_ALL, _of(ref))


def tickets_withheld(connection: Connection, causes: Collection[WithheldCause]) -> list[TicketRef]:
    """The tickets on which something is withheld for one of these causes."""
    found = connection.execute(_LIST_TICKETS, {"causes": list(causes)})
    return [TicketRef(connection=row.connection, id=row.ticket_id) for row in found]


def _rows(review: Review) -> list[dict[str, object]]:
    if not (review.plan and review.plan.withheld and review.ticket and review.decision):
        return []
    actions = {action.key: action for action in review.plan.actions}
    place = urgency(review.ticket, review.decision)
    return [
        {
            "connection": review.ref.connection,
            "ticket_id": review.ref.id,
            "key": each.key,
            "action": _ACTION.dump_json(actions[each.key]).decode(),
            "cause": each.cause,
            "because": each.because,
            "since": review.at,
            "urgency": place,
            "kind": capped_kind(actions[each.key]),
            "cap": each.cap or None,
        }
        for each in review.plan.withheld
    ]


def _withheld_action(row: Row[Any]) -> WithheldAction:
    return WithheldAction(
        ref=TicketRef(connection=row.connection, id=row.ticket_id),
        action=_ACTION.validate_json(row.action),
        cause=WithheldCause(row.cause),
        because=row.because,
        since=row.since,
        urgency=row.urgency,
        released=row.released,
    )


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


@cache
def _upsert(dialect: str) -> Executable:
    """An action that was withheld before has waited since then."""
    new = insert(dialect, withheld)
    renewed = ("action", "cause", "because", "urgency", "kind", "cap")
    return new.on_conflict_do_update(
        index_elements=list(withheld.primary_key), set_={name: new.excluded[name] for name in renewed}
    )


_IS_OF_TICKET = and_(
    withheld.c.connection == bindparam("of_connection"), withheld.c.ticket_id == bindparam("of_id", type_=SafeText)
)
_IS_FOR_A_CAUSE = withheld.c.cause.in_(bindparam("causes", expanding=True))
_MOST_URGENT_FIRST = (withheld.c.urgency, withheld.c.since, withheld.c.connection, withheld.c.ticket_id, withheld.c.key)
_LIST = select(withheld).where(_IS_FOR_A_CAUSE).order_by(*_MOST_URGENT_FIRST).limit(bindparam("limit"))
_LIST_OF_TICKET = _LIST.where(_IS_OF_TICKET)
_LIST_TICKETS = select(withheld.c.connection, withheld.c.ticket_id).where(_IS_FOR_A_CAUSE).distinct()
_RELEASE = (
    update(withheld)
    .where(_IS_OF_TICKET, withheld.c.cause == WithheldCause.CAP, withheld.c.released.is_(None))
    .values(released=bindparam("who", type_=SafeText))
)
_COUNT_BY_CAUSE = select(withheld.c.cause, func.count().label("times")).group_by(withheld.c.cause)
_DELETE_ALL = delete(withheld).where(_IS_OF_TICKET)
_DELETE_OTHERS = _DELETE_ALL.where(withheld.c.key.not_in(bindparam("keys", type_=SafeText, expanding=True)))
