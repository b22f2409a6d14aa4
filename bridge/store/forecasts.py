"""Forecasts: a row for each ticket and one for each thing that would be done on it; a newer one replaces them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from bridge.account import Account
from bridge.decision import WithheldCause
from bridge.decision.kinds import ActionKind
from bridge.decision.records import RecordedAction
from bridge.ports.forecasts import (
    SOON,
    Forecast,
    ForecastAction,
    ForecastCount,
    ForecastFilter,
    KnownTicket,
    Mark,
    PreviewRun,
)
from bridge.store import upsert
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.tables import forecast_actions, forecast_marks, forecasts, preview_runs, reviews, tickets
from bridge.ticket import Ticket, TicketRef

RESUMABLE = timedelta(hours=6)
"""A preview that was interrupted longer ago begins anew: too much has happened since."""
PAGE = 500

_ACTION: TypeAdapter[Any] = TypeAdapter(RecordedAction)


class SqlForecasts(DatabasePart):
    """Implements :class:`bridge.ports.forecasts.ForecastStore`."""

    def begin_preview(self, fingerprint: str, now: datetime) -> PreviewRun:
        with self.database.write() as connection:
            known = {"of_fingerprint": fingerprint, "earliest": now - RESUMABLE}
            if row := connection.execute(_GET_INTERRUPTED, known).first():
                return PreviewRun(row.id, row.at, is_resumed=True)
            connection.execute(delete(preview_runs))
            run = PreviewRun(secrets.token_hex(8), now)
            values = {"id": run.id, "at": run.at, "fingerprint": fingerprint, "finished": False}
            connection.execute(insert(preview_runs), values)
            return run

    def end_preview(self, run: PreviewRun) -> None:
        with self.database.write() as connection:
            connection.execute(_END_RUN, {"of_id": run.id})

    def tickets_to_forecast(
        self, connections: Collection[str], since: datetime, *, after: TicketRef | None, limit: int
    ) -> list[KnownTicket]:
        start = {"after_connection": after.connection if after else "", "after_id": after.id if after else ""}
        values = {"connections": list(connections), "since": since, "limit": limit, **start}
        with self.database.read() as connection:
            return [_known_ticket(row) for row in connection.execute(_LIST_WITHOUT_FORECAST, values)]

    def tickets_reviewed_since_forecast(self, connections: Collection[str], limit: int) -> list[KnownTicket]:
        values = {"connections": list(connections), "limit": limit}
        with self.database.read() as connection:
            return [_known_ticket(row) for row in connection.execute(_LIST_OUTDATED, values)]

    def seen(self, review: str) -> tuple[Ticket, Account | None] | None:
        with self.database.read() as connection:
            row = connection.execute(_GET_SEEN, {"review": review}).first()
        if row is None or row.ticket is None:
            return None
        account = row.account and Account.model_validate_json(row.account)
        return Ticket.model_validate_json(row.ticket), account

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

    def mark(self, mark: Mark) -> None:
        row = asdict(mark) | {"connection": mark.ref.connection, "ticket_id": mark.ref.id}
        del row["ref"]
        with self.database.write() as connection:
            connection.execute(_upsert_mark(connection.dialect.name), row)

    def marks(self, connections: Collection[str]) -> list[Mark]:
        with self.database.read() as connection:
            return [_mark(row) for row in connection.execute(_LIST_MARKS, {"connections": list(connections)})]


def forget_forecasts(connection: Connection, ref: TicketRef) -> None:
    """Nothing is expected of this ticket any more."""
    connection.execute(_DELETE_ACTIONS, _of(ref))


def _known_ticket(row: Row[Any]) -> KnownTicket:
    return KnownTicket(TicketRef(connection=row.connection, id=row.id), row.snapshot, has_ended=not row.open)


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


def _mark(row: Row[Any]) -> Mark:
    ref = TicketRef(connection=row.connection, id=row.ticket_id)
    return Mark(ref, row.clause, row.action, row.value, row.is_right, row.because, row.by, row.at)


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
def _upsert_mark(dialect: str) -> Executable:
    new = upsert.insert(dialect, forecast_marks)
    renewed = {name: new.excluded[name] for name in ("is_right", "because", "by", "at")}
    return new.on_conflict_do_update(index_elements=list(forecast_marks.primary_key), set_=renewed)


@cache
def _upsert_forecast(dialect: str) -> Executable:
    new = upsert.insert(dialect, forecasts)
    return new.on_conflict_do_update(index_elements=list(forecasts.primary_key), set_={"at": new.excluded.at})


_CONNECTIONS: BindParameter[Any] = bindparam("connections", expanding=True)
_GET_INTERRUPTED = select(preview_runs).where(
    ~preview_runs.c.finished,
    preview_runs.c.fingerprint == bindparam("of_fingerprint", type_=Text),
    preview_runs.c.at > bindparam("earliest", type_=UtcDateTime),
)
_END_RUN = update(preview_runs).where(preview_runs.c.id == bindparam("of_id", type_=Text)).values(finished=True)
_IS_FORECAST_OF_TICKET = and_(forecasts.c.connection == tickets.c.connection, forecasts.c.ticket_id == tickets.c.id)
_KNOWN: Select[Any] = select(tickets.c.connection, tickets.c.id, tickets.c.snapshot, tickets.c.open).join_from(
    tickets, forecasts, _IS_FORECAST_OF_TICKET, isouter=True
)
_LIST_WITHOUT_FORECAST = (
    _KNOWN.where(
        tickets.c.connection.in_(_CONNECTIONS),
        or_(forecasts.c.at.is_(None), forecasts.c.at < bindparam("since", type_=UtcDateTime)),
        tuple_(tickets.c.connection, tickets.c.id)
        > tuple_(bindparam("after_connection", type_=Text), bindparam("after_id", type_=SafeText)),
    )
    .order_by(tickets.c.connection, tickets.c.id)
    .limit(bindparam("limit"))
)
_LIST_OUTDATED = (
    _KNOWN.where(
        tickets.c.connection.in_(_CONNECTIONS),
        tickets.c.snapshot.is_not(None),
        or_(forecasts.c.at.is_(None), forecasts.c.at < tickets.c.reviewed_at),
    )
    .order_by(tickets.c.reviewed_at)
    .limit(bindparam("limit"))
)
_GET_SEEN = select(reviews.c.ticket, reviews.c.account).where(reviews.c.id == bindparam("review"))
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
_LIST_MARKS = select(forecast_marks).where(forecast_marks.c.connection.in_(_CONNECTIONS))
