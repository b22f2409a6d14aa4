"""The ledger: what was written to each ticket. Intent is recorded before the write, so a crash loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, and_, bindparam, select, update

from bridge.decision import Action, Citation
from bridge.decision.records import action_name, ledger_fields, parse_ledger_fields
from bridge.errors import Conflict
from bridge.plan import LedgerEntry
from bridge.plan.caps import capped_kind
from bridge.ports.caps import CapRequest, Excess, withhold_excess
from bridge.ports.queue import Claim
from bridge.ports.stops import stop_entry
from bridge.store import caps
from bridge.store.column_types import SafeText
from bridge.store.database import DatabasePart
from bridge.store.leases import is_held
from bridge.store.stops import insert_stop
from bridge.store.tables import effects
from bridge.store.upsert import insert
from bridge.ticket import TicketRef


class SqlLedger(DatabasePart):
    """Implements :class:`bridge.ports.ledger.LedgerStore`."""

    def ledger(self, ref: TicketRef) -> list[LedgerEntry]:
        return [entry for entry, _ in self.ledger_with_reviews(ref)]

    def ledger_with_reviews(self, ref: TicketRef) -> list[tuple[LedgerEntry, str]]:
        """The effects recorded for a ticket, oldest first, each with the id of the review that intended it last."""
        with self.database.read() as connection:
            return [
                (LedgerEntry(action=action_of(row), at=row.at, confirmed=row.confirmed), row.review)
                for row in connection.execute(_LIST_EFFECTS, _of(ref))
            ]

    def record_intent(self, claim: Claim, review: str, actions: Sequence[Action], at: datetime) -> None:
        with self.database.write() as connection:
            _record(connection, claim, review, actions, at, counted=False)

    def effects_of(self, since: datetime | None, review: str | None, ref: TicketRef | None) -> list[TicketRef]:
        """The tickets with effects since an instant, of a review, of a ticket; None: any."""
        wanted = [] if since is None else [effects.c.at >= since]
        wanted += [] if review is None else [effects.c.review == review]
        wanted += [] if ref is None else [effects.c.connection == ref.connection, effects.c.ticket_id == ref.id]
        places = (effects.c.connection, effects.c.ticket_id)
        with self.database.read() as connection:
            found = connection.execute(select(*places).where(*wanted).distinct().order_by(*places))
            return [TicketRef(connection=row.connection, id=row.ticket_id) for row in found]

    def record_plan(self, claim: Claim, review: str, request: CapRequest) -> list[Excess]:
        with self.database.write() as connection:
            if caps.counted(request):
                caps.serialize(connection)
            found = caps.excesses(connection, claim.ref, request)
            for excess in found:
                if excess.stop:
                    insert_stop(connection, excess.stop, stop_entry(excess.stop))
            actions = withhold_excess(request.plan, found).permitted.actions
            _record(connection, claim, review, actions, request.at)
            return found

    def excesses(self, ref: TicketRef, request: CapRequest) -> list[Excess]:
        with self.database.read() as connection:
            return caps.excesses(connection, ref, request)


def _record(
    connection: Connection,
    claim: Claim,
    review: str,
    actions: Sequence[Action],
    at: datetime,
    *,
    counted: bool = True,
) -> None:
    if not is_held(connection, claim):
        raise Conflict(f"{claim.ref} is no longer leased by this worker: the lease ended at {claim.lease_until}")
    if rows := [_row(claim.ref, review, action, at) | ({} if counted else {"kind": None}) for action in actions]:
        connection.execute(_upsert_effects(connection.dialect.name), rows)


def confirm_effects(connection: Connection, ref: TicketRef, keys: Iterable[str]) -> None:
    """Mark effects as received by the helpdesk; unknown keys are ignored."""
    rows = [_of(ref) | {"of_key": key} for key in sorted(set(keys))]
    if rows:
        connection.execute(_CONFIRM_EFFECT, rows)


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


def action_of(row: Row[Any]) -> Action:
    """The action of a row, without its text and its reason."""
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
        "kind": capped_kind(action),
    }


@cache
def _upsert_effects(dialect: str) -> Executable:
    """An effect that is made again is unconfirmed again: nobody has seen the new one yet."""
    new = insert(dialect, effects)
    renewed = ("action", "field", "value", "cite", "review", "at", "confirmed", "kind")
    return new.on_conflict_do_update(
        index_elements=list(effects.primary_key), set_={name: new.excluded[name] for name in renewed}
    )


_IS_OF_TICKET = and_(
    effects.c.connection == bindparam("of_connection"), effects.c.ticket_id == bindparam("of_id", type_=SafeText)
)
_LIST_EFFECTS = select(effects).where(_IS_OF_TICKET).order_by(effects.c.at, effects.c.key)
_CONFIRM_EFFECT = (
    update(effects).where(_IS_OF_TICKET, effects.c.key == bindparam("of_key", type_=SafeText)).values(confirmed=True)
)
