"""Client-side rate limiting, driven by what the vendor says about its limits.

:class:`RateLimits` is the pure core: it learns from responses and says how long to wait. :class:`RateLimiter` is its
thread-safe shell, which waits briefly at most and otherwise raises ``Retry``.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from threading import Lock

from bridge.errors import Retry
from bridge.helpdesks.http.shared_budget import SharedBudget
from bridge.helpdesks.http.waits import PERSON_WAIT_S, RATE_LIMIT_WAIT_S
from bridge.ports.call_budget import PORTION, DrawFromBudget, unlimited

RESERVED_SHARE = 32
"""One call in this many is reserved for urgent calls."""
_WINDOW_S = 60.0
_UNKNOWN_TOTAL = 2**31
"""Total of a limit that the vendor enforced without naming a number: it binds only as long as the vendor asked."""
_PARTS = re.compile(r"(total|remaining|resets)\s*=\s*(\d+)")


class Precedence(Enum):
    """Which calls go first under one limit."""

    URGENT = auto()
    """May use the reserve as well."""
    USUAL = auto()
    BACKGROUND = auto()
    """Only while nobody, this program or another, has used more than half of our share."""
    PERSON = auto()
    """Somebody waits for the result: may use whatever is left of the limit, beyond our share too."""


@dataclass(frozen=True)
class RateLimit:
    """What is left of one limit. Times are seconds on any monotonic clock."""

    total: int
    remaining: int
    resets_at: float

    def at(self, now: float) -> RateLimit:
        """This limit at ``now``: full again once its window is over."""
        return self if now < self.resets_at else replace(self, remaining=self.total, resets_at=now + _WINDOW_S)

    def wait(self, now: float, reserve: int) -> float:
        """Seconds until one more call is allowed that leaves ``reserve`` calls to others."""
        return 0.0 if self.at(now).remaining > reserve else self.resets_at - now


class RateLimits:
    """All limits of a connection by name. Pure: every method takes ``now``."""

    def __init__(self, known: Mapping[str, int] | None = None, share: float = 1.0) -> None:
        """``known``: calls per minute of limits that the vendor documents but does not announce in headers.

        ``share``: how much of every announced limit is ours; the rest belongs to the account's other programs.
        """
        self._limits = {name: RateLimit(total, total, 0.0) for name, total in (known or {}).items()}
        self._unshared = frozenset(self._limits)
        self._share = share
        self._calls: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, names: tuple[str, ...], now: float, precedence: Precedence = Precedence.USUAL) -> float:
        """Seconds until a call that falls under all these limits is allowed; unknown limits do not bind."""
        known = [name for name in names if name in self._limits]
        waits = [self._limits[name].wait(now, self._reserve(name, precedence)) for name in known]
        waits += [self._share_wait(name, now, precedence) for name in known if name not in self._unshared]
        return max(waits, default=0.0)

    def _reserve(self, name: str, precedence: Precedence) -> int:
        """How many calls of a limit a call must leave to others."""
        total = self._limits[name].total
        if precedence is Precedence.BACKGROUND:
            return total - max(1, self._ours(name) // 2)
        return (
            0
            if precedence in (Precedence.URGENT, Precedence.PERSON)
            else min(max(1, total // RESERVED_SHARE), total - 1)
        )

    def _ours(self, name: str) -> int:
        """How many calls of a limit are ours in its window."""
        total = self._limits[name].total
        return total if name in self._unshared else max(1, int(total * self._share))

    def shared(self, names: tuple[str, ...]) -> list[str]:
        """Those of these limits of which we have a share."""
        return [name for name in names if name in self._limits and name not in self._unshared]

    def usable(self, name: str, precedence: Precedence) -> int:
        """How many calls of our share may be used; its last part is for urgent calls."""
        ours = self._ours(name)
        kept_back = {Precedence.URGENT: 0, Precedence.USUAL: max(1, ours // RESERVED_SHARE)}.get(precedence, ours // 2)
        return max(1, ours - kept_back) if precedence is not Precedence.PERSON else _UNKNOWN_TOTAL

    def recent(self, name: str, now: float, seconds: float) -> int:
        """How many calls this process has made within some seconds, at most a small part of our share."""
        made = sum(1 for at in self._calls[name] if at > now - seconds)
        return max(1, min(made, self._ours(name) // RESERVED_SHARE))

    def _share_wait(self, name: str, now: float, precedence: Precedence) -> float:
        """Seconds until our share of a limit allows this process one more call."""
        calls, usable = self._calls[name], self.usable(name, precedence)
        while calls and calls[0] <= now - _WINDOW_S:
            calls.popleft()
        return 0.0 if len(calls) < usable else calls[len(calls) - usable] + _WINDOW_S - now

    def consume(self, names: tuple[str, ...], now: float) -> None:
        """Count one call that is about to be made."""
        for name in names:
            if name not in self._unshared:
                self._calls[name].append(now)
            if name in self._limits:
                limit = self._limits[name].at(now)
                self._limits[name] = replace(limit, remaining=max(0, limit.remaining - 1))

    def update(self, limits: Mapping[str, RateLimit], now: float) -> None:
        """Take the vendor's own numbers. Of two responses in one window the lower remainder is the later one."""
        for name, new in limits.items():
            old = self._limits.get(name)
            same = old is not None and now < old.resets_at and abs(old.resets_at - new.resets_at) < _WINDOW_S / 2
            self._limits[name] = replace(new, remaining=min(old.remaining, new.remaining)) if old and same else new

    def block(self, names: tuple[str, ...], now: float, seconds: float) -> None:
        """Allow no call under these limits for ``seconds``, because the vendor refused one."""
        for name in names:
            total = self._limits[name].total if name in self._limits else _UNKNOWN_TOTAL
            self._limits[name] = RateLimit(total, 0, now + seconds)


