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
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import holidays as public_holidays
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from bridge.policy.calendars.business_time import DAY, MINUTE, Span, merged
from bridge.policy.calendars.closed_times import ClosedTime
from bridge.ticket import Facts

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY: Span = (0, DAY)
INTERVAL = r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)"


def interval_span(text: str) -> Span:
    """``08:00-17:00`` as microseconds since local midnight; an interval over midnight ends beyond the day."""
    if not re.fullmatch(INTERVAL, text):
        raise ValueError("allowed: an interval such as 08:00-17:00, from 00:00 to 24:00")
    opens, closes = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
    if opens == closes:
        raise ValueError("allowed: an interval that is not empty; write a whole day as 00:00-24:00")
    return opens * MINUTE, closes * MINUTE + (DAY if closes < opens else 0)


def weekdays(text: str) -> list[int]:
    """``mon``, ``mon-fri`` (may wrap, as ``fri-mon``) or ``sat,sun`` as weekday numbers, Monday is 0."""
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not {first, last if dash else first} <= set(WEEKDAYS):
            raise ValueError(f"allowed: {', '.join(WEEKDAYS)}, a range such as mon-fri, or a list such as sat,sun")
        begin = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last) - begin) % 7 if dash else 0
        numbers += [(begin + step) % 7 for step in range(length + 1)]
    return numbers


def week_of(hours: Literal["always"] | Mapping[str, Sequence[str]] | None) -> list[list[Span]]:
    """The opening hours of each weekday, Monday first; hours over midnight are split between the two days."""
    if hours == "always":
        return [[WHOLE_DAY]] * 7
    week: list[list[Span]] = [[] for _ in WEEKDAYS]
    for days, intervals in (hours or {}).items():
        for day in weekdays(days):
            for opens, closes in map(interval_span, intervals):
                week[day].append((opens, min(closes, DAY)))
                if closes > DAY:
                    week[(day + 1) % 7].append((0, closes - DAY))
    return [merged(spans) for spans in week]


@lru_cache(maxsize=1024)
def country_holidays(country: str, subdivision: str | None, categories: tuple[str, ...], year: int) -> frozenset[date]:
    """The holidays of one year, from the ``holidays`` library; none for a year before its records begin."""
    return frozenset(public_holidays.country_holidays(country, subdivision, year, categories=categories or None))


def _days(text: str) -> str:
    weekdays(text)
    return text


def _interval(text: str) -> str:
    interval_span(text)
    return text


def _within_one_day(text: str) -> str:
    if interval_span(text)[1] > DAY:
        raise ValueError("allowed: hours of that date only; end them at 24:00, and give the next date hours of its own")
    return text


