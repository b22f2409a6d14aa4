"""Time as a schedule counts it: minutes since Sunday 00:00 local time, whole days of holidays left out.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from bridge.sandbox.record import Record

A_DAY = timedelta(days=1)
FARTHEST = timedelta(days=800)
"""After that a target is never due."""

Span = tuple[datetime, datetime]


def open_spans(schedule: Record | None, start: datetime, end: datetime) -> Iterator[Span]:
    """The open times between two instants; without a schedule it is always open."""
    if schedule is None:
        yield start, end
        return
    zone, closed = _zone(str(schedule["time_zone"])), list(_holidays(schedule))
    day = start.astimezone(zone).date() - A_DAY
    while day <= end.astimezone(zone).date():
        if day not in closed:
            yield from _clipped(_spans_of(schedule, day, zone), start, end)
        day += A_DAY


def counted(schedule: Record | None, start: datetime, end: datetime) -> timedelta:
    """The open time between two instants."""
    return sum((stop - begin for begin, stop in open_spans(schedule, start, end)), timedelta())


def added(schedule: Record | None, start: datetime, amount: timedelta) -> datetime | None:
    """The instant at which an open time has passed; None: not within the years to come."""
    for begin, end in open_spans(schedule, start, start + FARTHEST):
        if begin + amount <= end:
            return begin + amount
        amount -= end - begin
    return None


def _spans_of(schedule: Record, day: date, zone: ZoneInfo) -> Iterator[Span]:
    first = (day.isoweekday() % 7) * 24 * 60
    for each in schedule["intervals"]:
        begin, end = int(each["start_time"]) - first, int(each["end_time"]) - first
        if 0 <= begin < 24 * 60:
            yield _at(day, begin, zone), _at(day, end, zone)


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    local = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 (the zone follows)
    return local.replace(tzinfo=zone).astimezone(UTC)


def _clipped(spans: Iterator[Span], start: datetime, end: datetime) -> Iterator[Span]:
    for begin, stop in spans:
        if max(begin, start) < min(stop, end):
            yield max(begin, start), min(stop, end)


def _holidays(schedule: Record) -> Iterator[date]:
    for each in schedule.get("_holidays", ()):
        day, last = date.fromisoformat(each["start_date"]), date.fromisoformat(each["end_date"])
        while day <= last:
            yield day
            day += A_DAY


def _zone(name: str) -> ZoneInfo:
    """A zone by its Rails name, the last part of most names of the IANA."""
    ends = f"/{name.replace(' ', '_')}"
    return ZoneInfo(
        next((each for each in sorted(available_timezones()) if each == name or each.endswith(ends)), "UTC")
    )
