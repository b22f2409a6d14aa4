"""Our share of the time of Odoo's workers. Odoo announces no limit: what people feel is that its workers are busy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from bridge.errors import Retry
from bridge.helpdesks.http.rate_limit import Precedence
from bridge.helpdesks.http.shared_budget import SharedBudget
from bridge.ports.call_budget import PORTION, WINDOW, DrawFromBudget, unlimited

_NAME = "worker time"
_PORTION_MS = 500


class WorkerShare:
    """The part of the workers' time that all processes of the bridge may use, counted by how long calls take."""

    def __init__(
        self,
        workers: int = 2,
        share: float = 0.5,
        draw: DrawFromBudget = unlimited,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ours_ms = max(_PORTION_MS, int(workers * share * WINDOW.total_seconds() * 1000))
        self._clock = clock
        self._budget = SharedBudget(draw, clock)
        self._lock = Lock()

    @contextmanager
    def used(self, precedence: Precedence) -> Iterator[None]:
        """Count the time of the block. Raises ``Retry`` if the share is used up, unless the call is urgent."""
        with self._lock:
            most = self._ours_ms // 2 if precedence is Precedence.BACKGROUND else self._ours_ms
            is_bound = precedence in (Precedence.USUAL, Precedence.BACKGROUND)
            if not self._budget.covers(_NAME, _PORTION_MS, most if is_bound else _UNBOUND) and is_bound:
                wait, is_for_all = PORTION.total_seconds(), precedence is Precedence.USUAL
                raise Retry("the bridge's share of Odoo's workers is used up", after=wait, all_tickets=is_for_all)
        begun = self._clock()
        try:
            yield
        finally:
            with self._lock:
                self._budget.use(_NAME, round((self._clock() - begun) * 1000))


_UNBOUND = 2**31