class RateLimiter:
    """The :class:`RateLimits` of a connection, shared by its threads; our share by all processes."""

    def __init__(
        self,
        limits: RateLimits,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        draw: DrawFromBudget = unlimited,
    ) -> None:
        self._limits, self._clock, self._sleep = limits, clock, sleep
        self._budget = SharedBudget(draw, clock)
        self._lock = Lock()

    def acquire(self, names: tuple[str, ...], precedence: Precedence = Precedence.USUAL) -> None:
        """Count one call, waiting for it at most ``RATE_LIMIT_WAIT_S``, or ``PERSON_WAIT_S`` for a person.

        Raises ``Retry`` if that is not enough.
        """
        patience = PERSON_WAIT_S if precedence is Precedence.PERSON else RATE_LIMIT_WAIT_S
        give_up = self._clock() + patience
        while True:
            with self._lock:
                now = self._clock()
                own_wait = self._limits.wait(names, now, precedence)
                wait = own_wait or self._budget_wait(names, now, precedence)
                if not wait:
                    self._limits.consume(names, now)
                    for name in self._limits.shared(names):
                        self._budget.use(name, 1)
                    return
            if now + wait > give_up:
                if own_wait:
                    raise Retry(f"the rate limit {names[-1]!r} is exhausted for {wait:.0f} s", after=wait)
                is_for_all = precedence is Precedence.USUAL
                raise Retry("the bridge's share of the rate limits is used up", after=wait, all_tickets=is_for_all)
            self._sleep(wait)

    def _budget_wait(self, names: tuple[str, ...], now: float, precedence: Precedence) -> float:
        """Seconds until other processes may have left something of our share."""
        portion_s = PORTION.total_seconds()
        for name in self._limits.shared(names):
            wanted, most = self._limits.recent(name, now, portion_s), self._limits.usable(name, precedence)
            if not self._budget.covers(name, wanted, most):
                return portion_s
        return 0.0

    def update(self, limits: Mapping[str, tuple[int, int, float]]) -> None:
        """Take the vendor's numbers: total, remaining, seconds until the reset."""
        with self._lock:
            now = self._clock()
            self._limits.update(
                {name: RateLimit(total, left, now + secs) for name, (total, left, secs) in limits.items()}, now
            )

    def block(self, names: tuple[str, ...], seconds: float) -> None:
        """Allow no call under these limits for ``seconds``."""
        with self._lock:
            self._limits.block(names, self._clock(), seconds)


def parse_rate_limit(text: str | None) -> tuple[int, int, float] | None:
    """``total=100; remaining=99; resets=59`` as numbers, or None."""
    found = {name: int(number) for name, number in _PARTS.findall(text or "")}
    return (found["total"], found["remaining"], float(found["resets"])) if len(found) == 3 else None


def parse_retry_after(headers: Mapping[str, str], default: float) -> float:
    """Seconds to wait by ``Retry-After``: a number, or an HTTP date relative to the response's own ``Date``; >= 1."""
    value = headers.get("Retry-After", "")
    with suppress(ValueError, TypeError):
        return max(1.0, float(value))
    with suppress(ValueError, TypeError, IndexError):
        until, sent = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("Date", ""))
        return max(1.0, (until - sent).total_seconds())
    return default
