"""The words of a pack that decide something, and for each another one that could stand in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from bridge.policy.calendars.closed_times import LOCAL_TIME
from bridge.policy.calendars.duration import BusinessDays, format_length, parse
from bridge.policy.calendars.spec import INTERVAL
from bridge.policy.condition_space import allowed_values
from bridge.policy.evaluation.comparisons import COMPARISONS, is_comparison
from bridge.policy.evaluation.predicate import COMBINATORS, Predicate
from bridge.policy.model import Policy
from bridge.policy.pack_parts import PROSE_SECTIONS, is_part
from bridge.policy.references import Kind, annotation_of, kind_of
from bridge.policy.rules.clock_steps import parse_point
from bridge.ticket import Priority, Status
from bridge.yamlio.problems import KeyPath

UNTOUCHED = (
    frozenset(
        {"change", "cutover", "effective", "facts", "links", "pack", "language_of_templates", "precedence", "reports"}
    )
    | PROSE_SECTIONS
)
UNTOUCHED |= {
    "digests",
    "plan_roles",
    "role_directory",
    "roles",
    "templates",
    "translated_words",
    "translations",
    "ticket_types",
    "title",
    "version",
}
"""Sections that decide nothing about a single ticket."""
LEFT_ALONE = frozenset({Kind.CITATION, Kind.OWN_NAME, Kind.PROSE})
"""Words for people and from people, names that hold a pack together, and citations."""
OUTAGES = frozenset({"if_late"})
"""Keys that matter only after the bridge was away, which no scenario can tell (``tests/policy/test_lateness.py``)."""

Place = tuple[type[BaseModel], str]
"""A model of a pack, and one of its keys."""


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
            yield from _within(policy, value, (section,), getattr(policy, section, None), (Policy, section))


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


def _within(policy: Policy, value: Any, path: KeyPath, part: Any, place: Place) -> Iterator[Alteration]:
    """``part`` is what the policy made of the value, None where it stands in another shape; ``place`` declares it."""
    if isinstance(part, Predicate):
        yield from _condition(policy, value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (Alteration((*path, key), key, other, is_key=True) for other in _other_keys(path, key, value))
            within = (type(part), key) if is_part(part) else place
            yield from _within(policy, inner, (*path, key), _inside(part, key), within)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _within(policy, inner, (*path, index), _inside(part, index), place)
    elif kind_of(*place) not in LEFT_ALONE and place[1] not in OUTAGES:
        choices = _choices(policy, place)
        yield from (Alteration(path, value, other) for other in _others(path, value, choices) if _differs(value, other))


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
        if name in COMBINATORS:
            for index, inner in enumerate(test):
                yield from _condition(policy, inner, (*path, name, index))
        else:
            words = allowed_values(policy, name) or ()
            yield from _tested(test, (*path, name), words)


def _tested(test: Any, path: KeyPath, words: Sequence[str]) -> Iterator[Alteration]:
    if isinstance(test, dict) and is_comparison(test):
        for step, bound in test.items():
            others = [bound + 1] if step in COMPARISONS else list(_other_lengths(str(bound)))[:1]
            yield from (Alteration((*path, step), bound, other) for other in others)
    elif isinstance(test, dict | list):
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
        case str() if re.fullmatch(LOCAL_TIME, value):
            yield f"{value[:11]}{(int(value[11:13]) + 1) % 24:02}{value[13:]}"
        case str() if times := list(_other_points(value) if _is_point(path) else _other_lengths(value)):
            yield from times
        case str() if _key(path) == "time_zone":
            yield "Asia/Kolkata" if value != "Asia/Kolkata" else "America/New_York"
        case "always" if _key(path) == "hours":
            yield {"mon-fri": ["09:00-17:00"]}
        case str():
            yield f"{value}x"


def _choices(policy: Policy, place: Place) -> Sequence[str]:
    """The words of which one stands at a place, where they are listed."""
    match kind_of(*place):
        case Kind.ROLE:
            return [*policy.role_directory, *policy.roles]
        case Kind.TEMPLATE:
            return list(policy.templates)
        case Kind.CALENDAR:
            return list(policy.calendars)
        case Kind.LEVEL:
            return list(policy.severity.levels)
    return _listed(*place)


@cache
def _listed(model: type[BaseModel], key: str) -> Sequence[str]:
    """The words of an enumeration or a literal under a key of a model."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    whole = annotation_of(fields[key]) if key in fields else None
    for inner in _annotations(whole):
        if get_origin(inner) is Literal and (inner is whole or len(get_args(inner)) > 1):
            return get_args(inner)
        if inner in (Priority, Status):
            return list(inner)
    return ()


def _annotations(annotation: Any) -> Iterator[Any]:
    """An annotation and everything inside it; of a mapping only what its values are."""
    yield annotation
    if get_origin(annotation) is not Literal:
        inner = get_args(annotation)
        for each in inner[1:] if get_origin(annotation) is dict else inner:
            yield from _annotations(each)


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


def _is_point(path: KeyPath) -> bool:
    """Whether a value is the point at which a step of a clock acts."""
    return path[0] == "clocks" and path[-1] == "at"


def _other_points(text: str) -> Iterator[str]:
    """A later share of the target, another time before it is due, shortly before the breach."""
    point = parse_point(text)
    if point.before is not None:
        yield from (f"{length} before" for length in _other_lengths(format_length(point.before)))
    else:
        yield "1m before" if point.percent is None else f"{point.percent + (10 if point.percent < 90 else -10)}%"


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
