"""Previews of all tickets: runs that an interruption may break off, and the tickets that still need a forecast."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Row, Select, Text, and_, bindparam, delete, insert, or_, select, tuple_, update

from bridge.account import Account
from bridge.ports.forecasts import KnownTicket, PreviewRun
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.tables import forecasts, preview_runs, reviews, tickets
from bridge.ticket import Ticket, TicketRef

RESUMABLE = timedelta(hours=6)
"""A preview that was interrupted longer ago starts over: too much has happened since."""


class SqlPreviewRuns(DatabasePart):
    """Implements the part of :class:`bridge.ports.forecasts.ForecastStore` that tells which forecasts to make."""

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


def _known_ticket(row: Row[Any]) -> KnownTicket:
    return KnownTicket(TicketRef(connection=row.connection, id=row.id), row.snapshot, has_ended=not row.open)


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
