"""Lengths of time as policies write them: ``30m``, ``4h``, ``2d``, ``1h30m``, ``5 business days``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from bridge.policy.calendars.calendar import Calendar

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_ELAPSED = re.compile(r"(\d+)\s*([smhdw])", re.ASCII)
_BUSINESS_DAYS = re.compile(r"(\d+)\s*(?:business|working)\s*days?", re.ASCII)


class BusinessDays(int):
    """So many business days: the same local time that many business days later."""

    def __str__(self) -> str:
        return f"{int(self)} business day{'' if self == 1 else 's'}"


Length = timedelta | BusinessDays
"""Elapsed or open time (which of both, the calendar says), or whole business days."""


def parse(text: str) -> Length:
    """Read a length of time; raises ``ValueError`` with the allowed forms."""
    text = text.strip().lower()
    if days := _BUSINESS_DAYS.fullmatch(text):
        return BusinessDays(days[1])
    parts = _ELAPSED.findall(text)
    if not parts or re.sub(r"\s", "", text) != "".join(number + unit for number, unit in parts):
        raise ValueError(f"{text!r} is not a length of time; write it as 30m, 4h, 2d, 1h30m or 5 business days")
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))


def after(calendar: Calendar, start: datetime, length: Length) -> datetime:
    """The instant that lies a length of time after ``start`` on a calendar."""
    if isinstance(length, BusinessDays):
        return calendar.add_business_days(start, length)
    return calendar.add(start, length)


def format_length(length: Length) -> str:
    """The shortest way to write a length: ``parse(spell(x)) == x``."""
    if isinstance(length, BusinessDays):
        return str(length)
    seconds = int(length.total_seconds())
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, seconds = divmod(seconds, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def humanize(length: Length) -> str:
    """A length for a sentence: ``30 minutes``, ``4 hours``, ``36 hours``, ``1 business day``."""
    if isinstance(length, BusinessDays):
        return str(length)
    seconds = int(length.total_seconds())
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds and seconds % size == 0 and (size != 86400 or seconds > 2 * size):
            count = seconds // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return format_length(length)


def readable(seconds: float) -> str:
    """A duration for a table or a status line, in one or two units: ``10 d 4 h``, ``36 h``, ``1 h 30 min``.

    Days are used from two days on only: a clock of 24 open hours must not read as one day.
    """
    if seconds < 0:
        return f"-{readable(-seconds)}"
    rest = int(seconds)
    units = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    if rest < 2 * 86400:
        units = units[1:]
    for (unit, size), (smaller, part) in pairwise(units):
        if rest >= size:
            count, left = divmod(rest, size)
            return f"{count} {unit} {left // part} {smaller}" if left >= part else f"{count} {unit}"
    return f"{rest} s"


def _length(value: Any) -> Length:
    if isinstance(value, timedelta | BusinessDays):
        return value
    return parse(str(value))


def _elapsed(value: Any) -> timedelta:
    length = _length(value)
    if isinstance(length, BusinessDays):
        raise ValueError("business days cannot be used here; write hours or days like 24h or 2d")  # noqa: TRY004
    return length


def _days(value: Any) -> BusinessDays:
    length = _length(value)
    if not isinstance(length, BusinessDays):
        raise ValueError("only business days can be used here; write them like 2 business days")  # noqa: TRY004
    return length


_AS_TEXT = PlainSerializer(format_length, return_type=str)
_ELAPSED_FORM = rf"^\s*({_ELAPSED.pattern}\s*)+$"
_DAYS_FORM = rf"^\s*{_BUSINESS_DAYS.pattern}\s*$"


def _form(*patterns: str) -> WithJsonSchema:
    """What an editor may complete and check."""
    return WithJsonSchema({"type": "string", "anyOf": [{"pattern": pattern} for pattern in patterns]})


LengthText = Annotated[Length, PlainValidator(_length), _AS_TEXT, _form(_ELAPSED_FORM, _DAYS_FORM)]
"""A length in a pack file."""

ElapsedText = Annotated[timedelta, PlainValidator(_elapsed), _AS_TEXT, _form(_ELAPSED_FORM)]
"""A length in a pack file that business days cannot express."""

BusinessDaysText = Annotated[BusinessDays, PlainValidator(_days), _AS_TEXT, _form(_DAYS_FORM)]
"""A number of business days in a pack file."""
