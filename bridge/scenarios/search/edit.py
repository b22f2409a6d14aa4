"""What differs between two packs: the places, the words there, and the conditions around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.model import Policy
from bridge.policy.nodes import is_part
from bridge.policy.pack_parts import PROSE_SECTIONS, parts
from bridge.yamlio.problems import KeyPath


@dataclass(frozen=True)
class Edit:
    """The difference between two packs, as the search uses it: what it names is tried first."""

    words: frozenset[str]
    """Keys and values of the rules that differ."""
    conditions: tuple[tuple[Predicate, Predicate], ...]
    """Under which those rules apply, under the old and the new pack."""
    calendars: frozenset[str]
    """Calendars that differ."""

    @classmethod
    def between(cls, old: Policy, new: Policy) -> Edit:
        paths = [path for path in _differences(old.source, new.source) if path and path[0] not in PROSE_SECTIONS]
        words: set[str] = set()
        conditions: dict[str, tuple[Predicate, Predicate]] = {}
        for path in paths:
            words.update(str(step) for step in path if isinstance(step, str))
            for policy in (old, new):
                words.update(_words(_enclosing(policy.source, path)))
            for was, now in zip_longest(_conditions(old, path), _conditions(new, path), fillvalue=Predicate()):
                conditions[f"{was.worded()}, {now.worded()}"] = (was, now)
        for gate in new.gates:
            if gate.name in words:  # what waits for it, waits for what opens it
                conditions[f"gate {gate.name}"] = (gate.when, gate.when)
        calendars = frozenset(str(path[1]) for path in paths if path[0] == "calendars" and len(path) > 1)
        for when in _conditions_of_users(new, calendars):
            conditions[f"calendar {when.worded()}"] = (when, when)
        return cls(frozenset(words), tuple(conditions.values()), calendars)

    @classmethod
    def of_clause(cls, policy: Policy, clause: str) -> Edit:
        """The rules of one clause, as if they had been edited."""
        return cls.between(policy, _without(policy, clause))


def _conditions_of_users(policy: Policy, calendars: frozenset[str]) -> Iterator[Predicate]:
    """Under which conditions the parts of a pack count on some calendars."""
    for _, part in parts(policy):
        when: Predicate | None = getattr(part, "when", None)
        if getattr(part, "calendar", None) in calendars and when and when.root:
            yield when


def _without(policy: Policy, clause: str) -> Policy:
    """A stand-in in which everything that cites a clause differs."""
    copy = policy.model_copy()
    copy._source = _struck(policy.source, clause)
    return copy


def _struck(value: Any, clause: str) -> Any:
    if isinstance(value, dict):
        struck = {key: _struck(inner, clause) for key, inner in value.items()}
        return {**struck, "\x00": True} if clause in value.values() else struck
    return [_struck(inner, clause) for inner in value] if isinstance(value, list) else value


def _differences(old: Any, new: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The innermost places that differ."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _differences(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from _differences(was, now, (*path, index))
    else:
        yield path


def _enclosing(source: Any, path: KeyPath) -> Any:
    """The innermost mapping with a clause around a place, or what stands there."""
    found = source
    for step in path:
        if isinstance(source, dict):
            source = source.get(step)
        elif isinstance(source, list) and isinstance(step, int) and step < len(source):
            source = source[step]
        else:
            break
        if not isinstance(source, dict | list):
            break
        if not isinstance(found, dict) or "clause" not in found or "clause" in source:
            found = source
    return found


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
    else:
        yield str(value)


def _conditions(policy: Policy, path: KeyPath) -> Iterator[Predicate]:
    """The conditions of the parts around a place, and those at it."""
    value: Any = policy
    for step in path:
        if is_part(value):
            names = {field.alias or name: name for name, field in type(value).model_fields.items()}
            if value is not policy:
                yield from (part for part in map(value.__getattribute__, names.values()) if isinstance(part, Predicate))
            value = getattr(value, names.get(str(step), ""), None)
        elif isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, tuple):
            value = value[step] if isinstance(step, int) and step < len(value) else None
    if isinstance(value, Predicate):
        yield value
