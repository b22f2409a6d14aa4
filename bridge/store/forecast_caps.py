"""What counts towards caps in the ledger and in the forecasts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import BindParameter, Text, and_, bindparam, func, or_, select, update

from bridge.decision import WithheldCause
from bridge.decision.kinds import ActionKind
from bridge.decision.limits import CappedKind
from bridge.plan.caps_ahead import CountedWrite
from bridge.ports.forecast_caps import ComingWrite, ExpectedWithholding
from bridge.store.caps import GET_FIRST_MESSAGE
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.tables import effects, forecast_actions, tickets
from bridge.ticket import TicketRef

PAGE = 500


class SqlForecastCaps(DatabasePart):
    """Implements :class:`bridge.ports.forecast_caps.ForecastCapStore`."""

    def coming_writes(self, connections: Collection[str]) -> Iterator[ComingWrite]:
        values = {"connections": list(connections)}
        with self.database.read() as connection:
            for row in connection.execute(_LIST_COMING.execution_options(yield_per=PAGE), values):
                ref = TicketRef(connection=row.connection, id=row.ticket_id)
                yield ComingWrite(ref, row.key, row.due, ActionKind(row.kind), row.ticket_account)

    def counted_writes(self, since: datetime) -> list[CountedWrite]:
        with self.database.read() as connection:
            found = connection.execute(_LIST_COUNTED, {"since": since})
            return [CountedWrite(row.at, CappedKind(row.kind), row.account) for row in found]

    def first_counted_write(self) -> datetime | None:
        with self.database.read() as connection:
            first: datetime | None = connection.scalar(_GET_FIRST)
            return first

    def first_message(self) -> datetime | None:
        with self.database.read() as connection:
            first: datetime | None = connection.scalar(GET_FIRST_MESSAGE)
            return first

    def withhold_forecasts(self, held: Iterable[ExpectedWithholding]) -> None:
        rows = map(_row, held)
        while part := list(islice(rows, PAGE)):
            with self.database.write() as connection:
                connection.execute(_HOLD, part)


def _row(held: ExpectedWithholding) -> dict[str, object]:
    where = {"of_connection": held.ref.connection, "of_id": held.ref.id, "of_key": held.key}
    return {**where, "new_cause": held.cause, "reason": held.because}


_MERELY_WAITS = (WithheldCause.MODE, WithheldCause.CONFIRMATION)
"""Causes that end when the connection enforces its policies, so that a cap is met then."""
_CONNECTIONS: BindParameter[Any] = bindparam("connections", expanding=True)
_LIST_COMING = (
    select(forecast_actions, tickets.c.account.label("ticket_account"))
    .join_from(
        forecast_actions,
        tickets,
        and_(tickets.c.connection == forecast_actions.c.connection, tickets.c.id == forecast_actions.c.ticket_id),
        isouter=True,
    )
    .with_only_columns(
        forecast_actions.c.connection,
        forecast_actions.c.ticket_id,
        forecast_actions.c.key,
        forecast_actions.c.due,
        forecast_actions.c.kind,
        tickets.c.account.label("ticket_account"),
    )
    .where(
        forecast_actions.c.connection.in_(_CONNECTIONS),
        forecast_actions.c.is_expected,
        or_(forecast_actions.c.cause.is_(None), forecast_actions.c.cause.in_(_MERELY_WAITS)),
    )
    .order_by(
        forecast_actions.c.due,
        forecast_actions.c.urgency,
        forecast_actions.c.connection,
        forecast_actions.c.ticket_id,
        forecast_actions.c.key,
    )
)
_LIST_COUNTED = (
    select(effects.c.at, effects.c.kind, tickets.c.account)
    .join_from(
        effects,
        tickets,
        and_(tickets.c.connection == effects.c.connection, tickets.c.id == effects.c.ticket_id),
        isouter=True,
    )
    .where(effects.c.kind.is_not(None), effects.c.at > bindparam("since", type_=UtcDateTime))
)
_GET_FIRST = select(func.min(effects.c.at, type_=UtcDateTime)).where(effects.c.kind.is_not(None))
_HOLD = (
    update(forecast_actions)
    .where(
        forecast_actions.c.connection == bindparam("of_connection"),
        forecast_actions.c.ticket_id == bindparam("of_id", type_=SafeText),
        forecast_actions.c.key == bindparam("of_key", type_=SafeText),
    )
    .values(cause=bindparam("new_cause", type_=Text), because=bindparam("reason", type_=SafeText))
)
