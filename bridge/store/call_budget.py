"""Budgets of calls, counted in the database so that all processes share them."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import bindparam, select, update

from bridge.ports.call_budget import PORTION, WINDOW
from bridge.store.database import DatabasePart
from bridge.store.tables import call_budgets
from bridge.store.upsert import insert


class SqlCallBudget(DatabasePart):
    """Implements :class:`bridge.ports.call_budget.CallBudgetStore`."""

    def draw(self, connection: str, name: str, wanted: int, most: int, at: datetime) -> int:
        key = {"of_connection": connection, "of_name": name}
        with self.database.write() as database:
            made = insert(database.dialect.name, call_budgets).on_conflict_do_nothing()
            database.execute(made, {"connection": connection, "name": name, "drawn": "{}"})
            # locked until the end of the transaction, so that no two processes count at the same moment
            drawn = _within_window(json.loads(database.scalars(_GET_LOCKED, key).one()), at)
            granted = max(0, min(wanted, most - sum(drawn.values())))
            if granted:
                now = str(_portion(at))
                database.execute(_UPDATE, key | {"now_drawn": json.dumps(drawn | {now: drawn.get(now, 0) + granted})})
        return granted


def _portion(at: datetime) -> int:
    return int(at.timestamp() // PORTION.total_seconds())


def _within_window(drawn: dict[str, int], at: datetime) -> dict[str, int]:
    """What counts now, by portion: one that began earlier may have been used within the window."""
    first = _portion(at - WINDOW - PORTION)
    return {portion: count for portion, count in drawn.items() if int(portion) > first}


_OF = (call_budgets.c.connection == bindparam("of_connection"), call_budgets.c.name == bindparam("of_name"))
_GET_LOCKED = select(call_budgets.c.drawn).where(*_OF).with_for_update()
_UPDATE = update(call_budgets).where(*_OF).values(drawn=bindparam("now_drawn"))
