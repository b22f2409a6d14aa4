"""Stopping: nothing is written while a stop is in force. Reviews and clocks go on, and what they plan is withheld."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from bridge.decision import Plan, WithheldCause
from bridge.errors import BridgeError, Stopped
from bridge.ports.audit import audit_entry
from bridge.ports.stops import EVERYTHING, Stop, stop_entry
from bridge.ports.store import Store
from bridge.ports.withheld import WithheldAction
from bridge.runtime.known_names import check_connection

_heeded_after: ContextVar[datetime | None] = ContextVar("heeded_after", default=None)


@contextmanager
def despite_stops_before(instant: datetime) -> Iterator[None]:
    """In this context, stops that began before hinder no write: people undo while everything is stopped."""
    token = _heeded_after.set(instant)
    try:
        yield
    finally:
        _heeded_after.reset(token)


@dataclass(frozen=True)
class Stops:
    """The stops of an installation, as the store has them at this moment."""

    store: Store

    def check(self, connection: str) -> None:
        """Ask before each write. Raises ``Stopped``, and ``Retry`` when the store cannot be asked."""
        heeded_after = _heeded_after.get()
        if heeded_after is None:
            stop = self.store.stop_of(connection)
        else:
            later = (each for each in self.store.stops() if each.at > heeded_after)
            stop = next((each for each in later if each.scope in (EVERYTHING, connection)), None)
        if stop:
            raise Stopped(str(stop))

    def withhold(self, plan: Plan, connection: str) -> Plan:
        """A plan that is withheld as a whole while a stop is in force."""
        stop = self.store.stop_of(connection) if plan.permitted else None
        return plan.withhold(WithheldCause.STOP, str(stop)) if stop else plan

    def stop(self, scope: str, who: str, because: str, now: datetime) -> bool:
        """Stop writing to a connection, or to all. False: it was stopped already."""
        stop = Stop(scope, now, who, because)
        return self.store.stop(stop, stop_entry(stop))

    def resume(self, connection: str | None, who: str, because: str, now: datetime) -> list[Stop]:
        """End the stop of a connection, or without one every stop; returns those that were ended."""
        return [
            stop
            for stop in self.to_resume(connection)
            if self.store.resume(stop.scope, audit_entry("resume", f"{stop.what} resumed by {who}", because, now), now)
        ]

    def held_up(self, stops: Sequence[Stop]) -> list[WithheldAction]:
        """What these stops have withheld, the most urgent first; it is written after them if it is still true."""
        scopes = {stop.scope for stop in stops}
        found = self.store.withheld(causes=[WithheldCause.STOP])
        return [each for each in found if scopes & {EVERYTHING, each.ref.connection}]

    def to_resume(self, connection: str | None) -> list[Stop]:
        """The stops that resuming would end. Raises ``BridgeError`` where another stop would remain."""
        stops = self.store.stops()
        if connection is None:
            return stops
        if any(stop.scope == EVERYTHING for stop in stops):
            raise BridgeError("all connections are stopped: `policybridge resume` without --connection resumes them")
        return [stop for stop in stops if stop.scope == connection]


def stop_scope(connection: str | None, connections: Collection[str]) -> str:
    """The scope that a person names. Raises ``Unknown`` for a connection that does not exist."""
    if connection is None:
        return EVERYTHING
    check_connection(connection, connections)
    return connection
