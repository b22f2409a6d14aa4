"""So many calls at a time, in the order in which they came: a semaphore would let the quick ones in for ever."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock

from bridge.errors import Retry


class Turns:
    """Places for the calls of one connection, shared by its threads."""

    def __init__(self, places: int) -> None:
        self._places, self._free = places, places
        self._waiting: deque[Event] = deque()
        self._lock = Lock()

    @contextmanager
    def take(self, patience: float) -> Iterator[None]:
        """Hold a place. Raises ``Retry`` when none was free for ``patience`` seconds."""
        turn = Event()
        with self._lock:
            self._waiting.append(turn)
            self._call_in()
        if not turn.wait(patience) and self._leave(turn):
            raise Retry(f"{self._places} other calls kept the vendor busy for {patience:.0f} s", after=patience)
        try:
            yield
        finally:
            with self._lock:
                self._free += 1
                self._call_in()

    def _call_in(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._waiting.popleft().set()

    def _leave(self, turn: Event) -> bool:
        """Give up waiting; False: the turn came at the last moment."""
        with self._lock:
            if turn.is_set():
                return False
            self._waiting.remove(turn)
            return True
