"""Cycles of a ticket: from opening to resolution, from reopening to the next resolution, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.timeline_index import TimelineIndex
from bridge.ticket import TimelineEntry


@dataclass(frozen=True)
class ResolutionCycle:
    """From opening or reopening until the ticket was resolved."""

    start: datetime
    end: datetime | None
    """None while it is open."""
    entries: Sequence[TimelineEntry]


def resolution_cycles(
    created: datetime, resolved: Iterable[FieldPeriod], timeline: TimelineIndex
) -> list[ResolutionCycle]:
    """The cycles of a ticket, given the periods in which it counted as resolved. There is always one."""
    bounds: list[tuple[datetime, datetime | None]] = []
    start: datetime | None = created
    for period in resolved:
        # A ticket that was created resolved has its first cycle of no length: later ones of no length are none.
        if start is not None and (period.start > start or not bounds):
            bounds.append((start, period.start))
        start = period.end
    if start is not None:
        bounds.append((start, None))
    return [ResolutionCycle(start, end, timeline.between(start, end)) for start, end in bounds]
