"""Conditions: what last succeeded and what fails. A failure that cannot be saved is kept in memory until it can."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, select, text

from bridge.errors import BridgeError
from bridge.machine_clock import ClockCheck
from bridge.ports.conditions import Condition, ConditionState
from bridge.store.database import DatabasePart
from bridge.store.tables import conditions
from bridge.store.upsert import insert

SAVE_EVERY_S = 10.0
"""A success that only repeats the last one is saved this often."""
READ_EVERY_S = 2.0
"""How old this process's knowledge of what other processes recorded may be."""

_Key = tuple[str, Condition]


@dataclass
class _Memory:
    """What this process knows; a failure in it could not be saved."""

    lock: Lock = field(default_factory=Lock)
    saved_at: dict[_Key, float] = field(default_factory=dict)
    unsaved: dict[_Key, ConditionState] = field(default_factory=dict)
    failing: frozenset[_Key] = frozenset()
    read_at: float = float("-inf")


class SqlConditions(DatabasePart):
    """Implements :class:`bridge.ports.conditions.ConditionStore`."""

    @cached_property
    def _memory(self) -> _Memory:
        return _Memory()

    def succeeded(self, condition: Condition, at: datetime, connection: str = "") -> None:
        key, memory = (connection, condition), self._memory
        if not self._is_news(key):
            return
        state = ConditionState(condition, connection, succeeded_at=at)
        try:
            self._save(state)
        except BridgeError as error:
            self._note_unwritable(at, error)
            return
        with memory.lock:
            memory.saved_at[key] = time.monotonic()
            memory.unsaved.pop(key, None)
            memory.failing -= {key}

    def failed(self, condition: Condition, at: datetime, detail: str, connection: str = "") -> ConditionState:
        key, memory = (connection, condition), self._memory
        try:
            with self.database.write() as session:
                row = session.execute(_LOCK_STATE, _of(key)).first()
                state = _failed(_state(row) if row else ConditionState(condition, connection), at, detail)
                _upsert(session, state)
        except BridgeError as error:
            with memory.lock:
                state = _failed(memory.unsaved.get(key) or ConditionState(condition, connection), at, detail)
                memory.unsaved[key] = state
            if condition is not Condition.DATABASE:
                self._note_unwritable(at, error)
        with memory.lock:
            memory.failing |= {key}
        return state

    def conditions(self) -> Sequence[ConditionState]:
        try:
            with self.database.read() as session:
                found = {(row.connection, Condition(row.name)): _state(row) for row in session.execute(_LIST_STATES)}
        except BridgeError:
            found = {}
        with self._memory.lock:
            for key, unsaved in self._memory.unsaved.items():
                saved = found.get(key)
                found[key] = replace(unsaved, succeeded_at=saved.succeeded_at) if saved else unsaved
        return list(found.values())

    def condition(self, condition: Condition, connection: str = "") -> ConditionState:
        nothing = ConditionState(condition, connection)
        found = (state for state in self.conditions() if (state.condition, state.connection) == (condition, connection))
        return next(found, nothing)

    def clock_problem(self) -> str:
        """Why this machine's clock is not to be trusted beside other hosts; empty: it agrees with the database's."""
        if self.database.writer.dialect.name != "postgresql":
            return ""  # the database is this machine
        check = ClockCheck("the database")
        with self.database.read() as session:
            session.execute(text("SELECT 1"))  # a connection that has to be opened first would blur the comparison
            sent = check.read()
            check.compare(sent, session.execute(text("SELECT clock_timestamp()")).scalar_one(), precision_s=0.0)
        return check.problem()

    def _is_news(self, key: _Key) -> bool:
        memory, now = self._memory, time.monotonic()
        if now - memory.read_at > READ_EVERY_S:
            failing = frozenset((each.connection, each.condition) for each in self.conditions() if each.failures)
            with memory.lock:
                memory.failing, memory.read_at = failing, now
        return key in memory.failing or now - memory.saved_at.get(key, float("-inf")) > SAVE_EVERY_S

    def _save(self, state: ConditionState) -> None:
        with self.database.write() as session:
            _upsert(session, state)

    def _note_unwritable(self, at: datetime, error: BridgeError) -> None:
        key = ("", Condition.DATABASE)
        with self._memory.lock:
            before = self._memory.unsaved.get(key) or ConditionState(Condition.DATABASE)
            self._memory.unsaved[key] = _failed(before, at, str(error))
            self._memory.failing |= {key}


def _failed(before: ConditionState, at: datetime, detail: str) -> ConditionState:
    return replace(before, failing_since=before.failing_since or at, failures=before.failures + 1, detail=detail)


def _of(key: _Key) -> dict[str, str]:
    return {"of_connection": key[0], "of_name": key[1]}


def _state(row: Row[Any]) -> ConditionState:
    return ConditionState(
        Condition(row.name), row.connection, row.succeeded_at, row.failing_since, row.failures, row.detail
    )


def _upsert(session: Connection, state: ConditionState) -> None:
    values = {
        "connection": state.connection,
        "name": state.condition,
        "succeeded_at": state.succeeded_at,
        "failing_since": state.failing_since,
        "failures": state.failures,
        "detail": state.detail,
    }
    session.execute(_upsert_state(session.dialect.name), values)


@cache
def _upsert_state(dialect: str) -> Executable:
    new = insert(dialect, conditions)
    kept = ("succeeded_at", "failing_since", "failures", "detail")
    return new.on_conflict_do_update(
        index_elements=list(conditions.primary_key), set_={name: new.excluded[name] for name in kept}
    )


_LIST_STATES = select(conditions).where(
    conditions.c.connection >= "",  # a range of the primary key, which holds all of them
    conditions.c.name.in_(list(Condition)),
)
_LOCK_STATE = (
    select(conditions)
    .where(conditions.c.connection == bindparam("of_connection"), conditions.c.name == bindparam("of_name"))
    .with_for_update()
)
