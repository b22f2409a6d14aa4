"""Marks on forecasts: what people think of each thing that would be done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from functools import cache
from typing import Any

from sqlalchemy import Executable, Row, bindparam, select

from bridge.ports.forecasts import Mark
from bridge.store import upsert
from bridge.store.database import DatabasePart
from bridge.store.tables import forecast_marks
from bridge.ticket import TicketRef


class SqlForecastMarks(DatabasePart):
    """Implements the part of :class:`bridge.ports.forecasts.ForecastStore` that keeps marks."""

    def mark(self, mark: Mark) -> None:
        row = asdict(mark) | {"connection": mark.ref.connection, "ticket_id": mark.ref.id}
        del row["ref"]
        with self.database.write() as connection:
            connection.execute(_upsert_mark(connection.dialect.name), row)

    def marks(self, connections: Collection[str]) -> list[Mark]:
        with self.database.read() as connection:
            return [_mark(row) for row in connection.execute(_LIST_MARKS, {"connections": list(connections)})]


def _mark(row: Row[Any]) -> Mark:
    ref = TicketRef(connection=row.connection, id=row.ticket_id)
    return Mark(ref, row.clause, row.action, row.value, row.is_right, row.because, row.by, row.at)


@cache
def _upsert_mark(dialect: str) -> Executable:
    new = upsert.insert(dialect, forecast_marks)
    renewed = {name: new.excluded[name] for name in ("is_right", "because", "by", "at")}
    return new.on_conflict_do_update(index_elements=list(forecast_marks.primary_key), set_=renewed)


_LIST_MARKS = select(forecast_marks).where(forecast_marks.c.connection.in_(bindparam("connections", expanding=True)))
