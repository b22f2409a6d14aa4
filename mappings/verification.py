"""Running the checks of an update against what the helpdesk shows afterwards. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def run_checks(
    checks: Mapping[str, Iterable[Callable[[T], str | None]]], shown: T
) -> tuple[frozenset[str], dict[str, str]]:
    """Keys of the actions whose checks all pass, and for the others the first problem."""
    problems = {key: next(filter(None, (check(shown) for check in owed)), "") for key, owed in checks.items()}
    confirmed = frozenset(key for key, problem in problems.items() if not problem)
    return confirmed, {key: problem for key, problem in problems.items() if problem}
