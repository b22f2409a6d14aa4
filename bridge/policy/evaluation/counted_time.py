"""When a length of time has passed in some stretches only, such as those in which a clock was not paused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bridge.policy.calendars.calendar import Calendar
from bridge.policy.calendars.duration import BusinessDays, Length, after
from bridge.policy.evaluation.conditions import Span


def counted_after(spans: Sequence[Span], calendar: Calendar, length: Length) -> datetime | None:
    """The instant by which a length has passed in the stretches, counted from the first; None where it has not.

    The last stretch may be open. Where no stretch ends before it, that is the length after the start on the calendar;
    business days are extended by the open time between the stretches, never to a closing.
    """
    if not spans or not isinstance(length, BusinessDays):
        return None if isinstance(length, BusinessDays) else _counted(spans, calendar, length)
    start, end = spans[0]
    due = after(calendar, start, length)
    if end is None or due <= end:
        return due
    found = _counted(spans, calendar, calendar.measure(start, due))
    return calendar.next_open(found) if found else None


def _counted(spans: Sequence[Span], calendar: Calendar, amount: timedelta) -> datetime | None:
    for begin, end in spans if amount >= timedelta() else ():
        at = calendar.add(begin, amount)
        if end is None or at <= end:
            return at
        amount = max(amount - calendar.measure(begin, end), timedelta())
    return None


def first_within(at: datetime, *stretches: Sequence[Span]) -> datetime | None:
    """The first instant from ``at`` on that lies in a stretch of each kind, sorted; None where there is none."""
    while True:
        found = at
        for spans in stretches:
            begin = next((begin for begin, end in spans if end is None or found < end), None)
            if begin is None:
                return None
            found = max(found, begin)
        if found == at:
            return at
        at = found
