"""Conditions: structured matchers over facts, no expression language.

``{channel: phone}`` · ``{level: [critical, high]}`` · ``{type: {not: incident}}`` · ``{device: {known: false}}`` ·
``{any: [{affected: all}, {impact: catastrophic}]}`` · ``{all: [...]}`` · ``{none: [...]}`` · ``{tags: {any: [vip]}}`` ·
``{estimate_hours: {at_least: 40}}`` · ``{reopen_count: {at_least: 3, within: 30d}}``.
Keys of one mapping must all hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from functools import cached_property
from types import NoneType
from typing import Any, Literal

from pydantic import RootModel

from bridge.policy.evaluation.comparisons import WITHIN, compares, is_comparison
from bridge.policy.evaluation.condition_words import is_opening, shown, worded
from bridge.policy.evaluation.sentence import Sentence, both
from bridge.policy.evaluation.terms import term
from bridge.ticket import FactValue

Lookup = Callable[[str], FactValue | Set[str]]
"""The value of a name at the instant in question; tags and the like come as a set."""

COMBINATORS: dict[str, Callable[[Iterator[bool]], bool]] = {
    "any": any,
    "all": all,
    "none": lambda found: not any(found),
}
"""Keys of a condition that combine other conditions."""

Scalar = bool | int | str | None
Test = Scalar | list[Scalar] | dict[Literal["not", "known", "any", "all", "none", "at_least", "at_most", "within"], Any]


class Predicate(RootModel[dict[str, Any]]):
    """A condition of a pack. The empty condition always holds."""

    root: dict[str, Any] = {}

    def holds(self, lookup: Lookup) -> bool:
        """Whether the condition is true of what ``lookup`` knows."""
        return _holds(self.root, lookup)

    def failing(self, lookup: Lookup) -> str:
        """The first part that does not hold, in words; empty when everything holds."""
        for name, test in self.root.items():
            if not _holds({name: test}, lookup):
                seen = "" if name in COMBINATORS or is_opening(name) else f" (it is {shown(lookup(name), of=name)})"
                return f"condition not met: {self._parts_in_words[name]}{seen}"
        return ""

    def worded(self) -> Sentence:
        """The condition as a phrase, such as ``channel is phone and level is critical or high``."""
        return self._in_words

    @cached_property
    def _in_words(self) -> Sentence:
        return both([*self._parts_in_words.values()] or [term("always")])

    @cached_property
    def _parts_in_words(self) -> dict[str, Sentence]:
        return {name: worded(name, test) for name, test in self.root.items()}

    def names(self) -> tuple[tuple[tuple[str | int, ...], str, Any], ...]:
        """Every name that is read: its path in the file, the name, and its test."""
        return self._names

    @cached_property
    def _names(self) -> tuple[tuple[tuple[str | int, ...], str, Any], ...]:
        return tuple(_names(self.root, ()))


def compared_values(test: Any) -> list[Any]:
    """The plain values a test compares with; a test of whether something is known compares with none."""
    if isinstance(test, dict):
        compared = (inner for kind, inner in test.items() if kind not in ("known", WITHIN))
        return [value for inner in compared for value in compared_values(inner)]
    return [value for item in test for value in compared_values(item)] if isinstance(test, list) else [test]


def _holds(condition: dict[str, Any], lookup: Lookup) -> bool:
    for name, test in condition.items():
        if combine := COMBINATORS.get(name):
            if not combine(_holds(part, lookup) for part in test):
                return False
        elif not _matches(lookup(name), test):
            return False
    return True


_ONE_VALUE = (str, int, float, NoneType)
"""What a fact may hold: all values but sets. Whether a value is an abstract set would take much longer to find out."""


def _matches(value: FactValue | Set[str], test: Any) -> bool:
    if not isinstance(value, _ONE_VALUE):
        return _matches_set(value, test)
    if isinstance(test, dict):
        if "known" in test:
            return (value not in (None, "")) is bool(test["known"])
        return compares(value, test) if is_comparison(test) else not _matches(value, test["not"])
    if isinstance(test, list):
        return any(_same(value, item) for item in test)
    return _same(value, test)


def _matches_set(values: Set[str], test: Any) -> bool:
    if not isinstance(test, dict):
        return not values.isdisjoint(test if isinstance(test, list) else [test])
    if "not" in test:
        return not _matches_set(values, test["not"])
    if "known" in test:
        return bool(values) is bool(test["known"])
    found = {kind: (word in values for word in wanted) for kind, wanted in test.items()}
    return all(COMBINATORS[kind](words) for kind, words in found.items())


def _same(value: FactValue, wanted: Scalar) -> bool:
    if isinstance(wanted, bool) and value in ("true", "false"):
        return (value == "true") is wanted  # a helpdesk's checkbox, read as text
    if isinstance(value, bool) or isinstance(wanted, bool) or value is None or wanted is None:
        return value is wanted
    return str(value) == str(wanted)


def _names(condition: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str, Any]]:
    for name, test in condition.items():
        if name in COMBINATORS and isinstance(test, list):
            for index, part in enumerate(test):
                yield from _names(part, (*path, name, index))
        else:
            yield (*path, name), name, test
