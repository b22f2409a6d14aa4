"""Who reads a message: the language of the text, and how times and lengths of time are written there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bridge.policy.calendars.duration import BusinessDays, Length, humanize


@dataclass(frozen=True)
class WritingStyle:
    """How a language writes times and lengths of time."""

    time: str
    """Form of an instant, as ``strftime`` has it."""
    units: Mapping[str, tuple[str, str]]
    """English unit -> its words for one and for several."""

    def length(self, length: Length) -> str:
        """A length of time, such as ``3 Tage``."""
        number, _, unit = humanize(length).partition(" ")
        one, many = self.units.get(unit.removesuffix("s"), (unit, unit))
        return f"{number} {one if number == '1' else many}"


_ISO = "%Y-%m-%d %H:%M %Z"
STYLES: dict[str, WritingStyle] = {
    "en": WritingStyle("%-d %B %Y %H:%M %Z", {}),
    "de": WritingStyle(
        "%d.%m.%Y, %H:%M Uhr (%Z)",
        {
            "second": ("Sekunde", "Sekunden"),
            "minute": ("Minute", "Minuten"),
            "hour": ("Stunde", "Stunden"),
            "day": ("Tag", "Tage"),
            "business day": ("Arbeitstag", "Arbeitstage"),
        },
    ),
    "fr": WritingStyle(
        "%d/%m/%Y à %H:%M (%Z)",
        {
            "second": ("seconde", "secondes"),
            "minute": ("minute", "minutes"),
            "hour": ("heure", "heures"),
            "day": ("jour", "jours"),
            "business day": ("jour ouvré", "jours ouvrés"),
        },
    ),
    "es": WritingStyle(
        "%d/%m/%Y, %H:%M (%Z)",
        {
            "second": ("segundo", "segundos"),
            "minute": ("minuto", "minutos"),
            "hour": ("hora", "horas"),
            "day": ("día", "días"),
            "business day": ("día laborable", "días laborables"),
        },
    ),
    "sv": WritingStyle(
        "%Y-%m-%d %H:%M (%Z)",
        {
            "second": ("sekund", "sekunder"),
            "minute": ("minut", "minuter"),
            "hour": ("timme", "timmar"),
            "day": ("dag", "dagar"),
            "business day": ("arbetsdag", "arbetsdagar"),
        },
    ),
}
"""The languages in which lengths and times are written; others have ISO times and English lengths."""


def base_of(tag: str) -> str:
    """The language of a tag such as ``de-AT``, in lower case."""
    return tag.replace("_", "-").partition("-")[0].lower()


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


def as_written(value: object, language: str, zone: ZoneInfo) -> object:
    """A value as a reader writes it: lengths of time in the language, instants in the zone as well."""
    style = STYLES.get(base_of(language))
    match value:
        case timedelta() | BusinessDays():
            return style.length(value) if style else humanize(value)
        case datetime():
            return f"{value.astimezone(zone):{style.time if style else _ISO}}"
    return value
