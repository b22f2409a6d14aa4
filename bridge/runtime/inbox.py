"""Step 2 of an event's path: a delivery that proved where it comes from is stored and wakes its tickets."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.ports.clock import WallClock
from bridge.ports.deliveries import Delivery, DeliveryStore


class Inbox:
    """Takes deliveries in. All it does with one is one transaction; what it means is found out by looking."""

    def __init__(
        self, store: DeliveryStore, clock: WallClock, debounce_s: float, *, queue_clock: WallClock | None = None
    ) -> None:
        """``debounce_s``: seconds to wait for the rest of a burst; one update of a ticket makes several deliveries.

        ``queue_clock`` is the present for what is due, where tickets do not go by the wall clock (the demo).
        """
        self._store = store
        self._clock = clock
        self._queue_clock = queue_clock or clock
        self._debounce = timedelta(seconds=debounce_s)

    def now(self) -> datetime:
        """The present, by the clock of this installation, aware UTC."""
        return self._clock()

    def receive(self, delivery: Delivery) -> bool:
        """Store a delivery and wake its tickets; returns after the commit.

        False: it was there already. Raises ``Retry`` when the store is down: the sender must send it again.
        """
        return self._store.accept(delivery, self._queue_clock() + self._debounce)

    def refuse(self, connection: str, reason: str) -> None:
        """Count a request that was turned away; nothing else is kept of it. Raises ``Retry`` when the store is down."""
        self._store.count_rejected(connection, reason, self._clock())
