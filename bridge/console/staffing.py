"""Who works when: the calendars of the packs that have hours, and the regions of their shifts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bridge.account import Account
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.model import Policy

HOUR = timedelta(hours=1)


def staffing(policies: Iterable[Policy], start: datetime, hours: int) -> list[tuple[str, ...]]:
    """For each hour the names of those who work in it; a calendar that never closes says nothing of that.

    Where the policies have no other, somebody works round the clock.
    """
    known = dict(_teams(policies))
    if not known:
        return [("round the clock",)] * hours
    return [
        tuple(name for name, calendar in known.items() if _works(calendar, start + index * HOUR))
        for index in range(hours)
    ]


def _teams(policies: Iterable[Policy]) -> Iterator[tuple[str, Calendar]]:
    """Regions by their names, other calendars by theirs, those of the vendor without the hours of any customer."""
    for policy in policies:
        regions = policy.shifts.regions if policy.shifts else {}
        names = regions or {name.replace("_", " "): name for name in policy.calendars}
        for title, name in names.items():
            calendar = policy.calendar_for(name, Account())
            if not calendar.always:
                yield title, calendar


def _works(calendar: Calendar, at: datetime) -> bool:
    return calendar.measure(at, at + HOUR) > timedelta()
