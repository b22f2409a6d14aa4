"""Stores a delivery whose origin is proven, and wakes its tickets."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.ports.clock import WallClock
from bridge.ports.deliveries import Delivery, DeliveryStore


class Inbox:
    """Takes deliveries in, each in one transaction. What a delivery means is found out by the review."""

    def __init__(
        self, store: DeliveryStore, clock: WallClock, debounce_s: float, *, ticket_clock: WallClock | None = None
    ) -> None:
        """``debounce_s``: seconds to wait for the rest of a burst; one update of a ticket makes several deliveries.

        Signatures go by ``clock``, due times by ``ticket_clock`` where that is another one (in the demo).
        """
        self._store = store
        self._clock = clock
        self._ticket_clock = ticket_clock or clock
        self._debounce = timedelta(seconds=debounce_s)

    def now(self) -> datetime:
        """The present, by the clock of this installation, aware UTC."""
        return self._clock()

    def receive(self, delivery: Delivery) -> bool:
        """Store a delivery and wake its tickets; returns after the commit.

        False: it was there already. Raises ``Retry`` when the store is down: the sender must send it again.
        """
        return self._store.accept(delivery, self._ticket_clock() + self._debounce)

    def refuse(self, connection: str, reason: str) -> None:
        """Count a refused request; nothing else is kept of it. Raises ``Retry`` when the store is down."""
        self._store.count_rejected(connection, reason, self._clock())
