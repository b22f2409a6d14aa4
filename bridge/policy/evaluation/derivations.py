"""What is worked out once for a review; a value that depends on itself is an error that says on which way."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

T = TypeVar("T")


class SelfReference(RuntimeError):
    """A condition depends, directly or through others, on its own result. A pack that loads has no such condition."""


class Derivations:
    """Derived values by key, and those that are being worked out at the moment, outermost first.

    It is a base of the context.
    """

    def __init__(self) -> None:
        self._done: dict[Hashable, object] = {}
        self._in_progress: dict[Hashable, Callable[[], str]] = {}

    def derived(self, key: Hashable, work: Callable[[], T], named: Callable[[], str] | None = None) -> T:
        """What ``work`` yields, worked out once for a key. Raises ``SelfReference`` when it depends on itself.

        ``named`` is what the error calls it; without it, the key.
        """
        if key in self._done:
            return self._done[key]  # type: ignore[return-value]  # what the same work has yielded before
        if key in self._in_progress:
            raise SelfReference(self._cycle(key))
        self._in_progress[key] = named or (lambda: str(key))
        try:
            self._done[key] = found = work()
        finally:
            del self._in_progress[key]
        return found

    def _cycle(self, key: Hashable) -> str:
        keys = list(self._in_progress)
        names = [self._in_progress[each]() for each in keys[keys.index(key) :]]
        return f"{' depends on '.join([*names, names[0]])}; test what leads to it instead"
