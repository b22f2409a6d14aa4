"""Words of a pack as people say them; lengths of time in the unit in which they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from bridge.policy.calendars.duration import BusinessDays, Length, parse
from bridge.policy.document.layout import Cell
from bridge.policy.document.phrases import choice, phrase
from bridge.policy.evaluation.misfire import MisfirePolicy, is_timed
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.sentence import Amount, Opening, Sentence, listed, series
from bridge.policy.evaluation.terms import term
from bridge.policy.model import Policy
from bridge.policy.references import Kind, kind_of
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.clock_steps import StepPoint

UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
WHEN_LATE: dict[MisfirePolicy, Sentence] = {
    "act": Sentence("carried out late"),
    "skip": Sentence("skipped"),
    "latest_only": Sentence("only the latest step that is due is carried out"),
    "when_open": Sentence("the latest step that is due waits until the calendar is open"),
}
_NONE = Sentence("none")
CLAUSE_KINDS = (Kind.CITATION, Kind.CLAUSE)


def spaced(word: str) -> str:
    """``waiting_customer`` as ``waiting customer``."""
    return word.replace("_", " ")


def heading(word: str) -> Opening:
    """``first_response`` as ``First response``."""
    return Opening(word if isinstance(word, Sentence) else spaced(word))


def length(value: Length, written: object = None) -> Sentence:
    """A length of time, as it was written where that is known: ``2d`` is 2 days, ``48h`` is 48 hours."""
    if isinstance(value, timedelta) and isinstance(written, str) and parse(written) == value:
        parts = re.findall(r"(\d+)\s*([smhdw])", written.lower())
        return series([Amount(int(number), UNITS[unit]) for number, unit in parts], " ")
    return series([value])


def described(part: BaseModel, source: Any, *, without: frozenset[str]) -> Cell:
    """Describe a part of a pack, one line per key; defaults that the pack does not state are left out.

    What a timed step does when it is late is always included.
    """
    return tuple(_pair(key, text) if text else key for key, text in _lines(part, source, without))


def _pair(key: str, text: str) -> Sentence:
    return Sentence("%(key)s: %(text)s", key=key, text=text)


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
            late = when_late(value)
            yield Sentence("warning %(late)s", late=late) if isinstance(part, ClockRule) else late, ""
        elif isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
            numbered = _numbered(phrase(key), value, text)
            yield from ((head, _bracketed(inner) if within else inner) for head, inner in numbered)
        else:
            yield phrase(key), choice(key, value) or worded(value, text)


def _numbered(key: str, values: tuple[Any, ...], source: Any) -> Iterator[tuple[str, str]]:
    """A line for each part of a list, such as ``stage 1``. What a part has under the list's own name comes bare."""
    for number, value in enumerate(values, 1):
        lines = _lines(value, inside(source, number - 1), within=True)
        texts = (
            text if part == key else _clause(part, text) for part, text in lines if (part, text) != (key, str(number))
        )
        yield key if len(values) == 1 else series([key, number], " "), series([*texts])


def _bracketed(text: str) -> Sentence:
    return Sentence(_IN_BRACKETS, text=text)


_IN_BRACKETS = "(%(text)s)"


def _clause(key: str, text: str) -> str:
    """``after 4 days``: a key and its value within a line; a longer key keeps its colon."""
    if not text:
        return key
    return _pair(key, text) if key.count(" ") > 1 else series([key, text], " ")


def when_late(word: MisfirePolicy) -> Sentence:
    """What happens to a step that comes late."""
    return Sentence("when late: %(what)s (%(choice)s)", what=WHEN_LATE[word], choice=spaced(word))


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
            return series([_clause(key, text) for key, text in _lines(value, source, within=True)])
        case Mapping():
            pairs = [_assigned(key, inner, inside(source, key)) for key, inner in value.items()]
            return series(pairs, "; ") if pairs else _NONE
        case tuple():
            return _series(list(value), source)
        case frozenset() | set():
            return listed(sorted(worded(item) for item in value)) if value else _NONE
        case _:
            return _single(value)


def _single(value: Any) -> str:
    """A value that has no parts, in words."""
    match value:
        case None:
            return _NONE
        case bool():
            return term("yes" if value else "no")
        case Enum():
            return term(value.value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case time():
            return f"{value:%H:%M}"
        case float():
            return f"{value:g}"
        case StepPoint():
            return value.in_words
        case _:
            return str(value) if " " in str(value) else term(value)


def _assigned(key: object, value: Any, source: Any) -> Sentence:
    """``region = emea`` of one value, ``new → open and solved`` of several."""
    return series([term(key), "→" if isinstance(value, tuple) else "=", worded(value, source)], " ")


def _series(values: list[Any], source: Any) -> Sentence:
    words = [worded(value, inside(source, index)) for index, value in enumerate(values)]
    if any(isinstance(value, BaseModel) for value in values):
        return series([_bracketed(word) for word in words], " / ")
    return listed(words) if words else _NONE


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


def shown_elsewhere(part: BaseModel | type[BaseModel]) -> frozenset[str]:
    """Fields that have a column of their own (the name, the clauses), and the one that only tells two forms apart."""
    hidden: set[str] = set()
    model = part if isinstance(part, type) else type(part)
    for name, field in model.model_fields.items():
        is_form = get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
        if is_form or kind_of(model, field.alias or name) in (*CLAUSE_KINDS, Kind.OWN_NAME):
            hidden.add(name)
    return frozenset(hidden)


def text_at(policy: Policy, *path: str | int) -> Any:
    """The text of the pack at a place."""
    found: Any = policy.source
    for step in path:
        found = inside(found, step)
    return found
