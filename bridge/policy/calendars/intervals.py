"""Sets of instants as sorted, disjoint intervals: begin included, end not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Everything that lies in at least one of them; what overlaps or touches becomes one, what is empty goes."""
    merged: list[Interval] = []
    for begin, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def within(intervals: Iterable[Interval], bounds: Interval) -> list[Interval]:
    """The part that lies in the bounds."""
    return union((max(begin, bounds[0]), min(end, bounds[1])) for begin, end in intervals)


def without(intervals: Iterable[Interval], removed: Iterable[Interval]) -> list[Interval]:
    """The part that lies in none of the removed."""
    left = union(intervals)
    for gone_from, gone_until in union(removed):
        left = union(
            part for begin, end in left for part in ((begin, min(end, gone_from)), (max(begin, gone_until), end))
        )
    return left


def length(intervals: Iterable[Interval]) -> timedelta:
    """The time they cover together."""
    return sum((end - begin for begin, end in union(intervals)), timedelta())
