"""Who reads a message: the language of the text, and how times and lengths of time are written there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format, get_timezone_gmt, get_timezone_name
from babel.numbers import format_percent
from babel.units import format_unit
from pydantic import AfterValidator, WithJsonSchema

from bridge.catalogue import ENGLISH, counted, languages, translator
from bridge.policy.calendars.duration import BusinessDays, humanize
from bridge.policy.evaluation.sentence import Amount, Percent, Sentence

_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


def _language_tag(text: str) -> str:
    if not re.match(_LANGUAGE, text):
        raise ValueError("allowed: a language such as de or pt-BR")
    return text


LanguageTag = Annotated[str, AfterValidator(_language_tag), WithJsonSchema({"type": "string", "pattern": _LANGUAGE})]
"""A language such as ``de`` or ``pt-BR``."""
NO_WORDS: Mapping[str, str] = {}

_PLAIN_ENGLISH = "en-GB"
"""English of no country is written with 24 hours, and days before months."""


def base_of(tag: str) -> str:
    """The language of a tag such as ``de-AT``, in lower case."""
    return tag.replace("_", "-").partition("-")[0].lower()


def is_english(tag: str) -> bool:
    """Whether a tag such as ``en-US`` is of English, which the program speaks by itself."""
    return base_of(tag) == ENGLISH


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


def as_written(value: object, locale: str, zone: ZoneInfo, words: Mapping[str, str] = NO_WORDS) -> object:
    """A value as it is written in a locale: sentences of the program, words, lengths of time, and instants in a zone.

    ``words``: the pack's own, with their translations.
    """
    match value:
        case str() if value in words:
            return words[value]
        case Sentence():
            return _said(value, locale, zone, words)
        case BusinessDays():
            return counted(base_of(locale), "%(number)s business day", "%(number)s business days", int(value))
        case Amount():
            return format_unit(value.number, f"duration-{value.unit}", "long", locale=_locale(locale))
        case Percent():
            return format_percent(value / 100, locale=_locale(locale))
        case timedelta():
            return _length(value, _locale(locale))
        case datetime():
            return _instant(value.astimezone(zone), _locale(locale))
        case date():
            return format_date(value, "long", locale=_locale(locale))
    return value


def said_in(language: str, text: str, words: Mapping[str, str] = NO_WORDS) -> str:
    """A sentence of the program in a language; any other text as it is."""
    return str(as_written(text, language, ZoneInfo("UTC"), words))


def _said(sentence: Sentence, locale: str, zone: ZoneInfo, words: Mapping[str, str]) -> str:
    """A sentence in the language of a locale; English as a whole where the program does not speak it."""
    language = base_of(locale)
    if is_english(language) or not has_words(language):
        return str(sentence)
    return sentence.said(translator(language), lambda value: as_written(value, locale, zone, words))


def _length(length: timedelta, locale: Locale) -> str:
    number, _, unit = humanize(length or timedelta(seconds=1)).partition(" ")
    return format_unit(int(number) if length else 0, f"duration-{unit.removesuffix('s')}", "long", locale=locale)


def _instant(at: datetime, locale: Locale) -> str:
    """Day, time and zone, such as ``5. März 2026, 17:00 MEZ``."""
    joined = str(get_datetime_format("medium", locale=locale))
    day, time = format_date(at, "long", locale=locale), format_time(at, "short", locale=locale)
    zone = get_timezone_name(at, "short", locale=locale)
    if zone[0] in "+-":
        zone = get_timezone_gmt(at, "long", locale=locale)
    return f"{joined.replace('{1}', day).replace('{0}', time)} {zone}"
