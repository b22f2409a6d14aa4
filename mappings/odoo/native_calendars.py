"""Working hours of Odoo, ``resource.calendar``, with their time off. Pure.

https://www.odoo.com/documentation/19.0/applications/hr/payroll/working_schedules.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mappings.native_conditions import NotSayable, slug
from mappings.native_rules import NativeCalendar, Source
from mappings.odoo.vocabulary import many2one_id
from mappings.time_zones import iana_zone

Json = Mapping[str, Any]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTE = timedelta(minutes=1)


def native_calendar(row: Json, leaves: list[Json]) -> NativeCalendar:
    """A calendar with the leaves that close it. Raises ``NotSayable`` for one that policies cannot express."""
    source = Source("calendar", str(row["id"]), str(row.get("name") or "no title"))
    for field, what in (("two_weeks_calendar", "two weeks that alternate"), ("flexible_hours", "flexible hours")):
        if row.get(field):
            raise NotSayable(f"{what}, which policies cannot express")
    zone = iana_zone(str(row.get("tz") or "UTC"))
    if zone is None:
        raise NotSayable(f"the time zone {row.get('tz')!r}, which is unknown")
    hours = _hours(row)
    if not hours:
        raise NotSayable("no working hours")
    off = [_off(each, zone) for each in leaves if many2one_id(each.get("calendar_id")) in (0, row["id"])]
    holidays = tuple(sorted({day for span in off if _is_whole(span) for day in _days(span)}))
    closed = tuple(sorted(span for span in off if not _is_whole(span)))
    return NativeCalendar(
        source, slug(source.title), zone, hours, holidays, closed, float(row.get("hours_per_day") or 0)
    )


def _hours(row: Json) -> dict[str, tuple[str, ...]]:
    """Working hours of each day; a break is a gap between them."""
    found: dict[str, list[tuple[int, int]]] = {}
    for each in row.get("attendances") or ():
        begins, ends = (round(float(each[name]) * 60) for name in ("hour_from", "hour_to"))
        if each.get("day_period") != "lunch" and not each.get("display_type") and begins < ends:
            found.setdefault(DAYS[int(each["dayofweek"])], []).append((begins, ends))
    return {day: tuple(_interval(*span) for span in sorted(found[day])) for day in DAYS if day in found}


def _interval(begins: int, ends: int) -> str:
    return "-".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in (begins, ends))


def _off(leave: Json, zone: str) -> tuple[datetime, datetime]:
    """From when until when, by the clock on the wall; Odoo ends a day at 23:59:59."""
    starts, ends = (
        datetime.fromisoformat(str(leave[name])).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        for name in ("date_from", "date_to")
    )
    ends = ends if ends.second == 0 else ends.replace(second=0) + _MINUTE
    return starts.replace(second=0), ends


def _is_whole(span: tuple[datetime, datetime]) -> bool:
    return all(at.time() == time() for at in span)


def _days(span: tuple[datetime, datetime]) -> Iterator[date]:
    day, end = (at.date() for at in span)
    while day < end:
        yield day
        day += timedelta(days=1)
