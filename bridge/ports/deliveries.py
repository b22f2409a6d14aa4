"""Webhook deliveries: stored once, before they are parsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.ticket import TicketRef


@dataclass(frozen=True)
class Delivery:
    """One signed request, as it came in."""

    connection: str
    id: str
    """Unique in the connection: the vendor's invocation id, else a digest of the body."""
    received_at: datetime
    headers: dict[str, str]
    body: bytes
    refs: tuple[TicketRef, ...] = ()
    """Tickets it mentions; empty when it could not be parsed."""
    verdict: str = "accepted"
    """``accepted``, or why it could not be understood."""


class DeliveryStore(Protocol):
    """Keeps what came in, and counts what was refused."""

    def accept(self, delivery: Delivery, due: datetime) -> bool:
        """Store a delivery and wake its tickets at ``due`` in one transaction; returns after the commit.

        False: this delivery was already there, and nothing was woken. Raises ``Retry`` when the store is down.
        """

    def last_delivery(self, connection: str) -> datetime | None:
        """When a delivery of a connection came last, by the wall clock; None: none is kept."""

    def count_rejected(self, connection: str, reason: str, at: datetime) -> None:
        """Count a request that was refused; nothing of it is stored."""

    def forget_delivery_bodies(self, before: datetime) -> int:
        """Forget the bodies of deliveries received before an instant whose tickets were reviewed since; how many."""
