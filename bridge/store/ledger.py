"""The ledger: what was said about each ticket. Intent is written before the helpdesk is, so a crash loses no word."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, and_, bindparam, select, update

from bridge.decision import Action, Citation
from bridge.decision.records import action_name, ledger_fields, parse_ledger_fields
from bridge.plan import LedgerEntry
from bridge.store.tables import Words, effects
from bridge.store.upsert import insert
from bridge.ticket import TicketRef


def said(connection: Connection, ref: TicketRef) -> list[LedgerEntry]:
    """Everything said about a ticket, oldest first."""
    return [
        LedgerEntry(action=_action(row), at=row.at, confirmed=row.confirmed)
        for row in connection.execute(_SAID, _of(ref))
    ]


def intend(connection: Connection, ref: TicketRef, review: str, actions: Sequence[Action], at: datetime) -> None:
    """Record effects about to be made. One that is made again is unconfirmed again: nobody has seen the new one yet."""
    rows = [_row(ref, review, action, at) for action in actions]
    if rows:
        connection.execute(_intend(connection.dialect.name), rows)


def confirm(connection: Connection, ref: TicketRef, keys: Iterable[str]) -> None:
    """Mark effects as received by the helpdesk; unknown keys are ignored."""
    rows = [_of(ref) | {"of_key": key} for key in sorted(set(keys))]
    if rows:
        connection.execute(_CONFIRM, rows)


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


def _action(row: Row[Any]) -> Action:
    value, cite = json.loads(row.value), Citation.model_validate_json(row.cite)
    return parse_ledger_fields(row.action, row.field, value, key=row.key, cite=cite)


def _row(ref: TicketRef, review: str, action: Action, at: datetime) -> dict[str, object]:
    field, value = ledger_fields(action)
    return {
        "connection": ref.connection,
        "ticket_id": ref.id,
        "key": action.key,
        "action": action_name(action),
        "field": field,
        "value": json.dumps(value),
        "cite": action.cite.model_dump_json(),
        "review": review,
        "at": at,
        "confirmed": False,
    }


@cache
def _intend(dialect: str) -> Executable:
    new = insert(dialect, effects)
    renewed = ("action", "field", "value", "cite", "review", "at", "confirmed")
    return new.on_conflict_do_update(
        index_elements=list(effects.primary_key), set_={name: new.excluded[name] for name in renewed}
    )


_OF = and_(effects.c.connection == bindparam("of_connection"), effects.c.ticket_id == bindparam("of_id", type_=Words))
_SAID = select(effects).where(_OF).order_by(effects.c.at, effects.c.key)
_CONFIRM = update(effects).where(_OF, effects.c.key == bindparam("of_key", type_=Words)).values(confirmed=True)
