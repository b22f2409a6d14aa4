"""What a check is, what it finds, and the list of all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bridge.policy.model import Policy
from bridge.policy.references import Path


class Level(StrEnum):
    """How serious a problem is."""

    ERROR = "error"
    """The pack is not loaded."""
    WARNING = "warning"
    """It works, and is probably not what was meant."""
    NOTE = "note"
    """Nothing is wrong; people should know."""


@dataclass(frozen=True)
class Found:
    """One thing a check found."""

    path: Path
    found: object
    """What stands there: a phrase, or the very value where ``allowed`` lists words."""
    allowed: str | tuple[str, ...]
    """A phrase, or the words that could stand there."""
    fix: str
    """What to do, as an order."""


Finder = Callable[[Policy], Iterator[Found]]


@dataclass(frozen=True)
class Problem:
    """What was found, with the code and level of the check that found it."""

    code: str
    level: Level
    title: str
    path: Path
    found: object
    allowed: str | tuple[str, ...]
    fix: str


@dataclass(frozen=True)
class Check:
    """One check. Its code is a public interface: it never changes meaning and is never used again."""

    code: str
    level: Level
    title: str
    find: Finder

    def problems(self, policy: Policy) -> Iterator[Problem]:
        """What it finds in a pack."""
        for each in self.find(policy):
            yield Problem(self.code, self.level, self.title, each.path, each.found, each.allowed, each.fix)


CHECKS: dict[str, Check] = {}
"""All checks by code."""


def check(code: str, level: Level, title: str) -> Callable[[Finder], Finder]:
    """Register a function as the check of this code."""

    def register(find: Finder) -> Finder:
        if code in CHECKS:
            raise ValueError(f"the code {code} is taken by {CHECKS[code].title!r}; give this check another one")
        CHECKS[code] = Check(code, level, title, find)
        return find

    return register
