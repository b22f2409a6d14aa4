"""Clocks with their sums: the open time of each stretch, as the calendar of the clock counts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from bridge.decision import Clock, ClockState
from bridge.policy.calendars.calendar import Calendar
from bridge.ticket import Facts, Instant

IntervalKind = Literal["counted", "late", "paused", "ahead"]
"""``late`` is counted after the due time; ``ahead`` has not passed yet: what the due time was foreseen from."""


class Interval(Facts):
    """One line of the sum under a clock."""

    kind: IntervalKind
    begins: Instant
    ends: Instant
    seconds: int
    """Open time in it; 0 while paused."""
    sum_s: int
    """Open time up to its end."""


class CountedClock(Clock):
    """A clock with its sum written out; closed hours are the gaps between the intervals."""

    counted_s: int
    """Open time that has passed."""
    intervals: tuple[Interval, ...]


def with_sum(clock: Clock, calendar: Calendar, now: datetime) -> CountedClock:
    """A clock with its sum up to ``now``, and what is still ahead until it is due."""
    intervals = tuple(_intervals(clock, calendar, now))
    counted = sum(interval.seconds for interval in intervals if interval.kind != "ahead")
    return CountedClock(**dict(clock), counted_s=counted, intervals=intervals)


def _intervals(clock: Clock, calendar: Calendar, now: datetime) -> Iterator[Interval]:
    total = timedelta()
    for begins, ends, paused in _stretches(clock, now):
        spans = [(begins, ends)] if paused else calendar.open_spans(begins, ends)
        for since, until in _cut(spans, clock.due_at or now, now):
            before = int(total.total_seconds())
            total += timedelta() if paused else until - since
            after = int(total.total_seconds())
            kind = "paused" if paused else _kind(clock, since, now)
            yield Interval(kind=kind, begins=since, ends=until, seconds=after - before, sum_s=after)


def _kind(clock: Clock, since: datetime, now: datetime) -> IntervalKind:
    if since >= now:
        return "ahead"
    return "late" if clock.due_at is not None and since >= clock.due_at else "counted"


def _cut(spans: Iterable[tuple[datetime, datetime]], *points: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Spans, cut where a point lies within one."""
    for begins, ends in spans:
        yield from pairwise(sorted({begins, ends, *(at for at in points if begins < at < ends)}))


def _stretches(clock: Clock, now: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
    """From the start of a clock to its end, or to when it is due: begin, end, and whether it was paused."""
    at = clock.started_at
    stop = max(now, clock.due_at or now)
    for begins, ends in _joined(clock.spans):
        if at < begins:
            yield at, begins, True
        at = ends or stop
        yield begins, at, False
    if clock.state is ClockState.PAUSED and at < now:
        yield at, now, True


def _joined(spans: Iterable[tuple[datetime, datetime | None]]) -> list[tuple[datetime, datetime | None]]:
    """Spans that touch made one: where the severity changed, the clock went on."""
    joined: list[tuple[datetime, datetime | None]] = []
    for begins, ends in spans:
        if joined and joined[-1][1] == begins:
            begins, _ = joined.pop()
        joined.append((begins, ends))
    return joined
