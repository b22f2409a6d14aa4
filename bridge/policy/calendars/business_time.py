"""Open time as arithmetic: how much of it lies before an instant, and at which instant a given amount is reached.

Zones and opening hours are turned into plain spans here, once; nothing after that knows what a time zone is. Instants
are whole microseconds since the Unix epoch, days are whole days since 1970-01-01, spans are half-open ``[opens,
closes)``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = EPOCH.date().toordinal()
TICK = timedelta(microseconds=1)

Span = tuple[int, int]


def ticks(at: datetime) -> int:
    """An aware datetime as microseconds since the epoch, exactly."""
    return (at - EPOCH) // TICK


def instant(at: int) -> datetime:
    """Microseconds since the epoch as an aware UTC datetime."""
    return EPOCH + at * TICK


def day_number(day: date) -> int:
    """A date as days since 1970-01-01."""
    return day.toordinal() - FIRST_DAY


def day_of(number: int) -> date:
    """Days since 1970-01-01 as a date."""
    return date.fromordinal(number + FIRST_DAY)


def year_bounds(year: int) -> Span:
    """A calendar year in UTC."""
    return day_number(date(year, 1, 1)) * DAY, day_number(date(year + 1, 1, 1)) * DAY


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same instants as sorted spans that neither overlap nor touch."""
    joined: list[Span] = []
    for opens, closes in sorted(spans):
        if joined and opens <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(closes, joined[-1][1])
        else:
            joined.append((opens, closes))
    return joined


@dataclass(frozen=True)
class OffsetPeriod:
    """A stretch of instants over which a zone keeps one UTC offset, so that local time is plain addition."""

    begins: int
    ends: int
    offset: int

    def days(self, span: Span) -> range:
        """Local days that the span touches within this stretch."""
        opens, closes = max(span[0], self.begins), min(span[1], self.ends)
        return (
            range((opens + self.offset) // DAY, (closes + self.offset - 1) // DAY + 1) if opens < closes else range(0)
        )


def _offset(zone: ZoneInfo, at: int) -> int:
    return (datetime.fromtimestamp(at // SECOND, zone).utcoffset() or timedelta()) // TICK


@lru_cache(maxsize=1024)
def offset_periods(zone: ZoneInfo, year: int) -> tuple[OffsetPeriod, ...]:
    """The stretches of constant offset that make up one UTC year."""
    begins, ends = year_bounds(year)
    changes = [begins]
    for midnight in range(begins, ends, DAY):
        after = min(midnight + DAY, ends - SECOND)
        if _offset(zone, midnight) != _offset(zone, after):
            changes.append(_change(zone, midnight, after))
    return tuple(OffsetPeriod(a, b, _offset(zone, a)) for a, b in zip(changes, [*changes[1:], ends], strict=True))


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The second at which the offset becomes that of ``after``."""
    was = _offset(zone, before)
    seconds = range(before, after + SECOND, SECOND)
    return seconds[bisect_left(seconds, True, key=lambda at: _offset(zone, at) != was)]


def weekly_spans(zone: ZoneInfo, year: int, hours: Callable[[date], Iterable[Span]]) -> Iterator[Span]:
    """Open spans of one UTC year, from the local hours of each day given as microseconds since local midnight.

    An instant is open exactly when its local time lies within the hours of its local day: hours in the gap of a clock
    change do not exist, hours in its fold happen twice.
    """
    for period in offset_periods(zone, year):
        for number in period.days((period.begins, period.ends)):
            midnight = number * DAY - period.offset
            for opens, closes in hours(day_of(number)):
                span = max(midnight + opens, period.begins), min(midnight + closes, period.ends)
                if span[0] < span[1]:
                    yield span


def open_days(zone: ZoneInfo, year: int, spans: Iterable[Span]) -> set[int]:
    """Local days of one UTC year on which anything is open."""
    kept = list(spans)
    return {number for period in offset_periods(zone, year) for span in kept for number in period.days(span)}


class OpenTime:
    """The open spans of some years on end, with prefix sums: every question is one binary search."""

    def __init__(self, first_year: int, last_year: int, spans: Iterable[Span], days: Iterable[int]) -> None:
        """``spans`` and ``days`` in any order, all that there are in these UTC years."""
        self.first_year, self.last_year = first_year, last_year
        self.begins, self.ends = year_bounds(first_year)[0], year_bounds(last_year)[1]
        joined = merged(spans)
        self.opens = [opens for opens, _ in joined]
        self.closes = [closes for _, closes in joined]
        self._sums = list(accumulate(closes - opens for opens, closes in joined))
        self.days = sorted(set(days))

    def before(self, at: int) -> int:
        """Open time between the first of these years and ``at``."""
        begun = bisect_right(self.opens, at)
        return self._sums[begun - 1] - max(0, self.closes[begun - 1] - at) if begun else 0

    def reached(self, amount: int) -> int | None:
        """The earliest instant before which ``amount`` (more than zero) lies, or None: not within these years."""
        index = bisect_left(self._sums, amount)
        return self.closes[index] - (self._sums[index] - amount) if index < len(self._sums) else None

    def span_after(self, at: int) -> Span | None:
        """The span that is open at ``at``, else the next one; None when there is none within these years."""
        index = bisect_right(self.closes, at)
        return (self.opens[index], self.closes[index]) if index < len(self.closes) else None
