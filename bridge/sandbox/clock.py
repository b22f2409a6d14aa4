"""The sandbox's own time, which may run faster than the wall clock."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Virtual time: ``start + (real - real_start) * speed``. Calling it gives the present as an aware UTC datetime."""

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        """``start``: virtual time now, the wall clock when None; ``speed``: virtual seconds in a real second."""
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}; 1 is real time, 600 is ten minutes a second")
        self.speed = speed
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._real_start = time.monotonic()

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._real_start) * self.speed)

    def advance(self, seconds: float) -> None:
        """Jump ahead by virtual seconds; time never goes back."""
        self._start += timedelta(seconds=max(0.0, seconds))

    def real_seconds(self, virtual: timedelta) -> float:
        """How long a virtual span takes on the wall clock, in seconds."""
        return virtual.total_seconds() / self.speed


def stamp(moment: datetime) -> str:
    """An instant as the API writes it: UTC, whole seconds, cut off (two edits within one second look alike)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def wait_seconds(real: float) -> int:
    """Whole seconds for ``Retry-After`` and reset headers: rounded up, at least one."""
    return max(1, math.ceil(real))
