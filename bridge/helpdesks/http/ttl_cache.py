"""A small memory of what was read a moment ago: bounded in number and in age, safe between threads."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Values by text key, each for ``seconds``, at most ``size`` of them; the oldest goes first."""

    def __init__(self, seconds: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._size, self._clock = seconds, size, clock
        self._kept: OrderedDict[str, tuple[float, V]] = OrderedDict()
        self._lock = Lock()

    def __setitem__(self, key: str, value: V) -> None:
        with self._lock:
            self._kept[key] = (self._clock() + self._seconds, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def get(self, key: str) -> V | None:
        """The value, or None when it was never kept or has become too old."""
        with self._lock:
            until, value = self._kept.get(key, (0.0, None))
            return value if value is not None and self._clock() < until else None
