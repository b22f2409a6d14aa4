"""Clocks: the promises of time, and those that stay as earlier rules have evaluated them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from bridge.decision.citation import Cited, NonEmpty
from bridge.ticket import AmendmentKind, Facts, Instant


class ClockState(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class ClockAmendment(Facts):
    """What somebody agreed about a clock, and how it would stand without that."""

    what: AmendmentKind
    at: Instant
    by: str
    reason: str
    until: Instant | None = None
    due_without: Instant | None = None
    state_without: ClockState


class Clock(Cited):
    """One promise of time: since when it runs, when it is due, how it stands."""

    name: NonEmpty
    started_at: Instant
    due_at: Instant | None
    """None while the clock is paused: nobody can say when it will be due."""
    warn_at: Instant | None = None
    state: ClockState
    met_at: Instant | None = None
    ended_at: Instant | None = None
    """When it was met, cancelled or, unmet, breached; None while it runs or is paused."""
    target_s: int
    calendar: str | None = None
    """The calendar of the pack on which it counts; None is the pack's first."""
    spans: tuple[tuple[Instant, Instant | None], ...] = ()
    """The stretches in which it was not paused; the last is open while it runs. Open time in them is what counts."""
    amendment: ClockAmendment | None = Field(default=None, exclude_if=lambda amendment: amendment is None)
    """What was last agreed about it."""
    resumed_at: Instant | None = Field(default=None, exclude_if=lambda at: at is None)
    """When the ticket was last reopened, and the clock, which its resolution had met, went on."""

    @property
    def is_owed(self) -> bool:
        """Whether it was breached and has not been met since."""
        return self.state is ClockState.BREACHED and self.met_at is None

    @property
    def is_overdue(self) -> bool:
        """Whether it was breached and still runs: nothing is due before it."""
        return self.is_owed and bool(self.spans) and self.spans[-1][1] is None

    def and_then(self, now: Clock | None) -> Clock:
        """This verdict; a clock that was breached unmet may still be met, and stays breached.

        One that was met is undone by a reopening with which the clock went on.
        """
        if now is None or not (self.is_owed or self._was_resumed(now)):
            return self
        if self.state is not ClockState.BREACHED:
            return now
        ended = now.met_at or (now.ended_at if now.resumed_at else self.ended_at)
        update = {"met_at": now.met_at, "ended_at": ended, "spans": now.spans, "resumed_at": now.resumed_at}
        return self.model_copy(update=update)

    def _was_resumed(self, now: Clock) -> bool:
        """Whether the ticket was reopened after this verdict, and its clock went on as ``now``."""
        return self.ended_at is not None and now.resumed_at is not None and now.resumed_at >= self.ended_at


class KeptClocks(Facts):
    """What other rules leave behind: verdicts closed before an edit, runs that began before a cutover, what was due."""

    clocks: tuple[Clock, ...] = ()
    before: Instant | None = None
    """The cutover. Of clocks that started before it only the kept ones count, of what was due by then only ``due``."""
    due: frozenset[str] = Field(default=frozenset(), exclude_if=lambda due: not due)
    """Keys of what the other rules wanted as of the cutover or before."""
    rules: frozenset[str] | None = Field(default=None, exclude_if=lambda rules: rules is None)
    """Names of the other rules; a rule that is not among them begins at the cutover. None: none does."""

    def since(self, adopted_at: datetime | None) -> KeptClocks:
        """Without what was before a ticket was adopted."""
        if adopted_at is None:
            return self
        started = tuple(clock for clock in self.clocks if clock.started_at >= adopted_at)
        if self.before and self.before <= adopted_at:
            return KeptClocks(clocks=started)
        return self.model_copy(update={"clocks": started})

    def begins(self, rule: str) -> bool:
        """Whether a rule, by its name, begins at the cutover."""
        return self.before is not None and self.rules is not None and rule not in self.rules

    def was_running(self, clock: str) -> bool:
        """Whether the other rules had a clock of this name under way at the cutover."""
        return any(
            kept.name == clock and (kept.ended_at is None or kept.is_owed or kept.ended_at > self.before)
            for kept in self.clocks
            if self.before and kept.started_at < self.before
        )

    def over(self, name: str, clocks: Sequence[Clock]) -> list[Clock]:
        """The clocks of one rule, oldest first, with the kept ones in their places."""
        if self == KeptClocks():
            return list(clocks)
        own = KeptClocks(clocks=tuple(kept for kept in self.clocks if kept.name == name))
        evaluated = [clock for clock in clocks if self.before is None or clock.started_at >= self.before]
        return sorted(own.among(evaluated), key=lambda clock: clock.started_at)

    def among(self, clocks: Sequence[Clock]) -> tuple[Clock, ...]:
        """Evaluated clocks with the kept ones in their places; one whose rule is gone is added."""
        if not self.clocks:
            return tuple(clocks)
        evaluated = {(clock.name, clock.started_at): clock for clock in clocks}
        kept = {(clock.name, clock.started_at): clock for clock in self.clocks}
        merged = evaluated | {start: clock.and_then(evaluated.get(start)) for start, clock in kept.items()}
        return tuple(merged.values())


def next_due(clocks: Iterable[Clock]) -> Clock | None:
    """The clock that is due next, or overdue and still running; None when nothing is due."""
    waiting = (clock for clock in clocks if clock.due_at and (clock.ended_at is None or clock.is_overdue))
    return min(waiting, key=lambda clock: (clock.due_at, clock.name), default=None)
