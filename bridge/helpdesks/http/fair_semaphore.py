"""A semaphore that admits callers in the order in which they asked.

``threading.Semaphore`` makes no such promise: under load a slow caller could wait for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock

from bridge.errors import Retry


class FairSemaphore:
    """A limit on the concurrent calls of one connection, shared by its threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._free = limit, limit
        self._waiting: deque[Event] = deque()
        self._lock = Lock()

    @contextmanager
    def acquire(self, timeout_s: float, *, first: bool = False) -> Iterator[None]:
        """Hold one slot, ``first`` before all who wait. Raises ``Retry`` when none became free within ``timeout_s``."""
        admitted = Event()
        with self._lock:
            self._waiting.insert(0 if first else len(self._waiting), admitted)
            self._admit()
        if not admitted.wait(timeout_s) and self._leave(admitted):
            raise Retry(f"{self._limit} other calls to the helpdesk took more than {timeout_s:.0f} s", after=timeout_s)
        try:
            yield
        finally:
            with self._lock:
                self._free += 1
                self._admit()

    def _admit(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._waiting.popleft().set()

    def _leave(self, admitted: Event) -> bool:
        """Stop waiting; False when the slot became free at the last moment."""
        with self._lock:
            if admitted.is_set():
                return False
            self._waiting.remove(admitted)
            return True
