"""Staying inside a vendor's rate limits, by what the vendor itself says of them.

:class:`Pace` is the pure core: it is told what answers said and at what time, and tells how long to wait.
:class:`Pacer` is its thread-safe shell, which waits a moment at most and otherwise raises ``Retry``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from threading import Lock

from bridge.errors import Retry

LONGEST_WAIT = 2.0
"""Seconds a call may wait in its thread; a longer wait goes back to the queue, where it blocks nobody."""
RESERVED = 32
"""One call in so many is kept back for urgent ones."""
_WINDOW = 60.0
_UNTOLD = 2**31
"""Total of a limit the vendor closed and never put a number on: it binds no longer than the vendor asked."""
_PARTS = re.compile(r"(total|remaining|resets)\s*=\s*(\d+)")


@dataclass(frozen=True)
class Allowance:
    """What is left of one limit; times are seconds on any steady clock."""

    total: int
    remaining: int
    resets_at: float

    def at(self, now: float) -> Allowance:
        """This allowance at ``now``: full again once its window is over."""
        return self if now < self.resets_at else replace(self, remaining=self.total, resets_at=now + _WINDOW)

    def wait(self, now: float, *, urgent: bool) -> float:
        """Seconds until one more call is allowed; urgent calls may use the reserve as well."""
        kept = 0 if urgent else min(max(1, self.total // RESERVED), self.total - 1)
        return 0.0 if self.at(now).remaining > kept else self.resets_at - now


class Pace:
    """Allowances by the name of their limit. Pure: every method is given ``now``."""

    def __init__(self, known: Mapping[str, int] | None = None) -> None:
        """``known``: limits a minute that the vendor documents but does not announce in headers."""
        self._left = {name: Allowance(total, total, 0.0) for name, total in (known or {}).items()}

    def wait(self, limits: tuple[str, ...], now: float, *, urgent: bool = False) -> float:
        """Seconds until a call under all these limits is allowed; 0: now. Limits not heard of yet do not bind."""
        waits = [self._left[name].wait(now, urgent=urgent) for name in limits if name in self._left]
        return max(waits, default=0.0)

    def spend(self, limits: tuple[str, ...], now: float) -> None:
        """Count one call that is about to be made."""
        for name in limits:
            if name in self._left:
                left = self._left[name].at(now)
                self._left[name] = replace(left, remaining=max(0, left.remaining - 1))

    def learn(self, limits: Mapping[str, Allowance], now: float) -> None:
        """Believe the vendor's own numbers; of two answers in one window the lower remainder is the later one."""
        for name, said in limits.items():
            old = self._left.get(name)
            same = old is not None and now < old.resets_at and abs(old.resets_at - said.resets_at) < _WINDOW / 2
            self._left[name] = replace(said, remaining=min(old.remaining, said.remaining)) if old and same else said

    def close(self, limits: tuple[str, ...], now: float, seconds: float) -> None:
        """The vendor refused a call: nothing more under these limits for so long."""
        for name in limits:
            total = self._left[name].total if name in self._left else _UNTOLD
            self._left[name] = Allowance(total, 0, now + seconds)


class Pacer:
    """One :class:`Pace` shared by the threads of a connection."""

    def __init__(
        self,
        pace: Pace,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pace, self._clock, self._sleep = pace, clock, sleep
        self._lock = Lock()

    def pass_through(self, limits: tuple[str, ...], *, urgent: bool = False) -> None:
        """Count a call in, waiting at most :data:`LONGEST_WAIT`. Raises ``Retry`` when it would take longer."""
        give_up = self._clock() + LONGEST_WAIT
        while True:
            with self._lock:
                now = self._clock()
                wait = self._pace.wait(limits, now, urgent=urgent)
                if not wait:
                    self._pace.spend(limits, now)
                    return
            if now + wait > give_up:
                raise Retry(f"the rate limit {limits[-1]} is used up for {wait:.0f} s", after=wait)
            self._sleep(wait)

    def learn(self, limits: Mapping[str, tuple[int, int, float]]) -> None:
        """Take in limits as ``total, remaining, seconds until reset``."""
        with self._lock:
            now = self._clock()
            self._pace.learn({k: Allowance(total, left, now + secs) for k, (total, left, secs) in limits.items()}, now)

    def close(self, limits: tuple[str, ...], seconds: float) -> None:
        """Nothing more under these limits for so many seconds."""
        with self._lock:
            self._pace.close(limits, self._clock(), seconds)


def read_allowance(text: str | None) -> tuple[int, int, float] | None:
    """``total=100; remaining=99; resets=59`` as numbers, or None."""
    found = {name: int(number) for name, number in _PARTS.findall(text or "")}
    return (found["total"], found["remaining"], float(found["resets"])) if len(found) == 3 else None


def read_retry_after(headers: Mapping[str, str], default: float) -> float:
    """Seconds the vendor asks to wait, from a number or an HTTP date (measured by its own ``Date``); at least 1."""
    value = headers.get("Retry-After", "")
    with suppress(ValueError, TypeError):
        return max(1.0, float(value))
    with suppress(ValueError, TypeError, IndexError):
        until, sent = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("Date", ""))
        return max(1.0, (until - sent).total_seconds())
    return default
