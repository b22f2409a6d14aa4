"""This machine's clock, compared with the clock of whoever answers it: it is never trusted alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SKEW_S = 30.0
"""Seconds by which two clocks may differ. Nothing is written beyond that: messages and closings cannot be undone."""


@dataclass(frozen=True)
class ClockReading:
    """This machine's clocks at one moment, in seconds: the one that can be set, and the one that cannot."""

    wall: float
    monotonic: float

    def has_jumped(self, later: ClockReading) -> bool:
        """Whether the wall clock was set in between, or the machine was suspended."""
        return abs((later.wall - self.wall) - (later.monotonic - self.monotonic)) > SKEW_S


def read_clocks() -> ClockReading:
    """This machine's clocks now. The clock of tickets, which a demo speeds up, is another one."""
    return ClockReading(time.time(), time.monotonic())


@dataclass(frozen=True)
class _Comparison:
    at: ClockReading
    ahead_s: float


@dataclass
class ClockCheck:
    """Compares this machine's clock with the clock of whoever answers it; shared by threads."""

    whose: str
    """Whose clock it is, such as ``Zendesk``."""
    read: Callable[[], ClockReading] = read_clocks
    _last: _Comparison | None = field(default=None, init=False)

    def compare(self, sent: ClockReading, theirs: datetime, *, precision_s: float) -> None:
        """Take in the time in an answer to what was sent; the answer was made some time in between.

        ``precision_s``: theirs is cut off to so many seconds. Only what the round trip cannot explain is a difference.
        """
        received, stamp = self.read(), theirs.timestamp()
        if sent.has_jumped(received):
            self._last = None
            return
        ahead = max(0.0, sent.wall - (stamp + precision_s)) - max(0.0, stamp - received.wall)
        self._last = _Comparison(received, ahead)

    def problem(self) -> str:
        """Why this machine's clock cannot be trusted for what cannot be undone; empty: both agree."""
        last = self._last  # another thread may replace it
        if last is None:
            other = f"that of {self.whose}, which has not answered yet or sent no date"
            return f"this machine's clock could not be compared with {other}"
        if last.at.has_jumped(self.read()):
            return f"this machine's clock was set, or the machine slept, since {self.whose} answered last"
        if abs(last.ahead_s) <= SKEW_S:
            return ""
        off = timedelta(seconds=round(abs(last.ahead_s)))
        return f"this machine's clock is {off} {'ahead of' if last.ahead_s > 0 else 'behind'} that of {self.whose}"
