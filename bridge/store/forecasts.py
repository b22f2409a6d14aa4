"""Forecasts: a row for each ticket and one for each thing that would be done on it; a newer one replaces them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Row,
    Select,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
)

from bridge.decision import WithheldCause
from bridge.decision.kinds import ActionKind
from bridge.decision.records import RecordedAction
from bridge.ports.forecasts import (
    SOON,
    Forecast,
    ForecastAction,
    ForecastCount,
    ForecastFilter,
)
from bridge.store import upsert
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.tables import forecast_actions, forecasts
from bridge.ticket import TicketRef

PAGE = 500

_ACTION: TypeAdapter[Any] = TypeAdapter(RecordedAction)


class SqlForecasts(DatabasePart):
    """Implements :class:`bridge.ports.forecasts.ForecastStore`."""

    def save_forecasts(self, forecasts: Iterable[Forecast]) -> None:
        found = list(forecasts)
        if not found:
            return
        with self.database.write() as connection:
            connection.execute(_DELETE_ACTIONS, [_of(each.ref) for each in found])
            rows = [{"connection": each.ref.connection, "ticket_id": each.ref.id, "at": each.at} for each in found]
            connection.execute(_upsert_forecast(connection.dialect.name), rows)
            if actions := [_row(action) for each in found for action in each.actions]:
                connection.execute(insert(forecast_actions), actions)

    def forecast_actions(self, which: ForecastFilter, limit: int | None = None) -> Iterator[ForecastAction]:
        statement = _LIST_ACTIONS.where(*_chosen(which)).limit(limit).execution_options(yield_per=PAGE)
        with self.database.read() as connection:
            yield from map(_action, connection.execute(statement))

    def forecast_counts(self, which: ForecastFilter, now: datetime) -> tuple[list[ForecastCount], int]:
        with self.database.read() as connection:
            found = connection.execute(_counted(which, now))
            counts = [
                ForecastCount(
                    row.pack,
                    row.clause,
                    row.account,
                    ActionKind(row.kind),
                    row.cause and WithheldCause(row.cause),
                    row.is_expected,
                    row.soon,
                    row.times,
                )
                for row in found
            ]
            return counts, connection.scalar(_count_tickets(which)) or 0

    def forecast_range(self, connections: Collection[str]) -> tuple[int, datetime | None]:
        with self.database.read() as connection:
            row = connection.execute(_GET_RANGE, {"connections": list(connections)}).one()
        return row.times, row.oldest


def _row(each: ForecastAction) -> dict[str, object]:
    return {
        "connection": each.ref.connection,
        "ticket_id": each.ref.id,
        "key": each.action.key,
        "due": each.due,
        "urgency": each.urgency,
        "kind": each.kind,
        "pack": each.action.cite.pack,
        "clause": each.action.cite.clause,
        "account": each.account,
        "subject": each.subject,
        "action": _ACTION.dump_json(each.action).decode(),
        "cause": each.cause,
        "because": each.because,
        "is_expected": each.is_expected,
    }


def _action(row: Row[Any]) -> ForecastAction:
    return ForecastAction(
        ref=TicketRef(connection=row.connection, id=row.ticket_id),
        account=row.account,
        subject=row.subject,
        action=_ACTION.validate_json(row.action),
        kind=ActionKind(row.kind),
        due=row.due,
        urgency=row.urgency,
        cause=row.cause and WithheldCause(row.cause),
        because=row.because,
        is_expected=row.is_expected,
    )


def _chosen(which: ForecastFilter) -> Iterator[ColumnElement[bool]]:
    columns = forecast_actions.c
    yield columns.connection.in_(list(which.connections))
    yield from (columns[name] == getattr(which, name) for name in ("pack", "clause", "kind") if getattr(which, name))
    if which.account is not None:
        yield columns.account == which.account


def _counted(which: ForecastFilter, now: datetime) -> Select[Any]:
    columns = forecast_actions.c
    *sooner, latest = SOON.items()
    soon = case(*((columns.due <= now + length, name) for name, length in sooner), else_=latest[0])
    alike = [columns[name] for name in ("pack", "clause", "account", "kind", "cause", "is_expected")]
    counted = select(*alike, soon.label("soon"), func.count().label("times")).where(*_chosen(which))
    return counted.group_by(*alike, literal_column("soon"))


def _count_tickets(which: ForecastFilter) -> Select[Any]:
    columns = forecast_actions.c
    found = select(columns.connection, columns.ticket_id).where(*_chosen(which), columns.is_expected).distinct()
    return select(func.count()).select_from(found.subquery())


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


@cache
def _upsert_forecast(dialect: str) -> Executable:
    new = upsert.insert(dialect, forecasts)
    return new.on_conflict_do_update(index_elements=list(forecasts.primary_key), set_={"at": new.excluded.at})


_CONNECTIONS: BindParameter[Any] = bindparam("connections", expanding=True)
_DELETE_ACTIONS = delete(forecast_actions).where(
    forecast_actions.c.connection == bindparam("of_connection", type_=Text),
    forecast_actions.c.ticket_id == bindparam("of_id", type_=SafeText),
)
_LIST_ACTIONS = select(forecast_actions).order_by(
    forecast_actions.c.due,
    forecast_actions.c.urgency,
    forecast_actions.c.connection,
    forecast_actions.c.ticket_id,
    forecast_actions.c.key,
)
_GET_RANGE = select(func.count().label("times"), func.min(forecasts.c.at, type_=UtcDateTime).label("oldest")).where(
    forecasts.c.connection.in_(_CONNECTIONS)
)
