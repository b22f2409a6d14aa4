"""The words of a pack that decide something, and for each another one that could stand in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, Literal, NamedTuple, get_args, get_origin

from bridge.policy.calendars.duration import BusinessDays, format_length, parse
from bridge.policy.calendars.spec import INTERVAL
from bridge.policy.evaluation.events import Event
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.lint.condition_space import COMBINATIONS, allowed_values
from bridge.policy.lint.walk import ROLE_KEYS, TEMPLATE_KEYS, TEXTS, is_part
from bridge.policy.model import Policy
from bridge.ticket import Priority, Status
from bridge.yamlio.validate import KeyPath

UNTOUCHED = frozenset({"change", "cutover", "effective", "facts", "links", "pack", "precedence", "reports"}) | TEXTS
UNTOUCHED |= {"role_directory", "roles", "templates", "ticket_types", "title", "version"}
"""Sections that decide nothing about a single ticket."""
PROSE = frozenset(
    {"clause", "heading", "kind", "label", "name", "phrases", "raise_clause", "reason", "remark_otherwise", "shown_in"}
    | {"suggestion", "text"}
)
"""Keys of words for people and from people, of names that hold a pack together, and of citations."""
OUTAGES = frozenset({"if_late"})
"""Keys that matter only after the bridge was away, which no story can tell; ``tests/policy/test_lateness.py`` does."""
STATUS_KEYS = frozenset({"blocks", "from", "paused_in", "set", "status", "status_after_reply", "statuses", "to"})
FACT_KEYS = frozenset({"ask_again_if_changed", "fact"})


class Alteration(NamedTuple):
    """One word and another in its place."""

    path: KeyPath
    was: Any
    becomes: Any
    is_key: bool = False


def alterations(source: dict[str, Any], policy: Policy) -> Iterator[Alteration]:
    """Everything that can be altered in a pack as it is written, in the order of the file."""
    for section, value in source.items():
        if section not in UNTOUCHED:
            yield from _within(policy, value, (section,), getattr(policy, section, None))


def altered(source: dict[str, Any], change: Alteration) -> dict[str, Any]:
    """The pack with one word changed."""
    copied = deepcopy(source)
    *steps, last = change.path
    place: Any = copied
    for step in steps:
        place = place[step]
    if change.is_key:
        renamed = [(change.becomes if key == last else key, value) for key, value in place.items()]
        place.clear()
        place.update(renamed)
    else:
        place[last] = change.becomes
    return copied


def _within(policy: Policy, value: Any, path: KeyPath, part: Any) -> Iterator[Alteration]:
    """``part`` is what the policy made of the value; None where it stands in another shape."""
    if isinstance(part, Predicate):
        yield from _condition(policy, value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (Alteration((*path, key), key, other, is_key=True) for other in _other_keys(path, key, value))
            if not (is_part(part) and key in PROSE | OUTAGES):
                yield from _within(policy, inner, (*path, key), _inside(part, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _within(policy, inner, (*path, index), _inside(part, index))
    else:
        words = _literal(policy, path) or ()
        yield from (Alteration(path, value, other) for other in _others(path, value, words) if _differs(value, other))


def _differs(value: Any, other: Any) -> bool:
    return other is not None and other != value


def _inside(part: Any, step: str | int) -> Any:
    if is_part(part):
        names = {field.alias or name: name for name, field in type(part).model_fields.items()}
        return getattr(part, names.get(str(step), ""), None)
    if isinstance(part, dict):
        return part.get(step)
    return part[step] if isinstance(part, tuple) and isinstance(step, int) and step < len(part) else None


def _condition(policy: Policy, condition: dict[str, Any], path: KeyPath) -> Iterator[Alteration]:
    for name, test in condition.items():
        if name in COMBINATIONS:
            for index, inner in enumerate(test):
                yield from _condition(policy, inner, (*path, name, index))
        else:
            words = allowed_values(policy, name) or ()
            yield from _tested(test, (*path, name), words)


def _tested(test: Any, path: KeyPath, words: Sequence[str]) -> Iterator[Alteration]:
    if isinstance(test, dict | list):
        for step, inner in test.items() if isinstance(test, dict) else enumerate(test):
            yield from _tested(inner, (*path, step), words)
    elif isinstance(test, bool):
        yield Alteration(path, test, not test)
    else:
        yield Alteration(path, test, _another(test, words) or f"{test}x")


def _others(path: KeyPath, value: Any, words: Sequence[str]) -> Iterator[Any]:
    """What could stand in place of a plain value."""
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1 if value < 3 else value - 1
        case str() if words:
            yield _another(value, words)
        case str() if re.fullmatch(INTERVAL, value):
            yield from _other_intervals(value)
        case str() if lengths := list(_other_lengths(value)):
            yield from lengths
        case str() if _key(path) == "time_zone":
            yield "Asia/Kolkata" if value != "Asia/Kolkata" else "America/New_York"
        case "always" if _key(path) == "hours":
            yield {"mon-fri": ["09:00-17:00"]}
        case str() if _key(path) not in FACT_KEYS and "labels" not in path:
            yield f"{value}x"


def _literal(policy: Policy, path: KeyPath) -> Sequence[str] | None:
    """The words of which one stands at a place, where they are listed."""
    key, section = _key(path), path[0]
    if path[:2] == ("severity", "levels"):
        return list(Priority)
    if key in STATUS_KEYS:
        return list(Status)
    if key in ROLE_KEYS:
        return [*policy.role_directory, *policy.roles]
    if key in TEMPLATE_KEYS:
        return list(policy.templates)
    if key == "calendar" or (section == "shifts" and "regions" in path):
        return list(policy.calendars)
    if key in ("level", "default"):
        return list(policy.severity.levels)
    if key in ("met_by", "on"):
        return list(get_args(Event))
    return _CHOICES.get(key)


def _choices() -> dict[str, Sequence[str]]:
    """The keys of packs at which one of a few words stands, and these words."""
    found: dict[str, Sequence[str]] = {}
    models, seen = [Policy], set()
    while models:
        model = models.pop()
        seen.add(model)
        for name, field in model.model_fields.items():
            for inner in _annotations(field.annotation):
                if get_origin(inner) is Literal and len(get_args(inner)) > 1:
                    found[field.alias or name] = get_args(inner)
                elif is_model(inner) and inner not in seen:
                    models.append(inner)
    return found


def is_model(found: Any) -> bool:
    return isinstance(found, type) and hasattr(found, "model_fields")


def _annotations(annotation: Any) -> Iterator[Any]:
    """An annotation and everything inside it."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for inner in get_args(annotation):
            yield from _annotations(inner)


