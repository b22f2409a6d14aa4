"""Since when packs are in force, and tickets from before that were adopted one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.ports.audit import AuditEntry
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class PackStart:
    """Since when a pack evaluates the tickets of a connection."""

    connection: str
    pack: str
    watched_since: datetime
    """When the pack was first configured there, in whatever mode."""
    since: datetime | None
    """When the connection first left shadow mode with it; None: it never has."""


class InForceStore(Protocol):
    """Keeps since when each pack is in force on each connection, and which older tickets people have adopted."""

    def pack_starts(self) -> list[PackStart]:
        """Every pack that is or was configured on a connection."""

    def record_pack_start(self, connection: str, pack: str, now: datetime, *, writes: bool) -> None:
        """Record that a pack is configured, and in force if the connection ``writes``; the first time counts."""

    def forget_future_starts(self, now: datetime) -> None:
        """Let what a clock that was ahead has recorded begin now instead; the present must be certain."""

    def adopted_at(self, ref: TicketRef) -> datetime | None:
        """When a person adopted a ticket; None: nobody has."""

    def adopt(self, ref: TicketRef, entry: AuditEntry) -> bool:
        """Adopt a ticket at the time of the entry, record it and wake the ticket; False: it was adopted before."""
