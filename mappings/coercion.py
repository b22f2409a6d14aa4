"""Coercion of vendors' values: text, times, lists and JSON objects, and their translation. Pure, for every vendor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from bridge.ticket import PLAUSIBLE_YEARS, Channel, FactValue, tag_form
from mappings.field_sources import ValueSource
from mappings.harmless_text import isolated

Json = Mapping[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def enum_value(value: object) -> str:
    """An enumeration's value in lower case: vendors write ``open`` here and ``OPEN`` there."""
    return str(value or "").strip().lower()


def text_of(value: object) -> str | None:
    """A field's value as text; None where nothing is set."""
    match value:
        case None | "" | []:
            return None
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ",".join(sorted(str(item) for item in value))
        case _:
            return str(value).strip() or None


def parse_instant(value: object) -> datetime | None:
    """A time with any number of decimals, in UTC; None when there is none or it cannot be parsed."""
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(str(value))
        at = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        return at if at.year in PLAUSIBLE_YEARS else None  # such as 0001 and 9999, with which programs write "never"
    return None


def first_instant(records: Iterable[Json], key: str) -> datetime:
    """The earliest time that any of some records has under a key; long ago where none has one."""
    return min(filter(None, (parse_instant(each.get(key)) for each in records)), default=_EPOCH)


def json_object(value: object) -> Json:
    """The value if it is a JSON object, otherwise an empty one."""
    return value if isinstance(value, Mapping) else {}


def json_objects(value: object) -> list[Json]:
    """The objects of a JSON list; everything else in it is left out."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def translate(source: ValueSource, raw: object, tags: Iterable[str]) -> FactValue:
    """The canonical value of a source, given the field's raw value and the ticket's tags."""
    if source.tags:
        present = frozenset(map(tag_form, tags))
        return next((canonical for tag, canonical in source.tags.items() if tag in present), None)
    text = text_of(raw)
    if text is None:
        return None
    known = {vendor.lower(): canonical for vendor, canonical in source.values.items()}
    return known[text.lower()] if text.lower() in known else _typed(source, text)


def gone_field(where: str, why: str, kept: FactValue) -> str:
    """What a ticket says of a key of its connection whose field is gone: ``kept`` is its last value here."""
    known = "" if kept is None else f"; its last value on this ticket, {kept!r}, is kept"
    return f"{where}: {why}{known}"


def unusable_channel(source: ValueSource | None, found: str | None) -> dict[str, str]:
    """The channel under its name, if the connection says where it comes from and what is found there is none."""
    if not found or found in set(Channel) or source is None or not (source.field or source.tags):
        return {}
    return {"channel": f"channel {found!r} is not used: allowed: {', '.join(Channel)}"}


def _typed(source: ValueSource, text: str) -> FactValue:
    match source.type:
        case "checkbox":
            return text.lower() in ("true", "1", "yes", "t")
        case "number":
            with suppress(ValueError, OverflowError):
                number = int(text) if text.lstrip("-").isdecimal() else float(text)
                return number if isfinite(number) else text
    return isolated(text)
