"""Zendesk's vocabulary (``zendesk.yaml``) and the forms in which it writes ids, times and values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bridge.ticket import Channel, FactValue, Priority, Role, Status
from bridge.yamlfile import load_model
from mappings.connection import Source, Words

Json = Mapping[str, Any]

OUR_NAME = "policybridge"
"""Key of our part in the metadata of a ticket's audit."""


class Vocabulary(Words):
    """The words of ``zendesk.yaml``."""

    status: dict[str, Status]
    written_status: dict[Status, str]
    priority: dict[str, Priority]
    role: dict[str, Role]
    channel: dict[str, Channel]
    automatic: frozenset[str]
    auto_reply_flags: frozenset[int]


@cache
def vocabulary() -> Vocabulary:
    """The words that are the same in every Zendesk account."""
    return load_model(Path(__file__).with_name("zendesk.yaml"), Vocabulary)


def ident(value: object) -> str:
    """An id as text: numbers in REST, text in events; empty for null, 0 and the -1 of a deleted user."""
    text = str(value).strip() if value is not None else ""
    return "" if text in ("0", "-1") else text


def word(value: object) -> str:
    """An enumeration's value in lower case: REST writes ``open``, events write ``OPEN``."""
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


def instant(value: object) -> datetime | None:
    """A time with any number of decimals, in UTC; None when it is absent or no time."""
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(str(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def tags_of(value: object) -> frozenset[str]:
    """Tags from a list, or from the text separated by blanks that audits and triggers hold."""
    words = value if isinstance(value, list | tuple | set | frozenset) else str(value or "").replace(",", " ").split()
    return frozenset(str(tag).lower() for tag in words)


def mapping(value: object) -> Json:
    """A JSON object, or an empty one where null or something else stands."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> list[Json]:
    """The objects of a JSON list; nulls and foreign shapes are left out."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def via_words(via: object) -> tuple[str, str]:
    """Channel and relation of a ``via``: ``("rule", "trigger")``; older answers have plain text there."""
    if isinstance(via, str):
        return word(via), ""
    found = mapping(via)
    return word(found.get("channel")), word(mapping(found.get("source")).get("rel"))


def is_automatic(via: object) -> bool:
    """Whether a rule of Zendesk, and no person, did this."""
    return not vocabulary().automatic.isdisjoint(via_words(via))


def translated(source: Source, raw: object, tags: Iterable[str]) -> FactValue:
    """What a source says, given the field's raw value and the ticket's tags."""
    if source.tags:
        present = frozenset(tags)
        return next((canonical for tag, canonical in source.tags.items() if tag in present), None)
    text = text_of(raw)
    if text is None:
        return None
    known = {vendor.lower(): canonical for vendor, canonical in source.values.items()}
    return known[text.lower()] if text.lower() in known else _typed(source, text)


def _typed(source: Source, text: str) -> FactValue:
    match source.type:
        case "checkbox":
            return text.lower() in ("true", "1", "yes", "t")
        case "number":
            with suppress(ValueError):
                return int(text) if text.lstrip("-").isdecimal() else float(text)
    return text
