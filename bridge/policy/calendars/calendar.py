"""Calendars: when a support team is at work, how much of that time has passed, and when a given amount will have.

Open time is defined once, as spans of instants; adding and measuring walk the same spans, so they cannot disagree
over a weekend, a holiday or a change of the clocks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bridge.errors import InputError
from bridge.policy.calendars.business_time import (
    DAY,
    TICK,
    OpenTime,
    Span,
    day_number,
    day_of,
    instant,
    merged,
    open_days,
    ticks,
    weekly_spans,
    year_bounds,
)
from bridge.policy.calendars.closed_times import without
from bridge.policy.calendars.spec import WHOLE_DAY, CalendarSpec, country_holidays, interval_span, week_of

__all__ = ["Calendar", "CalendarSpec"]

YEARS = range(1970, 2200)
"""Years a calendar covers; an instant outside is a mistake somewhere else."""
LAST = year_bounds(YEARS[-1])[1]
MARGIN = 2 * DAY  # a local day may belong to another UTC year
NEVER_OPENS = "the calendar never opens again; give it hours, or check its holidays and special_days"


class Calendar:
    """A compiled calendar. Immutable to its users; years are worked out when they are first asked for.

    Instants go in as aware datetimes of any zone and come out in UTC.
    """

    def __init__(self, spec: CalendarSpec) -> None:
        """Prefer :meth:`of`, which compiles a specification once."""
        self.spec = spec
        self.zone = ZoneInfo(spec.time_zone)
        """The zone in which local days and business days are counted."""
        self._parts: list[Calendar] = [Calendar.of(part) for part in spec.union]
        self._week = week_of(spec.hours)
        self._special = {day: [interval_span(text) for text in hours] for day, hours in spec.special_days.items()}
        self.always: bool = any(part.always for part in self._parts) or (
            all(hours == [WHOLE_DAY] for hours in self._week)
            and not (spec.holidays or spec.holiday_country or spec.special_days or spec.closed)
        )
        """Open at every instant."""
        self._closed = frozenset(spec.holidays)
        self._gaps = [closed.span(self.zone) for closed in spec.closed]
        self._years: dict[int, list[Span]] = {}
        self._open_time: OpenTime | None = None

    @classmethod
    def of(cls, spec: CalendarSpec) -> Calendar:
        """The calendar of a specification; equal specifications share one."""
        return _compiled(spec)

    def is_open(self, at: datetime) -> bool:
        """Whether the team is at work at this instant; closed at the very instant of closing."""
        span = self._span_after(ticks(at), until=ticks(at))
        return span is not None and span[0] <= ticks(at)

    def next_open(self, at: datetime) -> datetime:
        """``at`` itself when open, else the next opening. Raises ``InputError`` when there is none."""
        span = self._span_after(ticks(at), until=ticks(at))
        if span is None:
            raise InputError(NEVER_OPENS)
        return instant(max(ticks(at), span[0]))

    def next_change(self, at: datetime) -> datetime | None:
        """The next opening or closing after an instant; None when there is none."""
        spans = () if self.always else self.open_spans(at)
        return next((turn for span in spans for turn in span if turn > at), None)

    def open_spans(self, start: datetime, end: datetime | None = None) -> Iterator[tuple[datetime, datetime]]:
        """Open spans ``[opens, closes)`` in order, clipped to ``[start, end)``; no two overlap or touch.

        Without ``end`` they go on for as long as the calendar ever opens, worked out as they are asked for.
        """
        at, limit = ticks(start), min(ticks(end), LAST) if end else LAST
        while at < limit and (span := (at, limit) if self.always else self._span_after(at, until=limit)):
            opens, closes = max(at, span[0]), min(limit, span[1])
            if opens < closes:
                yield instant(opens), instant(closes)
            at = span[1]

    def measure(self, start: datetime, end: datetime) -> timedelta:
        """Open time from ``start`` to ``end``; negative when ``end`` comes first."""
        first, last = ticks(start), ticks(end)
        known = self._open_time_around(first, last)
        return (known.before(last) - known.before(first)) * TICK

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The earliest instant by which ``amount`` of open time has passed since ``start``; zero gives ``start``.

        So an amount that ends with a working day is due at that closing, not at the next opening. Raises
        ``ValueError`` for a negative amount and ``InputError`` when the calendar stops opening before it is reached.
        """
        if amount < timedelta():
            raise ValueError(f"cannot add {amount} of open time: an amount is never negative")
        if not amount:
            return start.astimezone(UTC)
        begins = ticks(start)
        known = self._open_time_around(begins, begins)
        while (reached := known.reached(known.before(begins) + amount // TICK)) is None:
            known = self._open_time_beyond(begins, known)
        return instant(reached)

    def is_business_day(self, day: date) -> bool:
        """Whether this local day has any opening time at all."""
        number = day_number(day)
        days = self._open_time_around(number * DAY, number * DAY).days
        return bisect_right(days, number) > bisect_right(days, number - 1)

    def add_business_days(self, start: datetime, n: int) -> datetime:
        """The same local time ``n`` business days later; a start outside opening hours counts from the next opening.

        Local times that a change of the clocks skips are taken as if the old offset still held (02:30 becomes 03:30),
        of those that happen twice the first counts. When the target day is not open at that time (half days, other
        hours), it is the last closing before it on that day, or the day's first opening when there is none. Zero days
        give ``start``. Raises ``ValueError`` for a negative number, ``InputError`` when the calendar stops opening.
        """
        if n < 0:
            raise ValueError(f"cannot add {n} business days: the number is never negative")
        if n == 0:
            return start.astimezone(UTC)
        begins = self.next_open(start).astimezone(self.zone)
        day = self._business_day_after(begins.date(), n)
        return self._within(day, self._local(day, begins.time()))

    def business_days_between(self, a: datetime, b: datetime) -> int:
        """Steps of one business day from the local date of ``a`` to that of ``b``; negative when ``b`` comes first.

        It counts the business days after the first date up to and including the second.
        """
        first, last = (day_number(at.astimezone(self.zone).date()) for at in (a, b))
        days = self._open_time_around(ticks(a), ticks(b)).days
        return bisect_right(days, last) - bisect_right(days, first)

    def _local(self, day: date, at: time = time.min) -> datetime:
        return datetime.combine(day, at.replace(fold=0), self.zone).astimezone(UTC)

    def _business_day_after(self, day: date, n: int) -> date:
        number = day_number(day)
        known = self._open_time_around(number * DAY, number * DAY)
        while (index := bisect_right(known.days, number) + n - 1) >= len(known.days):
            known = self._open_time_beyond(number * DAY, known)
        return day_of(known.days[index])

    def _within(self, day: date, due: datetime) -> datetime:
        """``due`` when the day is open then, else the closing before it or the first opening of the day."""
        if self.is_open(due) and due.astimezone(self.zone).date() == day:
            return due
        spans = list(self.open_spans(self._local(day), self._local(day + timedelta(days=1))))
        return max((closes for _, closes in spans if closes <= due), default=spans[0][0])

    def _span_after(self, at: int, until: int) -> Span | None:
        """The span open at ``at`` or the next one, with its real end as far as that lies before ``until``."""
        known = self._open_time_around(at, at)
        while True:
            span = known.span_after(at)
            if known.last_year == YEARS[-1] or (span and (span[1] < known.ends or known.ends >= until)):
                return span
            known = self._open_time_beyond(at, known)

    def _open_time_beyond(self, at: int, known: OpenTime) -> OpenTime:
        """Twice as far from ``at`` as is known, at most to the last year; ``InputError`` when that is known already."""
        if known.last_year == YEARS[-1]:
            raise InputError(NEVER_OPENS)
        return self._open_time_around(at, min(2 * known.ends - at, LAST - 1))

    def _open_time_around(self, a: int, b: int) -> OpenTime:
        """The open time of all years around two instants, in any order."""
        first, last = min(a, b), max(a, b)
        known = self._open_time
        if known and known.begins + MARGIN <= first and last < known.ends - MARGIN:
            return known
        for at in (first, last):
            if instant(at).year not in YEARS:
                raise InputError(f"{instant(at):%Y-%m-%d} lies outside the years of a calendar, 1970 to 2199")
        begins = max(instant(first - MARGIN).year, YEARS[0])
        ends = min(instant(last + MARGIN).year, YEARS[-1])
        if known and known.first_year <= begins and ends <= known.last_year:
            return known
        if known:
            begins, ends = min(begins, known.first_year), max(ends, known.last_year)
        self._open_time = known = self._computed(begins, ends)
        return known

    def _computed(self, first_year: int, last_year: int) -> OpenTime:
        years = range(first_year, last_year + 1)
        spans = {year: self._spans_in(year) for year in years}
        days = (day for year in years for day in open_days(self.zone, year, spans[year]))
        return OpenTime(first_year, last_year, (span for year in years for span in spans[year]), days)

    def _spans_in(self, year: int) -> list[Span]:
        if year not in self._years:
            parts = [span for part in self._parts for span in part._spans_in(year)]
            hours = merged(parts if self._parts else weekly_spans(self.zone, year, self._hours_on))
            self._years[year] = list(without(hours, self._gaps))
        return self._years[year]

    def _hours_on(self, day: date) -> list[Span]:
        if day in self._special:
            return self._special[day]
        return [] if day in self._closed or day in self._public_holidays(day.year) else self._week[day.weekday()]

    def _public_holidays(self, year: int) -> frozenset[date]:
        spec = self.spec
        if not spec.holiday_country:
            return frozenset()
        return country_holidays(spec.holiday_country, spec.holiday_subdivision, spec.holiday_categories, year)


@lru_cache(maxsize=256)
def _compiled(spec: CalendarSpec) -> Calendar:
    return Calendar(spec)
