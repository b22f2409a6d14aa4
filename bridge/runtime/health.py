"""Health: the one list of conditions, as every page, probe, metric and command shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.errors import BridgeError
from bridge.policy.calendars.duration import readable
from bridge.ports.conditions import Condition, ConditionState
from bridge.runtime.retry import STUCK_AFTER_S, SWEEP_S, SWEEPS_MISSED
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore


@dataclass(frozen=True)
class Assessment:
    """Whether one condition holds, since when it does not, and what to do."""

    condition: Condition
    connection: str = ""
    """Empty: of the whole installation."""
    problem: str = ""
    """What is wrong; empty: nothing."""
    since: datetime | None = None
    """Since when it fails; None: unknown."""
    succeeded_at: datetime | None = None
    stops_nothing: bool = False
    """Whether the work goes on all the same."""

    @property
    def is_ok(self) -> bool:
        return not self.problem

    @property
    def prevents_readiness(self) -> bool:
        """Whether the installation cannot do its work."""
        return bool(self.problem) and self.condition.is_needed and not self.stops_nothing

    @property
    def subject(self) -> str:
        """What it is about, such as ``zendesk, the helpdesk answers``."""
        return f"{self.connection}, {self.condition.label}" if self.connection else self.condition.label

    @property
    def text(self) -> str:
        """Everything in one line: what is wrong, since when, and what to do."""
        if self.is_ok:
            at = self.succeeded_at
            return f"last success at {at:%Y-%m-%d %H:%M} UTC" if at else "nothing against it"
        since = f" (since {self.since:%Y-%m-%d %H:%M} UTC)" if self.since else ""
        return f"{self.problem}{since}; {self.condition.advice}"


@dataclass(frozen=True)
class Health:
    """Assesses the conditions of an installation from what the store has recorded."""

    store: SqlStore
    clock: TicketClock
    connections: Collection[str]
    has_policies: bool = True
    sweep_s: float = SWEEP_S

    def assess(self) -> list[Assessment]:
        """All conditions: those of the installation first, then those of each connection."""
        now = self.clock.now()
        self.store.succeeded(Condition.DATABASE, now)  # a write of its own shows whether it can be written
        recorded = {(state.connection, state.condition): state for state in self.store.conditions()}
        found = [self._reviews(now, recorded), self._policies()]
        for name, condition in self._expected():
            state = recorded.get((name, condition), ConditionState(condition, name))
            found.append(self._assessed(state, now))
        order = list(Condition)
        return sorted(found, key=lambda each: (each.connection, order.index(each.condition)))

    def _assessed(self, state: ConditionState, now: datetime) -> Assessment:
        match state.condition:
            case Condition.SWEEP:
                return self._sweep(state, now)
            case Condition.SOLE_WRITER if state.is_failing:
                return replace(assessed(state), stops_nothing=not self._is_stopped(state.connection))
        return assessed(state)

    def _is_stopped(self, connection: str) -> bool:
        try:
            return self.store.stop_of(connection) is not None
        except BridgeError:
            return False

    def _expected(self) -> Iterator[tuple[str, Condition]]:
        computed = (Condition.REVIEWS, Condition.POLICIES)
        for condition in Condition:
            if condition.is_of_connection:
                yield from ((name, condition) for name in self.connections)
            elif condition not in computed:
                yield "", condition

    def _policies(self) -> Assessment:
        return Assessment(Condition.POLICIES, problem="" if self.has_policies else "no policy is loaded")

    def _reviews(self, now: datetime, recorded: Mapping[tuple[str, Condition], ConditionState]) -> Assessment:
        """Whether some process reviews what is due; the tickets of connections on hold do not count.

        After a change of thousands of tickets at once many wait, and all is well while reviews are recorded.
        """
        try:
            wait = timedelta(seconds=self.store.longest_wait(now))
        except BridgeError as error:
            return Assessment(Condition.REVIEWS, problem=f"unknown: {error}")
        late_s = self.clock.real_time(wait).total_seconds()
        if late_s <= STUCK_AFTER_S or self._goes_on(now, recorded.get(("", Condition.RECORDS))):
            return Assessment(Condition.REVIEWS)
        return Assessment(Condition.REVIEWS, problem=f"a ticket has been due for {readable(late_s)}", since=now - wait)

    def _goes_on(self, now: datetime, records: ConditionState | None) -> bool:
        if records is None or records.succeeded_at is None:
            return False
        return self.clock.real_time(now - records.succeeded_at).total_seconds() <= STUCK_AFTER_S

    def _sweep(self, state: ConditionState, now: datetime) -> Assessment:
        """A sweep that no longer runs fails as well."""
        if state.is_failing or state.succeeded_at is None:
            return assessed(state)
        silence_s = self.clock.real_time(now - state.succeeded_at).total_seconds()
        if silence_s <= SWEEPS_MISSED * self.sweep_s:
            return assessed(state)
        problem = f"no sweep has ended for {readable(silence_s)}; check that `policybridge serve` is running"
        return Assessment(
            state.condition, state.connection, problem, since=state.succeeded_at, succeeded_at=state.succeeded_at
        )


def assessed(state: ConditionState) -> Assessment:
    """A condition as it is recorded."""
    problem = state.detail if state.is_failing else ""
    since = state.failing_since if problem else None
    return Assessment(state.condition, state.connection, problem, since, state.succeeded_at)
