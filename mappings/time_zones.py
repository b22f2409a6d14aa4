"""Time zones as helpdesks and people spell them, translated to names of the IANA database. Pure.

Besides IANA names, in any case: the names of Rails, which Zendesk shows (``Eastern Time (US & Canada)``,
https://api.rubyonrails.org/classes/ActiveSupport/TimeZone.html), those of Windows (``W. Europe Standard Time``, or
its list of cities), and the city of a zone alone (``Copenhagen``). A dropdown keeps any of them as a tag, so only
letters and digits count, without their accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

from tzlocal.windows_tz import win_tz

_OFFSET = re.compile(r"^\s*\((?:GMT|UTC)[^)]*\)\s*(?=\S)", re.IGNORECASE)
"""``(GMT-05:00)``, which Zendesk and Windows show before the name."""

_AT_OFFSET = re.compile(r"\s*(Etc/)?(?:GMT|UTC)\s*([+-])\s*0?([1-9]\d?)(?::?00)?\s*", re.IGNORECASE)
"""``UTC+2``, and the ``Etc/GMT-2`` of the IANA database, whose sign is the other way round."""

_NOT_CITIES = {
    "Abu Dhabi": "Asia/Muscat",
    "American Samoa": "Pacific/Pago_Pago",
    "Astana": "Asia/Almaty",
    "Atlantic Time (Canada)": "America/Halifax",
    "Beijing": "Asia/Shanghai",
    "Bern": "Europe/Zurich",
    "Brasilia": "America/Sao_Paulo",
    "Buenos Aires": "America/Argentina/Buenos_Aires",
    "Cape Verde Is.": "Atlantic/Cape_Verde",
    "Central America": "America/Guatemala",
    "Central Time (US & Canada)": "America/Chicago",
    "Chatham Is.": "Pacific/Chatham",
    "Chennai": "Asia/Kolkata",
    "Eastern Time (US & Canada)": "America/New_York",
    "Edinburgh": "Europe/London",
    "Ekaterinburg": "Asia/Yekaterinburg",
    "Georgetown": "America/Guyana",
    "Greenland": "America/Nuuk",
    "Guadalajara": "America/Mexico_City",
    "Hanoi": "Asia/Bangkok",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "International Date Line West": "Pacific/Midway",
    "Islamabad": "Asia/Karachi",
    "Istanbul": "Europe/Istanbul",
    "Kyev": "Europe/Kyiv",
    "Marshall Is.": "Pacific/Majuro",
    "Mid-Atlantic": "Atlantic/South_Georgia",
    "Midway Island": "Pacific/Midway",
    "Mountain Time (US & Canada)": "America/Denver",
    "Mumbai": "Asia/Kolkata",
    "New Caledonia": "Pacific/Noumea",
    "New Delhi": "Asia/Kolkata",
    "Nuku'alofa": "Pacific/Tongatapu",
    "Osaka": "Asia/Tokyo",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Pretoria": "Africa/Johannesburg",
    "Quito": "America/Guayaquil",
    "Samoa": "Pacific/Apia",
    "Sapporo": "Asia/Tokyo",
    "Solomon Is.": "Pacific/Guadalcanal",
    "Sri Jayawardenepura": "Asia/Colombo",
    "St. Petersburg": "Europe/Moscow",
    "Tokelau Is.": "Pacific/Fakaofo",
    "Ulaan Bataar": "Asia/Ulaanbaatar",
    "Wellington": "Pacific/Auckland",
    "West Central Africa": "Africa/Algiers",
}
"""Names of Rails, and older spellings of them, that are not the city of one zone in the IANA database."""


def iana_zone(name: str) -> str | None:
    """The IANA name of a zone, however it is spelt; None for a name that nobody knows, or that could be several."""
    if offset := _AT_OFFSET.fullmatch(name):
        return _zone_at(*offset.groups())
    rest = _OFFSET.sub("", name)
    cities = rest.split(",") if rest != name else []  # "(UTC+01:00) Amsterdam, Berlin, Bern", as Windows shows it
    return next(filter(None, map(_zones().get, map(_letters, [rest, *cities]))), None)


def _zone_at(is_iana: str | None, sign: str, hours: str) -> str | None:
    """The zone at a whole number of hours from UTC, if there is one."""
    zone = f"Etc/GMT{sign if is_iana else '+-'[sign == '+']}{hours}"
    return zone if zone in available_timezones() else None


def allowed_zones(name: str) -> str:
    """What may stand in place of an unknown zone: a phrase, with the known name that looks most like it."""
    close = get_close_matches(name, sorted({*_NOT_CITIES, *win_tz, *_zones().values()}), n=1)
    return f"an IANA time zone such as Europe/Stockholm{f'; did you mean {close[0]!r}?' if close else ''}"


@cache
def _zones() -> Mapping[str, str]:
    """Letters and digits of every known spelling -> IANA name; where spellings coincide, the first kind counts."""
    zones = {zone for zone in available_timezones() if not _AT_OFFSET.fullmatch(zone)}
    kinds: tuple[Mapping[str, str], ...] = ({zone: zone for zone in zones}, _NOT_CITIES, win_tz, _cities(zones))
    return {_letters(name): zone for names in reversed(kinds) for name, zone in sorted(names.items())}


def _cities(zones: set[str]) -> dict[str, str]:
    """The last part of a name such as ``America/New_York``, if it belongs to no other zone."""
    named: dict[str, list[str]] = defaultdict(list)
    for zone in zones:
        region, _, city = zone.rpartition("/")
        if region:
            named[city].append(zone)
    return {city: found[0] for city, found in named.items() if len(found) == 1}


def _letters(name: str) -> str:
    plain = "".join(each for each in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(each))
    return "".join(re.findall(r"[^\W_]+|[+-](?=\d)", plain))
