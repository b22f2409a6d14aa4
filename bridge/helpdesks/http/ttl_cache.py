"""A thread-safe cache of values by text key, bounded in number and in age."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from cachetools import TTLCache

V = TypeVar("V")


class TtlCache(Generic[V]):
    """Keeps each value for ``seconds`` and at most ``size`` of them; the least recently used goes first."""

    def __init__(self, seconds: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._values: TTLCache[str, V] = TTLCache(maxsize=size, ttl=seconds, timer=clock)
        self._lock = Lock()  # TTLCache itself is not thread-safe

    def __setitem__(self, key: str, value: V) -> None:
        with self._lock:
            self._values[key] = value

    def get(self, key: str) -> V | None:
        """The value, or None when there is none or it is too old."""
        with self._lock:
            return self._values.get(key)
