"""What this process may use of a budget that it shares with others, drawn in small portions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bridge.errors import BridgeError
from bridge.ports.call_budget import PORTION, DrawFromBudget, unlimited

_ASK_AGAIN_S = 1.0
"""How long a budget counts as used up: the store is not asked for each ticket that waits."""


@dataclass
class _Portion:
    left: int = 0
    until: float = 0.0
    refused: int = 0
    """The budget that was used up when we asked last; 0: it was not."""
    asked: float = 0.0


class SharedBudget:
    """The portions of one connection. Not thread-safe: whoever owns it holds a lock."""

    def __init__(self, draw: DrawFromBudget = unlimited, clock: Callable[[], float] = time.monotonic) -> None:
        self._draw, self._clock = draw, clock
        self._portions: dict[str, _Portion] = {}

    def covers(self, name: str, wanted: int, most: int) -> bool:
        """Whether something of a budget is left for this process; if not, up to ``wanted`` is drawn.

        ``most``: of what all processes may use within the window. If the store cannot be asked, the limits that this
        process keeps by itself have to do.
        """
        portion, now = self._portions.setdefault(name, _Portion()), self._clock()
        if now >= portion.until:
            portion.left = min(portion.left, 0)  # what was not used in time is lost; what was used too much counts
        was_refused = most <= portion.refused and now < portion.asked + _ASK_AGAIN_S
        if portion.left <= 0 and not was_refused:
            self._draw_portion(name, portion, wanted, most)
        return portion.left > 0

    def _draw_portion(self, name: str, portion: _Portion, wanted: int, most: int) -> None:
        now = self._clock()
        try:
            portion.left += self._draw(name, wanted - portion.left, most)
        except BridgeError:
            portion.left = wanted
        portion.until, portion.asked = now + PORTION.total_seconds(), now
        portion.refused = most if portion.left <= 0 else 0

    def use(self, name: str, amount: int) -> None:
        """Count what was used; it may be more than was left, which the next portion makes up for."""
        self._portions.setdefault(name, _Portion()).left -= amount
