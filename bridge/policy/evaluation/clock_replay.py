"""How a clock runs: a walk through the changes of target, calendar and pause, from the timeline each time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bridge.decision import Clock, ClockState
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.calendars.duration import BusinessDays, Length, humanize
from bridge.policy.evaluation.clock_run import ClockRun
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.field_periods import segments


@dataclass(frozen=True)
class TargetInForce:
    """A target as it is in force: how long, by which clause, on which calendar."""

    within: Length
    clause: str
    calendar: str | None
    level: str | None = None
    """The severity level whose target it is."""


class ReplayedRule(Protocol):
    """What a replay needs of the rule whose clock it reads."""

    @property
    def name(self) -> str:
        """Name of the clock."""

    @property
    def clause(self) -> str:
        """Id of its clause."""

    @property
    def calendar(self) -> str | None:
        """Its calendar; None is the pack's first."""

    @property
    def warn_at_percent(self) -> int:
        """Share of the target after which it warns."""

    @property
    def on_level_change(self) -> str:
        """What a change of the severity level does to a run."""

    def change_points(self, context: Context) -> Sequence[datetime]:
        """The instants at which target or pause may change, sorted."""

    def target_at(self, context: Context, at: datetime) -> TargetInForce | None:
        """The target in force at an instant."""

    def is_paused(self, context: Context, at: datetime) -> bool:
        """Whether it is paused at an instant."""


