"""Tests of numbers that cannot be read; part of the check of conditions in :mod:`bridge.policy.lint.references`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.policy.evaluation.comparisons import COMPARISONS, WITHIN, window
from bridge.policy.evaluation.conditions import COUNTED
from bridge.policy.lint.registry import Found
from bridge.policy.model import Policy
from bridge.policy.references import Path


def unreadable_comparison(policy: Policy, name: str, test: dict[str, Any], path: Path) -> Iterator[Found]:
    """What is wrong with a test that compares a number."""
    words = (*COMPARISONS, *((WITHIN,) if name in COUNTED else ()))
    numbers = tuple(sorted(COUNTED | {fact for fact, spec in policy.facts.items() if spec.type == "number"}))
    if name not in numbers:
        fix = "give the fact `type: number`" if name in policy.facts else "compare it with a value or a list of values"
        yield Found(path, f"{name} compared as a number", f"numbers: {', '.join(numbers)}", fix)
        return
    for kind, wanted in test.items():
        if kind not in words:
            yield Found((*path, kind), kind, words, f"compare {name} with these only")
        elif kind == WITHIN:
            yield from _unreadable_window(test, (*path, kind))
        elif isinstance(wanted, bool) or not isinstance(wanted, int | float):
            yield Found((*path, kind), repr(wanted), "a number", f"write {kind}: 3")


def _unreadable_window(test: dict[str, Any], path: Path) -> Iterator[Found]:
    try:
        length = window(test)
    except ValueError:
        yield Found(path, repr(test[WITHIN]), "a length of time such as 24h or 30d", "write within: 30d")
    else:
        if not length:
            yield Found(path, "zero", "a length of time such as 24h or 30d", "give the length of time, or remove it")
