"""Calendars that never open, hours that overlap, and zones of which nobody can say whether they know summer time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from bridge.policy.calendars.spec import CalendarSpec, interval_span, week_of, zones_like
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.references import Path

FIXED_OR_CIVIL = {
    "CET": ("Etc/GMT-1", "Europe/Berlin"),
    "CST6CDT": ("Etc/GMT+6", "America/Chicago"),
    "EET": ("Etc/GMT-2", "Europe/Helsinki"),
    "EST": ("Etc/GMT+5", "America/New_York"),
    "EST5EDT": ("Etc/GMT+5", "America/New_York"),
    "GB": ("Etc/GMT", "Europe/London"),
    "GMT": ("Etc/GMT", "Europe/London"),
    "HST": ("Etc/GMT+10", "Pacific/Honolulu"),
    "MET": ("Etc/GMT-1", "Europe/Paris"),
    "MST": ("Etc/GMT+7", "America/Denver"),
    "MST7MDT": ("Etc/GMT+7", "America/Denver"),
    "PST8PDT": ("Etc/GMT+8", "America/Los_Angeles"),
    "WET": ("Etc/GMT", "Europe/Lisbon"),
}
"""Abbreviations that are names of the time zone database as well: the fixed offset and a civil zone they may mean."""


def _calendars(policy: Policy) -> Iterator[tuple[Path, CalendarSpec]]:
    """Every calendar with hours of its own, those of unions included."""
    for name, spec in policy.calendars.items():
        yield ("calendars", name), spec
        yield from ((("calendars", name, "union", index), part) for index, part in enumerate(spec.union))


@check("PB401", Level.ERROR, "a calendar without hours")
def without_hours(policy: Policy) -> Iterator[Found]:
    for path, spec in _calendars(policy):
        special = any(spec.special_days.values())
        if spec.hours is not None and not special and not any(week_of(spec.hours)):
            fix = "give the hours of the document, or remove the calendar"
            found, allowed = "no hours in any week, so nothing counted on it ever ends", "always, or days with hours"
            yield Found((*path, "hours"), found, allowed, fix)


def _hours_of_days(policy: Policy) -> Iterator[tuple[Path, Sequence[str]]]:
    """The intervals that are written for a day, or for several at once."""
    for path, spec in _calendars(policy):
        if isinstance(spec.hours, dict):
            yield from (((*path, "hours", days), intervals) for days, intervals in spec.hours.items())
        for day, intervals in spec.special_days.items():
            yield (*path, "special_days", str(day)), intervals


@check("PB404", Level.WARNING, "hours of a day that overlap")
def overlapping_hours(policy: Policy) -> Iterator[Found]:
    for path, intervals in _hours_of_days(policy):
        for earlier, later in pairwise(sorted(intervals, key=interval_span)):
            if interval_span(later)[0] < interval_span(earlier)[1]:
                found, allowed = f"{earlier} and {later}", "hours that follow each other"
                yield Found(path, found, allowed, "correct one of them; as written, the calendar is open in both")


@check("PB405", Level.WARNING, "closed times that overlap")
def overlapping_closed_times(policy: Policy) -> Iterator[Found]:
    for path, spec in _calendars(policy):
        for (_, earlier), (index, later) in pairwise(sorted(enumerate(spec.closed), key=lambda each: each[1].starts)):
            if later.starts < earlier.ends:
                found = f"from {later.starts:%Y-%m-%d %H:%M}, while {earlier.starts:%Y-%m-%d %H:%M} lasts until "
                found += f"{earlier.ends:%Y-%m-%d %H:%M}"
                fix = "correct one of them, or make them one; as written, the calendar is closed in both"
                yield Found((*path, "closed", index), found, "closed times that follow each other", fix)


@check("PB406", Level.WARNING, "a day that is both a holiday and a special day")
def contradicting_days(policy: Policy) -> Iterator[Found]:
    for path, spec in _calendars(policy):
        for index, day in enumerate(spec.holidays):
            if day in spec.special_days:
                hours = " and ".join(spec.special_days[day]) or "closed"
                found = f"{day}, which is under special_days as well ({hours})"
                fix = "remove it from one of them; as written, special_days counts"
                yield Found((*path, "holidays", index), found, "each day once", fix)


def _zones(policy: Policy) -> Iterator[tuple[Path, str]]:
    yield ("time_zone",), policy.time_zone
    yield from (((*path, "time_zone"), spec.time_zone) for path, spec in _calendars(policy))


@check("PB402", Level.ERROR, "an ambiguous time zone")
def undeclared_zones(policy: Policy) -> Iterator[Found]:
    for path, zone in _zones(policy):
        if zone in FIXED_OR_CIVIL:
            fixed, civil = FIXED_OR_CIVIL[zone]
            found = f"{zone!r}, which does not say whether it has daylight-saving time"
            allowed = f"a zone with daylight-saving time ({civil}), or one without ({fixed})"
            fix = "use the one that the document means, and state it under interpretations"
            yield Found(path, found, allowed, fix)


@check("PB403", Level.ERROR, "an unknown time zone")
def unknown_zones(policy: Policy) -> Iterator[Found]:
    try:
        ZoneInfo(policy.time_zone)
    except (KeyError, ValueError, OSError):  # OSError: Europe is a folder of the database
        yield Found(("time_zone",), repr(policy.time_zone), zones_like(policy.time_zone), "correct the name")