@dataclass
class ClockReplay:
    """Walks one run through the changes of target and pause, and reads the clock at the end."""

    rule: ReplayedRule
    context: Context
    run: ClockRun
    spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    rested: timedelta = timedelta()
    target: TargetInForce | None = None
    target_since: datetime = field(init=False)
    """When the target last changed."""
    due: datetime | None = None
    warn: datetime | None = None
    paused: bool = False
    breached: bool = False
    ended: datetime | None = None
    share: float = 1.0
    """Of the target, what was left when the level last changed."""
    base: int = 0
    """How many of the spans lay before that change."""
    _counted: dict[Calendar, list[timedelta]] = field(default_factory=dict)
    """For each calendar that was in force, the time it counts up to the end of each of the spans."""

    def __post_init__(self) -> None:
        self.target_since = self.run.start
        if head := self.run.head_start:
            self.spans.append((head.begin, head.end))

    @property
    def begin(self) -> datetime:
        """From when on it counts."""
        return self.run.head_start.begin if self.run.head_start else self.run.start

    @property
    def is_over(self) -> bool:
        """Whether it was met or cancelled; a breach alone ends nothing."""
        return self.ended is not None

    @property
    def calendar(self) -> Calendar:
        """The calendar on which it counts."""
        return self.context.calendar(self.target.calendar if self.target else self.rule.calendar)

    def clock(self) -> Clock | None:
        self.ended = self.run.end
        points = self.rule.change_points(self.context)
        first = bisect_right(points, self.run.start)
        last = bisect_left(points, self.run.end) if self.run.end else len(points)
        rests = (at for rest in self.run.rests for at in rest if at)
        stretches = segments([*points[first:last], *rests], self.run.start, self.run.end)
        if self.run.end == self.run.start and self.run.how == "met":
            stretches = [(self.run.start, self.run.start)]
        for start, end in stretches:
            if start > self.context.now or not self._pass(start, end):
                break
        return self._read() if self.target else None

    def _pass(self, start: datetime, end: datetime) -> bool:
        """Go through a stretch in which nothing changes; False when the clock ends in it."""
        target = self.rule.target_at(self.context, start)
        if target is None and self.target is not None:
            self.ended, self.run = start, ClockRun(self.run.start, start, "cancelled")
            return False
        if target and not self.breached:
            if self.target and self.target.level != target.level and self.rule.on_level_change == "proportional":
                self._use_up()
            self.target_since = start if target != self.target else self.target_since
            self.target = target
        self.paused = self.run.rests_at(start) or self.rule.is_paused(self.context, start)
        seen = min(end, self.context.now)
        if self.paused:
            self._rest(start, seen)
        elif not self.breached and self.target:
            self._foresee(start)
            self.breached = self.due is not None and self.due < end and self.due <= self.context.now
        if not self.paused:
            self.spans.append((start, end))
        return True

    def _rest(self, start: datetime, end: datetime) -> None:
        """While it is paused nobody knows when it will be due; a warning that was given stays."""
        self.rested += self.calendar.measure(start, end)
        if not self.breached:
            self.due = None
            self.warn = self.warn if self.warn and self.warn <= start else None

    def _use_up(self) -> None:
        """Of the target of the next level, the share that is left of the present one."""
        used = self._counted_before(len(self.spans)) - self._counted_before(self.base)
        self.share = max(0.0, self.share - used / self._seconds())
        self.base = len(self.spans)

    def _foresee(self, start: datetime) -> None:
        """When it is due, and when to warn, if nothing changes after ``start``."""
        within = self.target.within if self.target else timedelta()
        if self.base:
            self.due = self._at(self._seconds() * self.share, start)
        elif isinstance(within, BusinessDays):
            self.due = self.calendar.add_business_days(self.begin, within)
            if self.rested:
                # never the close of a day but the next opening, as without a pause
                self.due = self.calendar.next_open(self.calendar.add(self.due, self.rested))
        else:
            self.due = self._at(within, start)
        self.warn = self._at(self._seconds() * max(0.0, self.rule.warn_at_percent / 100 - 1 + self.share), start)
        self.due = self.run.due_at or self.due
        if self.run.not_before and self.due < self.run.not_before:
            self.due, self.warn = self.run.not_before, self.run.not_before - (self.due - self.warn)

    def _seconds(self) -> timedelta:
        within = self.target.within if self.target else timedelta()
        if isinstance(within, BusinessDays):
            return self.calendar.measure(self.begin, self.calendar.add_business_days(self.begin, within))
        return within

    def counted_for(self, share: float) -> timedelta:
        """The time that has been counted in all once a share of the target has passed."""
        return self._counted_before(self.base) + self._seconds() * max(0.0, share - 1 + self.share)

    def _at(self, amount: timedelta, start: datetime) -> datetime:
        """The instant at which ``amount`` has been counted since the level last changed the share."""
        amount += self._counted_before(self.base)
        counted = self._sums(len(self.spans))
        index = bisect_left(counted, amount)
        before = counted[index - 1] if index else timedelta()
        return self.calendar.add(self.spans[index][0] if index < len(counted) else start, amount - before)

    def _sums(self, spans: int) -> list[timedelta]:
        """The time that the present calendar counts up to the end of each of the first ``spans`` spans, or more."""
        counted = self._counted.setdefault(self.calendar, [])
        for begin, end in self.spans[len(counted) : spans]:
            counted.append((counted[-1] if counted else timedelta()) + self.calendar.measure(begin, end))
        return counted

    def _counted_before(self, spans: int) -> timedelta:
        """The time that the present calendar counts in the first ``spans`` spans."""
        return self._sums(spans)[spans - 1] if spans else timedelta()

    def _read(self) -> Clock:
        aim = self.target or TargetInForce(timedelta(), self.rule.clause, self.rule.calendar)
        state = self._state()
        met = self.run.end if self.run.how == "met" else None
        over = self.ended is not None
        return Clock(
            cite=self.context.cite(aim.clause),
            because="at the agreed time" if self.run.due_at else self._within(aim),
            name=self.rule.name,
            started_at=self.run.start,
            due_at=self.due,
            warn_at=None if over or self.breached else self.warn,
            state=state,
            met_at=met,
            ended_at=self.ended if not self.breached else met or self.due,
            target_s=int((self._counted_before(self.base) + self._seconds() * self.share).total_seconds()),
            calendar=aim.calendar,
            spans=tuple(self._stretches()),
            resumed_at=self.run.resumed_at,
        )

    def _within(self, aim: TargetInForce) -> str:
        """How long it may take, what of that was left when the level changed, and what a merged ticket adds."""
        left = f", of which {self.share:.0%} was left when the level changed" if self.base else ""
        head = self.run.head_start
        merged = f", counted from ticket {head.source}, which was merged into this one" if head else ""
        return f"within {humanize(aim.within)}{left}{merged}"

    def _state(self) -> ClockState:
        if self.breached:
            return ClockState.BREACHED
        if self.ended is not None:
            return ClockState.MET if self.run.how == "met" else ClockState.CANCELLED
        return ClockState.PAUSED if self.paused else ClockState.RUNNING

    def _stretches(self) -> list[tuple[datetime, datetime | None]]:
        """The stretches in which it was not paused; the last is open while it runs."""
        if self.ended is None:
            return [(begin, end if end <= self.context.now else None) for begin, end in self.spans]
        stop = self.ended
        return [(begin, min(end, stop)) for begin, end in self.spans if begin < stop or begin == self.run.start]
