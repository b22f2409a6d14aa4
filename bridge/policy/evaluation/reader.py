"""Who reads a message: the language of the text, and how times and lengths of time are written there. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format, get_timezone_gmt, get_timezone_name
from babel.units import format_unit

from bridge.catalogue import ENGLISH, counted, languages
from bridge.policy.calendars.duration import BusinessDays, humanize

_PLAIN_ENGLISH = "en-GB"
"""English of no country is written with 24 hours, and days before months."""


def base_of(tag: str) -> str:
    """The language of a tag such as ``de-AT``, in lower case."""
    return tag.replace("_", "-").partition("-")[0].lower()


def has_words(language: str) -> bool:
    """Whether the program speaks a language: business days have a word in it."""
    return base_of(language) in languages()


def language_for(candidates: Iterable[str], written: Iterable[str], own: str) -> str:
    """The language of the text: the first candidate in which there is one, or the pack's own.

    ``pt-BR`` is read in ``pt-BR``, else in ``pt``, else in any other ``pt``.
    """
    tags = {tag.lower(): tag for tag in [own, *written]}
    for candidate in candidates:
        wanted, base = candidate.replace("_", "-").lower(), base_of(candidate)
        relatives = (tag for lower, tag in tags.items() if base_of(lower) == base)
        if found := tags.get(wanted) or tags.get(base) or next(relatives, None):
            return found
    return own


def locale_for(candidates: Iterable[str], language: str) -> str:
    """How a text of a language is written where its reader lives: ``en-US`` for an American who reads English."""
    return next((tag for tag in candidates if base_of(tag) == base_of(language)), language)


@cache
def _locale(tag: str) -> Locale:
    """What is known of a locale, else of its language, else of English."""
    tag = tag.replace("_", "-")
    for name in (_PLAIN_ENGLISH if tag.lower() == ENGLISH else tag, base_of(tag)):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(_PLAIN_ENGLISH, sep="-")


def as_written(value: object, locale: str, zone: ZoneInfo) -> object:
    """A value as it is written in a locale: lengths of time, and instants in a zone."""
    match value:
        case BusinessDays():
            return counted(base_of(locale), "%(number)s business day", "%(number)s business days", int(value))
        case timedelta():
            number, _, unit = humanize(value or timedelta(seconds=1)).partition(" ")
            return format_unit(
                int(number) if value else 0, f"duration-{unit.removesuffix('s')}", "long", locale=_locale(locale)
            )
        case datetime():
            return _instant(value.astimezone(zone), _locale(locale))
    return value


def _instant(at: datetime, locale: Locale) -> str:
    """Day, time and zone, such as ``5. März 2026, 17:00 MEZ``."""
    joined = str(get_datetime_format("medium", locale=locale))
    day, time = format_date(at, "long", locale=locale), format_time(at, "short", locale=locale)
    zone = get_timezone_name(at, "short", locale=locale)
    if zone[0] in "+-":
        zone = get_timezone_gmt(at, "long", locale=locale)
    return f"{joined.replace('{1}', day).replace('{0}', time)} {zone}"