_CHOICES = _choices()


def _key(path: KeyPath) -> str:
    """The nearest key around a value that stands in a list."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _another(value: Any, words: Sequence[str]) -> Any:
    """The next of some words."""
    texts = [str(word) for word in words]
    others = [word for word in texts if word != str(value)]
    following = texts.index(str(value)) if str(value) in texts else 0
    return others[following % len(others)] if others else None


def _other_lengths(text: str) -> Iterator[str]:
    """One more of the same unit, and the same number of another unit."""
    try:
        length = parse(text)
    except ValueError:
        return
    if isinstance(length, BusinessDays):
        yield str(BusinessDays(length + 1))
        yield f"{int(length)}d"
    else:
        number, unit = re.findall(r"(\d+)\s*([a-z])", text.lower())[-1]
        yield format_length(length + (parse(f"1{unit}") if unit != "s" else parse("1m")))  # type: ignore[operator]
        yield f"{number}{'m' if unit == 'h' else 'h'}"


def _other_intervals(text: str) -> Iterator[str]:
    """An hour later in the morning, an hour earlier in the evening."""
    opens, closes = text.split("-")
    yield f"{int(opens[:2]) + 1:02}{opens[2:]}-{closes}"
    yield f"{opens}-{int(closes[:2]) - 1:02}{closes[2:]}"


def _other_keys(path: KeyPath, key: str, beside: dict[str, Any]) -> Iterator[str]:
    """Keys that decide something: days of a calendar, statuses with a label."""
    if _key(path) == "hours" and "-" in key:
        yield {"mon-fri": "mon-thu"}.get(key, key.split("-")[0])
    elif _key(path) == "labels":
        yield next(status.value for status in Status if status.value not in beside)
