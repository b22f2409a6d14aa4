"""Exemptions: tickets that a person has taken out, so that the bridge leaves them alone until they are let back in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.ports.audit import AuditEntry
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class Exemption:
    """A ticket that is taken out."""

    ref: TicketRef
    at: datetime
    by: str
    because: str

    def __str__(self) -> str:
        reason = f": {self.because}" if self.because else ""
        return f"taken out by {self.by} on {self.at:%Y-%m-%d %H:%M} UTC{reason}"


class ExemptionStore(Protocol):
    """Keeps exemptions."""

    def exempt(self, exemption: Exemption, entry: AuditEntry) -> bool:
        """Take a ticket out, record who did, and wake it. False: it is out already."""

    def let_back(self, ref: TicketRef, entry: AuditEntry, now: datetime) -> bool:
        """Let a ticket back in, record who did, and wake it. False: it was not out."""

    def note_permissions(self, fingerprints: Mapping[str, str], now: datetime) -> list[str]:
        """Remember what each connection permits. Where that has changed, wake what was withheld, the most urgent first.

        Returns the connections that have changed.
        """

    def exemption(self, ref: TicketRef) -> Exemption | None:
        """How a ticket was taken out, or None."""
