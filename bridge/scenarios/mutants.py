"""The words of a pack that decide something, and for each another one that could stand in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from bridge.policy.condition_space import allowed_values
from bridge.policy.evaluation.comparisons import COMPARISONS, is_comparison
from bridge.policy.evaluation.predicate import COMBINATORS, Predicate
from bridge.policy.model import Policy
from bridge.policy.nodes import is_part
from bridge.policy.pack_parts import PROSE_SECTIONS
from bridge.policy.references import Kind, annotation_of, kind_of
from bridge.scenarios.other_values import another, other_keys, other_lengths, other_values
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
            found = _within(policy, value, (section,), getattr(policy, section, None), (Policy, section))
            yield from (change for change in found if not _is_idle(policy, change.path))


def _is_idle(policy: Policy, path: KeyPath) -> bool:
    """Whether a word decides nothing in this pack: how approvals are merged, where nobody is asked for one."""
    stages = policy.escalation.stages if policy.escalation else ()
    asks = policy.gates or policy.severity.held_by or any(stage.relaxed_update_every for stage in stages)
    return path == ("merges", "approvals") and not asks


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
            yield from (Alteration((*path, key), key, other, is_key=True) for other in other_keys(path, key, value))
            within = (type(part), key) if is_part(part) else place
            yield from _within(policy, inner, (*path, key), _inside(part, key), within)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _within(policy, inner, (*path, index), _inside(part, index), place)
    elif kind_of(*place) not in LEFT_ALONE and place[1] not in OUTAGES:
        is_fact = kind_of(*place) is Kind.FACT and value in policy.facts
        choices = _alike(policy, value) if is_fact else _choices(policy, place)
        yield from (
            Alteration(path, value, other) for other in other_values(path, value, choices) if _differs(value, other)
        )


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
            others = [bound + 1] if step in COMPARISONS else list(other_lengths(str(bound)))[:1]
            yield from (Alteration((*path, step), bound, other) for other in others)
    elif isinstance(test, dict | list):
        for step, inner in test.items() if isinstance(test, dict) else enumerate(test):
            yield from _tested(inner, (*path, step), words)
    elif isinstance(test, bool):
        yield Alteration(path, test, not test)
    else:
        yield Alteration(path, test, another(test, words) or f"{test}x")


def _alike(policy: Policy, fact: str) -> Sequence[str]:
    """The facts of the same type: one of them could have been meant."""
    return [name for name, spec in policy.facts.items() if spec.type == policy.facts[fact].type]


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
