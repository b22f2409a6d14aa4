"""The space of all tickets, as far as some conditions can tell them apart: what can hold, and what holds at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Any

from bridge.policy.evaluation.comparisons import told_apart
from bridge.policy.evaluation.condition_words import shown
from bridge.policy.evaluation.conditions import CONDITION_NAMES, MULTI_VALUED
from bridge.policy.evaluation.predicate import Predicate, compared_values
from bridge.policy.model import Policy
from bridge.policy.references import Kind
from bridge.ticket import FactValue

MAX_POINTS = 50_000
"""Points of a space that are tried one by one; a larger space is not checked."""
OTHER = "\x00another"
"""Stands for every value that no condition mentions."""

Value = FactValue | frozenset[str]
Point = dict[str, Value]


def allowed_values(policy: Policy, name: str) -> tuple[str, ...] | None:
    """The values a name can have, or None where any is possible."""
    if name in policy.facts:
        spec = policy.facts[name]
        return ("true", "false") if spec.type == "bool" else spec.values
    domain = CONDITION_NAMES[name].domain if name in CONDITION_NAMES else None
    return _declared(policy, domain) if isinstance(domain, Kind) else domain


def _declared(policy: Policy, kind: Kind) -> tuple[str, ...]:
    """The names of a kind that a pack declares."""
    declared: Any = policy
    for key in kind.section.split("."):
        declared = getattr(declared, key)
    return tuple(getattr(each, "name", each) for each in declared)


@dataclass(frozen=True)
class ConditionSpace:
    """Every combination of the values that some conditions tell apart."""

    domains: dict[str, tuple[Value, ...]]

    @classmethod
    def of(cls, policy: Policy, conditions: Iterable[Predicate], *, known: bool = False) -> ConditionSpace:
        """The space of some conditions; ``known``: only tickets on which everything that has listed values is known."""
        tests: dict[str, list[Any]] = {}
        for condition in conditions:
            for _, name, test in condition.names():
                tests.setdefault(name, []).append(test)
        return cls({name: tuple(_domain(policy, name, found, known=known)) for name, found in tests.items()})

    def points(self) -> Iterator[Point]:
        """All points, or none where there are more than :data:`MAX_POINTS`."""
        if prod(len(domain) for domain in self.domains.values()) <= MAX_POINTS:
            yield from (dict(zip(self.domains, values, strict=True)) for values in product(*self.domains.values()))


def _domain(policy: Policy, name: str, tests: list[Any], *, known: bool) -> Iterator[Value]:
    values = dict.fromkeys(value for test in tests for value in compared_values(test) if value is not None)
    asks = any(isinstance(test, dict) and "known" in test for test in tests)
    if name in MULTI_VALUED:
        yield from _subsets([str(value) for value in values] or [OTHER] * asks)
        return
    if numbers := list(told_apart(tests)):
        yield from (*numbers, *(value for value in values if value not in numbers), *[None] * (asks or not known))
        return
    allowed = allowed_values(policy, name)
    if allowed == ("true", "false"):
        yield from (True, False)
    else:
        yield from values
        unmentioned = [word for word in allowed or (OTHER,) if word not in map(str, values)]
        yield from unmentioned[:1]
    if asks or not (known and allowed):
        yield None


def _subsets(values: list[str]) -> Iterator[frozenset[str]]:
    """The sets of values a multi-valued name can hold: every combination of up to four, else none, each one and all."""
    sizes = range(len(values) + 1) if len(values) <= 4 else (0, 1, len(values))
    return (frozenset(chosen) for size in sizes for chosen in combinations(values, size))


def holds_at(condition: Predicate, point: Point) -> bool:
    """Whether a condition holds at a point."""
    return condition.holds(point.__getitem__)


def describe_point(point: Point) -> str:
    """A point as people describe it: ``affected is all, impact is not known``."""
    parts = (f"{name.replace('_', ' ')} is {_shown(name, value)}" for name, value in point.items())
    return ", ".join(parts) or "any ticket"


def _shown(name: str, value: Value) -> str:
    if isinstance(value, frozenset):
        return " and ".join(sorted(_shown(name, each) for each in value)) or "nothing"
    return "something else" if value == OTHER else shown(value, of=name)


@dataclass(frozen=True)
class Matches:
    """How a list of conditions, of which the first that holds counts, divides a space."""

    holding: tuple[frozenset[int], ...]
    """For each condition the points at which it holds."""
    first: tuple[frozenset[int], ...]
    """For each condition the points at which it is the first that holds."""
    points: tuple[Point, ...]

    @classmethod
    def of(cls, conditions: list[Predicate], points: Iterable[Point]) -> Matches:
        seen = tuple(points)
        matched: list[set[int]] = [set() for _ in conditions]
        first: list[set[int]] = [set() for _ in conditions]
        for number, point in enumerate(seen):
            holds = [index for index, condition in enumerate(conditions) if holds_at(condition, point)]
            for index in holds:
                matched[index].add(number)
            for index in holds[:1]:
                first[index].add(number)
        return cls(tuple(map(frozenset, matched)), tuple(map(frozenset, first)), seen)

    def unmatched(self) -> list[Point]:
        """The points at which none holds."""
        taken = frozenset[int]().union(*self.holding)
        return [point for number, point in enumerate(self.points) if number not in taken]
