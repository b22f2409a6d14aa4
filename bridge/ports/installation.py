"""The identity of the installation, as the store keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.installation_id import InstallationId
from bridge.ports.audit import AuditEntry


@dataclass(frozen=True)
class Identity:
    """Which installation this is."""

    id: InstallationId
    since: datetime
    """Since when marks of other installations count: those of a lost database, or before a takeover, do not."""


class InstallationStore(Protocol):
    """Keeps the identity of an installation, which all of its processes share."""

    def identity(self, now: datetime) -> Identity:
        """The identity of this installation, made at its first start."""

    def take_over(self, identity: Identity, entry: AuditEntry) -> None:
        """Go on under another identity, and record who said so."""