def _each_day_once(hours: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    named = [WEEKDAYS[day] for days in hours for day in weekdays(days)]
    if twice := sorted({day for day in named if named.count(day) > 1}, key=WEEKDAYS.index):
        raise ValueError(f"allowed: each day once; {', '.join(twice)} is listed twice")
    return hours


def _always(value: Any) -> Any:
    if value != "always":
        raise ValueError('allowed: always, or days with their hours such as {mon-fri: ["08:00-17:00"]}')
    return value


def _not_a_number(value: Any) -> Any:
    if isinstance(value, int | float):  # which pydantic would read as seconds since 1970
        raise ValueError("allowed: a date such as 2026-12-25")  # noqa: TRY004  # pydantic reports only ValueError
    return value


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: Europe is a folder of the database
        raise ValueError(f"allowed: {zones_like(name)}") from error
    return name


def zones_like(name: str) -> str:
    """What may stand in place of an unknown zone: a phrase, with the name of the database that looks most like it."""
    close = get_close_matches(name, sorted(available_timezones()), n=1)
    return f"an IANA time zone such as Europe/Stockholm{f'; did you mean {close[0]!r}?' if close else ''}"


def _library(info: ValidationInfo) -> public_holidays.HolidayBase | None:
    """The country's entry in the ``holidays`` library, or None when the country itself is already at fault."""
    if "holiday_country" not in info.data:
        return None
    if info.data["holiday_country"] is None:
        raise ValueError("allowed: only together with holiday_country")
    return public_holidays.country_holidays(info.data["holiday_country"])


def _require(named: Iterable[str], known: Sequence[str]) -> None:
    if not set(named) <= set(known):
        raise ValueError(f"allowed: {', '.join(known) or 'nothing for this country'}")


Days = Annotated[str, AfterValidator(_days)]
Interval = Annotated[str, AfterValidator(_interval), WithJsonSchema({"type": "string", "pattern": f"^{INTERVAL}$"})]
"""``08:00-17:00``; ``22:00-06:00`` runs over midnight, ``00:00-24:00`` is a whole day."""


def _in_a_list(value: object) -> object:
    if isinstance(value, str):
        raise ValueError('allowed: a list such as ["08:00-12:00", "13:00-17:00"]')  # noqa: TRY004
    return value


InAList = BeforeValidator(_in_a_list)
Week = Annotated[dict[Days, Annotated[tuple[Interval, ...], InAList]], AfterValidator(_each_day_once)]
Hours = Annotated[
    Annotated[Literal["always"], BeforeValidator(_always), Tag("always")] | Annotated[Week, Tag("week")],
    Discriminator(lambda value: "week" if isinstance(value, Mapping) else "always"),
]
Day = Annotated[date, BeforeValidator(_not_a_number)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""An IANA time zone."""


class CalendarSpec(Facts):
    """Business hours in local time of one zone, or a union of several such calendars.

    Hours over midnight belong half to each day, so a holiday closes exactly its own local day.
    """

    hours: Hours | None = None
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
    special_days: dict[Day, Annotated[tuple[Annotated[Interval, AfterValidator(_within_one_day)], ...], InAList]] = {}
    """Hours of single dates (half days, extra days), in place of weekly hours and holidays; ``[]`` is closed."""
    closed: tuple[ClosedTime, ...] = ()
    """Closed times by date, such as maintenance; neither hours nor special days open them."""
    union: tuple[CalendarSpec, ...] = ()
    """In place of ``hours``: open whenever one of these is."""

    def __hash__(self) -> int:
        """Equal specifications have equal hashes, though two of the fields are mappings."""
        return hash((self.time_zone, str(self.hours and sorted(self.hours)), self.holidays, self.union))

    @field_validator("holiday_country")
    @classmethod
    def _known_country(cls, country: str | None) -> str | None:
        if country is not None and country not in public_holidays.list_supported_countries():
            raise ValueError("allowed: a country's ISO 3166 code such as SE")
        return country

    @field_validator("holiday_subdivision")
    @classmethod
    def _known_subdivision(cls, named: str | None, info: ValidationInfo) -> str | None:
        if named is not None and (known := _library(info)) is not None:
            _require([named], known.subdivisions)
        return named

    @field_validator("holiday_categories")
    @classmethod
    def _known_categories(cls, named: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if named and (known := _library(info)) is not None:
            _require(named, known.supported_categories)
        return named

    @property
    def _stated_elsewhere(self) -> bool:
        """Whether the hours stand in other calendars."""
        return False

    @model_validator(mode="after")
    def _hours_or_union(self) -> CalendarSpec:
        if self.hours is not None and self.union:
            raise ValueError("allowed: only one of hours and union")
        if self.hours is None and not self.union and not self._stated_elsewhere:
            others = " or ".join(name for name in ("union", "combines") if name in type(self).model_fields)
            raise ValueError(f'allowed: one with hours (always, or {{mon-fri: ["09:00-17:00"]}}), or {others}')
        if self.union and (self.holidays or self.holiday_country or self.special_days or self.closed):
            allowed = "holidays, special_days and closed inside the calendars of the union, not beside it"
            raise ValueError(f"allowed: {allowed}")
        return self
