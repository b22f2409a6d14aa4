"""How business hours are written, in packs and in accounts.

::

    time_zone: Europe/Stockholm
    hours: {mon-thu: ["08:00-12:00", "13:00-17:00"], fri: ["08:00-15:00"]}
    holiday_country: SE
    holiday_categories: [public, de_facto]
    special_days: {2026-12-23: ["08:00-12:00"]}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import holidays as public_holidays
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema, field_validator, model_validator

from bridge.policy.open_time import DAY, MINUTE, Span, merged
from bridge.ticket import Facts

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY: Span = (0, DAY)
INTERVAL = r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)"


def interval_span(text: Any) -> Span:
    """``08:00-17:00`` as microseconds since local midnight; the end of an interval over midnight lies beyond a day."""
    found = re.fullmatch(INTERVAL, text) if isinstance(text, str) else None
    if not found:
        raise ValueError(f"{text!r} is not an interval; write it as 08:00-17:00, between 00:00 and 24:00, in quotes")
    opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    if opens == closes:
        raise ValueError(f"{text!r} is empty; write 00:00-24:00 for a whole day")
    return opens * MINUTE, (closes * MINUTE if closes > opens else closes * MINUTE + DAY)


def weekdays(text: Any) -> list[int]:
    """``mon``, ``mon-fri`` (may wrap, as ``fri-mon``) or ``sat,sun`` as weekday numbers, Monday is 0."""
    numbers: list[int] = []
    for part in str(text).split(","):
        first, dash, last = part.strip().partition("-")
        if not {first, last if dash else first} <= set(WEEKDAYS):
            raise ValueError(
                f"{text!r} names no days; write one of {', '.join(WEEKDAYS)}, a range as mon-fri or a list as sat,sun"
            )
        begin = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last) - begin) % 7 if dash else 0
        numbers += [(begin + step) % 7 for step in range(length + 1)]
    return numbers


def week_of(hours: Any) -> list[list[Span]]:
    """The opening hours of each weekday, Monday first; hours over midnight are split between the two days.

    Raises ``ValueError`` for anything but ``always`` or a mapping of days to intervals in which no day comes twice.
    """
    if hours == "always":
        return [[WHOLE_DAY]] * 7
    if not isinstance(hours, Mapping):
        raise ValueError(f'hours are {hours!r}; write always, or days with intervals as {{mon-fri: ["08:00-17:00"]}}')  # noqa: TRY004  # pydantic reports ValueError only
    week: list[list[Span]] = [[] for _ in WEEKDAYS]
    named: set[int] = set()
    for days, intervals in hours.items():
        if not isinstance(intervals, list | tuple):
            raise ValueError(f'{days}: {intervals!r} is not a list of intervals; write ["08:00-17:00"]')  # noqa: TRY004
        for day in weekdays(days):
            if day in named:
                raise ValueError(f"{WEEKDAYS[day]} is given twice in hours; name each day once")
            named.add(day)
            for opens, closes in map(interval_span, intervals):
                week[day].append((opens, min(closes, DAY)))
                if closes > DAY:
                    week[(day + 1) % 7].append((0, closes - DAY))
    return [merged(spans) for spans in week]


def _checked_hours(hours: Any) -> Any:
    if hours is not None:
        week_of(hours)
    return hours


def _checked_interval(text: str) -> str:
    interval_span(text)
    return text


def _checked_date(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a date; write it as 2026-12-25")  # noqa: TRY004
    return value


def _checked_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: Europe is a folder of the database
        raise ValueError(f"{name!r} is not a time zone; write an IANA name such as Europe/Stockholm") from error
    return name


@lru_cache(maxsize=1024)
def country_holidays(country: str, subdivision: str | None, categories: tuple[str, ...], year: int) -> frozenset[date]:
    """The holidays of one year, from the ``holidays`` library. Raises ``ValueError`` for a word it does not know."""
    try:
        found = public_holidays.country_holidays(country, subdivision, year, categories=categories or None)
    except (NotImplementedError, ValueError) as error:
        raise ValueError(_unknown_holidays(country, subdivision, categories)) from error
    return frozenset(found)


def _unknown_holidays(country: str, subdivision: str | None, categories: tuple[str, ...]) -> str:
    try:
        known = public_holidays.country_holidays(country)
    except NotImplementedError:
        return f"no holidays are known for the country {country!r}; write an ISO 3166 code such as SE"
    if subdivision is not None and subdivision not in known.subdivisions:
        return f"{country} has no subdivision {subdivision!r}; it has {', '.join(known.subdivisions) or 'none'}"
    return f"{country} has no holidays of kind {', '.join(categories)}; it has {', '.join(known.supported_categories)}"


TimeZone = Annotated[str, AfterValidator(_checked_zone)]
"""An IANA time zone."""
Interval = Annotated[
    str, AfterValidator(_checked_interval), WithJsonSchema({"type": "string", "pattern": f"^{INTERVAL}$"})
]
"""``08:00-17:00``; ``22:00-06:00`` runs over midnight, ``00:00-24:00`` is a whole day."""
Day = Annotated[date, BeforeValidator(_checked_date)]


class CalendarSpec(Facts):
    """Business hours in local time of one zone, or a union of several such calendars.

    Hours over midnight belong half to each day, so a holiday closes exactly its own local day.
    """

    hours: Annotated[Literal["always"] | dict[str, tuple[Interval, ...]] | None, BeforeValidator(_checked_hours)] = None
    """``always``, or intervals for days: ``{mon-fri: ["08:00-17:00"], "sat,sun": ["10:00-14:00"]}``."""
    time_zone: TimeZone = "UTC"
    """Zone of the hours, and of the local days that business days are counted in."""
    holidays: tuple[Day, ...] = ()
    """Closed local days."""
    holiday_country: str | None = None
    """ISO 3166 code; its public holidays are closed days."""
    holiday_subdivision: str | None = None
    """State or region of that country."""
    holiday_categories: tuple[str, ...] = ()
    """Kinds of holiday; default: the public ones. Sweden's Midsummer Eve, for one, is ``de_facto``."""
    special_days: dict[Day, tuple[Interval, ...]] = {}
    """Hours of single dates (half days, extra days), in place of weekly hours and holidays; ``[]`` is closed."""
    union: tuple[CalendarSpec, ...] = ()
    """In place of ``hours``: open whenever one of these is."""

    def __hash__(self) -> int:
        """Equal specifications have equal hashes, though two of the fields are mappings."""
        return hash(
            (self.time_zone, str(self.hours and sorted(self.hours)), self.holidays, self.holiday_country, self.union)
        )

    @field_validator("special_days")
    @classmethod
    def _within_the_day(cls, days: dict[date, tuple[str, ...]]) -> dict[date, tuple[str, ...]]:
        for day, intervals in days.items():
            for text in intervals:
                if interval_span(text)[1] > DAY:
                    raise ValueError(
                        f"{day}: {text} runs over midnight; end it at 24:00 and give the next day its own hours"
                    )
        return days

    @model_validator(mode="after")
    def _hours_or_union(self) -> CalendarSpec:
        if (self.hours is None) == (not self.union):
            raise ValueError("a calendar has either hours or a union of calendars; give one of the two")
        if self.union and (self.holidays or self.holiday_country or self.special_days):
            raise ValueError("holidays and special_days belong to the calendars of a union; write them there")
        return self

    @model_validator(mode="after")
    def _known_holidays(self) -> CalendarSpec:
        if self.holiday_country:
            country_holidays(self.holiday_country, self.holiday_subdivision, self.holiday_categories, 2026)
        elif self.holiday_subdivision or self.holiday_categories:
            raise ValueError("holiday_subdivision and holiday_categories need a holiday_country; add it, as SE")
        return self
