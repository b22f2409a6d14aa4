"""Bursts: far more messages to customers within an hour than is usual. All writing is stopped then. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

from bridge.plan.caps import FIRST_DAY, HOUR

USUAL_OVER = timedelta(days=7)
"""The time over which the usual number of messages is an average; with less than a day of it, none is usual."""
BURST_FLOOR = 20
"""Fewer messages within an hour are not a burst, however few are usual."""


def usual_since(first: datetime, at: datetime) -> datetime | None:
    """Since when messages count as usual, where the ``first`` ever was then; None: that is not long enough ago."""
    begin = max(first, at - HOUR - USUAL_OVER)
    return begin if at - HOUR - begin >= FIRST_DAY else None


def describe_burst(recent: int, before: int, since: datetime, at: datetime, factor: int) -> str:
    """Why ``recent`` messages of the last hour are a burst, after ``before`` since an instant; empty: they are none."""
    usual = before / ((at - HOUR - since) / HOUR)
    if recent <= max(BURST_FLOOR, factor * usual):
        return ""
    return f"{recent} messages to customers within an hour, where {usual:.2g} are usual"


class BurstsAhead:
    """The messages of an installation from now on, the next due first."""

    def __init__(self, factor: int | None, first: datetime | None, made: Iterable[datetime]) -> None:
        """``first``: when the first message ever was sent; ``made``: those of the time over which they are usual."""
        self._factor, self._first = factor, first
        self._made = sorted(made)
        self._burst = ""

    def stops(self, at: datetime, messages: int) -> str:
        """Why all writing is stopped at or before an instant at which so many messages are due; empty: it is not."""
        if self._burst or self._factor is None:
            return self._burst
        since = usual_since(self._first, at) if self._first and messages else None
        if since:
            recent = len(self._made) - bisect_right(self._made, at - HOUR) + messages
            before = bisect_right(self._made, at - HOUR) - bisect_left(self._made, since)
            self._burst = describe_burst(recent, before, since, at, self._factor)
        return self._burst

    def sent(self, at: datetime, messages: int) -> None:
        """So many messages are sent at an instant, which is not earlier than the last."""
        self._made += [at] * messages
        self._first = self._first or (at if messages else None)
