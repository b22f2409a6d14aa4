"""The ledger: what was said about each ticket. Intent is written before the helpdesk is, so a crash loses no word."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, and_, bindparam, select, update

from bridge.decision import Action, Citation
from bridge.plan import Said, said_by
from bridge.store.tables import Words, effects
from bridge.store.upsert import insert
from bridge.ticket import TicketRef


def said(connection: Connection, ref: TicketRef) -> list[Said]:
    """Everything said about a ticket, oldest first."""
    return [
        Said(
            key=row.key,
            field=row.field,
            value=json.loads(row.value),
            cite=Citation.model_validate_json(row.cite),
            at=row.at,
            confirmed=row.confirmed,
        )
        for row in connection.execute(_SAID, _of(ref))
    ]


def intend(connection: Connection, ref: TicketRef, review: str, actions: Sequence[Action], at: datetime) -> None:
    """Record effects about to be made. One that is made again is unconfirmed again: nobody has seen the new one yet."""
    rows = [_row(ref, review, action, said_by(action, at, confirmed=False)) for action in actions]
    if rows:
        connection.execute(_intend(connection.dialect.name), rows)


def confirm(connection: Connection, ref: TicketRef, keys: Iterable[str]) -> None:
    """Mark effects as received by the helpdesk; unknown keys are ignored."""
    rows = [_of(ref) | {"of_key": key} for key in sorted(set(keys))]
    if rows:
        connection.execute(_CONFIRM, rows)


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


def _row(ref: TicketRef, review: str, action: Action, word: Said) -> dict[str, object]:
    return {
        "connection": ref.connection,
        "ticket_id": ref.id,
        "key": word.key,
        "action": action.action,
        "field": word.field,
        "value": json.dumps(word.value),
        "cite": word.cite.model_dump_json(),
        "review": review,
        "at": word.at,
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
