"""Conditions on numbers: at least, at most, and how often something has happened within a length of time."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from bridge.policy.calendars.duration import parse
from bridge.policy.evaluation.sentence import Sentence, both

COMPARISONS: dict[str, Callable[[float, float], bool]] = {"at_least": operator.ge, "at_most": operator.le}
"""Keys of a test that compare a number."""
WITHIN = "within"
"""The key of a test that counts only what happened within a length of time."""


class Occurrences(int):
    """How often something has happened; it also says how often within a length of time."""

    ages: tuple[timedelta, ...]

    def __new__(cls, ages: Iterable[timedelta]) -> Self:
        """Of what happened so long ago."""
        known = tuple(ages)
        counted = super().__new__(cls, len(known))
        counted.ages = known
        return counted

    @classmethod
    def by(cls, at: datetime, instants: Iterable[datetime]) -> Self:
        """What had happened by an instant."""
        return cls(at - instant for instant in instants if instant <= at)

    def within(self, length: timedelta) -> int:
        """How often it happened within a length of time; what is exactly that old no longer counts."""
        return sum(1 for age in self.ages if age < length)


def is_comparison(test: Any) -> bool:
    """Whether a test compares a number."""
    return isinstance(test, dict) and not COMPARISONS.keys().isdisjoint(test)


def compares(value: object, test: Mapping[str, Any]) -> bool:
    """Whether a number, or a text that is one, passes; nothing else does."""
    number = number_of(value.within(window(test)) if isinstance(value, Occurrences) and WITHIN in test else value)
    wanted = [(COMPARISONS[kind], bound) for kind, bound in test.items() if kind in COMPARISONS]
    return number is not None and all(passes(number, bound) for passes, bound in wanted)


def number_of(value: object) -> float | None:
    """A number, also from the text of a field; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def window(test: Mapping[str, Any]) -> timedelta:
    """The length of time of a test. Raises ``ValueError`` where it is none, or in business days."""
    length = parse(str(test[WITHIN]))
    if not isinstance(length, timedelta):
        raise ValueError(f"{length} cannot be used here; write hours or days like 24h or 30d")  # noqa: TRY004
    return length


def worded_comparison(test: Mapping[str, Any]) -> Sentence:
    """A test in words, such as ``at least 3 within 30 days``."""
    bounds = both([_BOUNDS[kind](bound) for kind, bound in test.items() if kind in COMPARISONS])
    return Sentence("%(number)s within %(length)s", number=bounds, length=window(test)) if WITHIN in test else bounds


_BOUNDS: dict[str, Callable[[object], Sentence]] = {
    "at_least": lambda bound: Sentence("at least %(number)s", number=bound),
    "at_most": lambda bound: Sentence("at most %(number)s", number=bound),
}


def told_apart(tests: Iterable[Any]) -> Iterator[Occurrences]:
    """The numbers that tests tell apart: each bound, and those beside it, as long ago and as of just now."""
    found = [test for test in tests if is_comparison(test)]
    bounds = [int(bound) for test in found for kind, bound in test.items() if kind in COMPARISONS]
    longest = max((window(test) for test in found if WITHIN in test), default=None)
    for number in sorted({bound + step for bound in bounds for step in (-1, 0, 1) if bound + step >= 0}):
        yield Occurrences([timedelta()] * number)
        if longest is not None:
            yield Occurrences([longest] * number)
