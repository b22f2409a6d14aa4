"""The mode in which each connection last ran: what an admin has confirmed, whatever the file says since."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bridge.ports.audit import AuditEntry


class ModeStore(Protocol):
    """Keeps the mode of each connection, as it was last confirmed."""

    def mode_of(self, connection: str) -> str | None:
        """The mode of a connection; None: it has never run."""

    def record_mode(self, connection: str, mode: str) -> None:
        """Record a mode that needs nobody to confirm it."""

    def confirm_mode(self, connection: str, mode: str, entry: AuditEntry, now: datetime) -> None:
        """Record a mode and who confirmed it, and wake the tickets on which the mode before withheld something."""
