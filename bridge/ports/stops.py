"""Stops: who has stopped all writing, or that to one connection, and why. They hold in every process at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.ports.audit import AuditEntry, audit_entry

EVERYTHING = ""
"""The scope of a stop that holds for all connections; any other is the name of a connection."""


@dataclass(frozen=True)
class Stop:
    """A stop that is in force."""

    scope: str
    """A connection, or :data:`EVERYTHING`."""
    at: datetime
    by: str
    because: str

    @property
    def what(self) -> str:
        """What is stopped, for people."""
        return f"connection {self.scope}" if self.scope else "all connections"

    def as_json(self) -> dict[str, str | None]:
        """The stop as programs read it."""
        at = f"{self.at:%Y-%m-%dT%H:%M:%SZ}"
        return {"connection": self.scope or None, "at": at, "by": self.by, "because": self.because}

    def __str__(self) -> str:
        reason = f": {self.because}" if self.because else ""
        return f"stopped by {self.by} on {self.at:%Y-%m-%d %H:%M} UTC{reason}"


def stop_entry(stop: Stop) -> AuditEntry:
    """A stop in the audit log."""
    return audit_entry("stop", f"{stop.what} stopped by {stop.by}", stop.because, stop.at)


class StopStore(Protocol):
    """Keeps the stops of an installation."""

    def stop(self, stop: Stop, entry: AuditEntry) -> bool:
        """Stop writing, and record who did. False: that scope was stopped already, and stays as it was."""

    def resume(self, scope: str, entry: AuditEntry, now: datetime) -> bool:
        """End the stop of a scope, record who did, and wake the tickets it held up. False: there was no such stop."""

    def stops(self) -> list[Stop]:
        """The stops that are in force, that of all connections first."""

    def stop_of(self, connection: str) -> Stop | None:
        """The stop that keeps this connection from writing, or None."""
