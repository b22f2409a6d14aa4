"""Values that are impossible: in a condition, and where a rule needs a fact that holds a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.policy.condition_space import allowed_values
from bridge.policy.evaluation.comparisons import is_comparison
from bridge.policy.evaluation.predicate import compared_values
from bridge.policy.lint.registry import Found
from bridge.policy.model import Policy
from bridge.policy.pack_parts import conditions, parts
from bridge.policy.references import Path

TIMES = ("start_fact", "due_fact", "end_fact")
"""Keys under which a rule names a fact that holds a time."""


def impossible_values(policy: Policy) -> Iterator[Found]:
    """Values in conditions that a name never has."""
    for path, when in conditions(policy):
        for inner, name, test in when.names():
            allowed = allowed_values(policy, name)
            for value in () if allowed is None and is_comparison(test) else compared_values(test):
                yield from _impossible(policy, name, value, path + inner, allowed)


def _impossible(policy: Policy, name: str, value: Any, path: Path, allowed: tuple[str, ...] | None) -> Iterator[Found]:
    """A value that a name never has: another word than it knows, or one that a fact of this type never has."""
    spec = policy.facts.get(name)
    word = str(value).lower() if isinstance(value, bool) else str(value)
    if value is None or word in (allowed or ()):
        return
    if word in ("known", "unknown"):
        known = str(word == "known").lower()
        yield Found(path, value, f"a value, or {{known: {known}}}", f"write {name}: {{known: {known}}}")
    elif allowed is not None:
        yield Found(path, value, allowed, f"compare {name} with one of these")
    elif spec and not spec.knows(value):
        yield Found(path, value, f"{spec.allowed}, or {{known: true}}", f"compare {name} with such a value")


def facts_without_time(policy: Policy) -> Iterator[Found]:
    """Facts from which a rule or a report reads a time, although they hold none."""
    for path, part in parts(policy):
        for key in TIMES:
            name = getattr(part, key, None)
            spec = policy.facts.get(name) if name else None
            if spec and spec.type != "datetime":
                found = f"{name!r}, a fact of type {spec.type}"
                times = tuple(each for each, other in policy.facts.items() if other.type == "datetime")
                fix = f"write type: datetime under facts.{name}, or name another fact"
                yield Found((*path, key), found, times or "a fact with type: datetime", fix)
