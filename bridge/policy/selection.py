"""Which of several packs governs: precedence, and whether two conditions can hold for one ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations, product
from typing import Any

from bridge.policy.evaluation.conditions import MULTI_VALUED
from bridge.policy.model import Policy

Test = tuple[str, Any]
"""A name and what it must be."""


def ties(policies: Sequence[Policy]) -> Iterator[tuple[Policy, Policy]]:
    """Pairs of packs of equal precedence that could both govern one ticket."""
    for one, other in combinations(policies, 2):
        if one.precedence == other.precedence and not are_exclusive(one.applies_when.root, other.applies_when.root):
            yield one, other


def are_exclusive(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two conditions can be seen to never hold together; where that is not plain, they may."""
    return all(
        any(_contradict(test, against) for test, against in product(these, those))
        for these, those in product(_alternatives(one), _alternatives(other))
    )


def _alternatives(condition: dict[str, Any]) -> list[list[Test]]:
    """The condition as alternatives of plain tests; ``none`` and the like are left out, which only widens them."""
    alternatives: list[list[Test]] = [[]]
    for name, test in condition.items():
        match name:
            case "any":
                parts = [each for part in test for each in _alternatives(part)]
            case "all":
                parts = [list(chain(*chosen)) for chosen in product(*(_alternatives(part) for part in test))]
            case "none":
                continue
            case _:
                parts = [[(name, test)]]
        alternatives = [[*before, *part] for before, part in product(alternatives, parts)]
    return alternatives


def _contradict(one: Test, other: Test) -> bool:
    if one[0] != other[0]:
        return False
    if one[0] in MULTI_VALUED:
        return _lacks(one[1], other[1]) or _lacks(other[1], one[1])
    return _are_disjoint(one[1], other[1]) or _are_disjoint(other[1], one[1])


def _are_disjoint(one: Any, other: Any) -> bool:
    """Whether no single value passes both tests."""
    these = _values(one)
    if these is None:
        return False
    if isinstance(other, dict):
        if "not" in other:
            return these <= (_values(other["not"]) or set())
        return "known" in other and (these <= {None} if other["known"] else None not in these)
    return these.isdisjoint(_values(other) or set())


def _lacks(one: Any, other: Any) -> bool:
    """Whether a set that passes the first test holds something the second forbids, or nothing of what it needs."""
    forbidden = _values(other["none"]) if isinstance(other, dict) and "none" in other else None
    if forbidden is None:
        return False
    if isinstance(one, dict):
        every, some = _values(one.get("all", [])) or set(), _values(one.get("any", [])) or set()
        return bool(every & forbidden) or (bool(some) and some <= forbidden)
    return (_values(one) or set()) <= forbidden


def _values(test: Any) -> set[str | None] | None:
    """The values a plain test allows; None for a test that is not a list of values."""
    if isinstance(test, dict):
        return None
    listed = test if isinstance(test, list) else [test]
    return {None if value is None else str(value).lower() for value in listed}
