"""Words of a pack as people say them; lengths of time in the unit in which they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from bridge.policy.calendars.duration import BusinessDays, Length, humanize, parse
from bridge.policy.document.layout import Cell
from bridge.policy.document.phrases import choice, phrase
from bridge.policy.evaluation.misfire import MisfirePolicy, is_timed
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.model import Policy
from bridge.policy.references import Kind, kind_of
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.clock_steps import StepPoint

UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
WHEN_LATE: dict[MisfirePolicy, str] = {
    "act": "carried out late",
    "skip": "skipped",
    "latest_only": "only the latest step that is due is carried out",
    "when_open": "the latest step that is due waits until the calendar is open",
}
_ANSWERS = {True: "yes", False: "no", None: "none"}
CLAUSE_KINDS = (Kind.CITATION, Kind.CLAUSE)


def spaced(word: str) -> str:
    """``waiting_customer`` as ``waiting customer``."""
    return word.replace("_", " ")


def heading(word: str) -> str:
    """``first_response`` as ``First response``."""
    return spaced(word)[:1].upper() + spaced(word)[1:]


def listed(words: list[str]) -> str:
    """``a, b and c``; of no words, nothing."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def length(value: Length, written: object = None) -> str:
    """A length of time, as it was written where that is known: ``2d`` is 2 days, ``48h`` is 48 hours."""
    if isinstance(value, timedelta) and isinstance(written, str) and parse(written) == value:
        parts = re.findall(r"(\d+)\s*([smhdw])", written.lower())
        return " ".join(f"{number} {UNITS[unit]}{'' if number == '1' else 's'}" for number, unit in parts)
    return humanize(value)


def described(part: BaseModel, source: Any, *, without: frozenset[str]) -> Cell:
    """Describe a part of a pack, one line per key; defaults that the pack does not state are left out.

    What a timed step does when it is late is always included.
    """
    return tuple(f"{key}: {text}" if text else key for key, text in _lines(part, source, without))


def _lines(
    part: BaseModel, source: Any, without: frozenset[str] = frozenset(), *, within: bool = False
) -> Iterator[tuple[str, str]]:
    """Each key that the pack states, in words, and its value; parts in a list have a line each.

    ``within`` another line such a part is put in brackets.
    """
    for name, field in type(part).model_fields.items():
        value, key = getattr(part, name), field.alias or name
        text = inside(source, key)
        unwritten = text is None and value == field.get_default(call_default_factory=True)
        if name in without or (unwritten and not (name == "if_late" and is_timed(part))):
            continue
        if name == "if_late":
            yield f"{'warning ' if isinstance(part, ClockRule) else ''}{when_late(value)}", ""
        elif isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
            numbered = _numbered(phrase(key), value, text)
            yield from ((heading, f"({inner})" if within else inner) for heading, inner in numbered)
        else:
            yield phrase(key), choice(key, value) or worded(value, text)


def _numbered(key: str, values: tuple[Any, ...], source: Any) -> Iterator[tuple[str, str]]:
    """A line for each part of a list, such as ``stage 1``. What a part has under the list's own name comes bare."""
    for number, value in enumerate(values, 1):
        lines = _lines(value, inside(source, number - 1), within=True)
        texts = (
            text if part == key else _clause(part, text) for part, text in lines if (part, text) != (key, str(number))
        )
        yield key if len(values) == 1 else f"{key} {number}", ", ".join(texts)


def _clause(key: str, text: str) -> str:
    """``after 4 days``: a key and its value within a line; a longer key keeps its colon."""
    if not text:
        return key
    return f"{key}: {text}" if key.count(" ") > 1 else f"{key} {text}"


def when_late(word: MisfirePolicy) -> str:
    """What happens to a step that comes late."""
    return f"when late: {WHEN_LATE[word]} ({spaced(word)})"


def inside(source: Any, step: str | int) -> Any:
    """What stands under a key or position of the text, or None."""
    if isinstance(source, Mapping):
        return source.get(step)
    return source[step] if isinstance(source, list) and isinstance(step, int) and step < len(source) else None


def worded(value: Any, source: Any = None) -> str:
    """Any value of a pack in words."""
    match value:
        case Predicate():
            return value.worded()
        case timedelta() | BusinessDays():
            return length(value, source)
        case BaseModel():
            return ", ".join(_clause(key, text) for key, text in _lines(value, source, within=True))
        case Mapping():
            return "; ".join(_pair(key, inner, inside(source, key)) for key, inner in value.items()) or "none"
        case tuple():
            return _series(list(value), source)
        case frozenset() | set():
            return listed(sorted(worded(item) for item in value)) or "none"
        case _:
            return _single(value)


def _single(value: Any) -> str:
    """A value that has no parts, in words."""
    match value:
        case bool() | None:
            return _ANSWERS[value]
        case Enum():
            return spaced(str(value.value))
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case time():
            return f"{value:%H:%M}"
        case float():
            return f"{value:g}"
        case StepPoint():
            return value.in_words
        case _:
            return str(value) if " " in str(value) else spaced(str(value))


def _pair(key: object, value: Any, source: Any) -> str:
    """``region = emea`` of one value, ``new → open and solved`` of several."""
    return f"{spaced(str(key))} {'→' if isinstance(value, tuple) else '='} {worded(value, source)}"


def _series(values: list[Any], source: Any) -> str:
    words = [worded(value, inside(source, index)) for index, value in enumerate(values)]
    nested = any(isinstance(value, BaseModel) for value in values)
    return " / ".join(f"({word})" for word in words) if nested else listed(words) or "none"


def clauses(part: BaseModel) -> Iterator[str]:
    """The clauses that a piece of a pack names, each once."""
    found: dict[str, None] = {}
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if kind_of(type(part), field.alias or name) in CLAUSE_KINDS and value:
            found[value] = None
        for inner in value if isinstance(value, tuple) else [value]:
            if isinstance(inner, BaseModel) and not isinstance(inner, Predicate):
                found |= dict.fromkeys(clauses(inner))
    yield from found


def shown_elsewhere(part: BaseModel) -> frozenset[str]:
    """Fields that have a column of their own (the name, the clauses), and the one that only tells two forms apart."""
    hidden: set[str] = set()
    for name, field in type(part).model_fields.items():
        is_form = get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
        if is_form or kind_of(type(part), field.alias or name) in (*CLAUSE_KINDS, Kind.OWN_NAME):
            hidden.add(name)
    return frozenset(hidden)


def text_at(policy: Policy, *path: str | int) -> Any:
    """The text of the pack at a place."""
    found: Any = policy.source
    for step in path:
        found = inside(found, step)
    return found
