"""Versions of packs, and the version that each ticket is pinned to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bridge.decision import KeptClocks
from bridge.ports.audit import AuditEntry
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class PackVersion:
    """A text of a pack, and since when it is in force."""

    pack: str
    since: datetime
    digest: str
    version: str
    change: str
    """``new_only``, ``from_cutover`` or ``retroactive``: what it means for the tickets of the text before."""
    cutover: datetime | None = None


@dataclass(frozen=True)
class Contract:
    """What the contract of an account says that policies read."""

    terms: str
    """As JSON."""
    since: datetime | None = None
    """When a review first saw it; None: it was there at the first review."""


@dataclass(frozen=True)
class Pin:
    """The pack text that governs a ticket, and the verdicts that other rules had closed before the present ones."""

    pack: str
    digest: str
    """Of the text in force when the ticket was created, without the terms of an account."""
    basis: str
    """Fingerprint of everything that the last decision rests on: text, contract, calendar."""
    settled: KeptClocks = field(default_factory=KeptClocks)
    since: datetime | None = None
    """When the pack began to apply to the ticket; None: at its creation."""
    contracts: tuple[Contract, ...] = ()
    """The contracts of the ticket's account since its first review, the present one last."""
    watched_until: datetime | None = None
    """When a review last found that nothing may be written to the ticket; None: something always might."""


class VersionStore(Protocol):
    """Keeps the texts of packs, since when each is in force, and the pins of tickets."""

    def pack_versions(self) -> list[PackVersion]:
        """Every version that is, was or will be in force, by the time it came into force."""

    def pack_text(self, digest: str) -> dict[str, Any] | None:
        """The text of a pack by its digest."""

    def announce_version(self, version: PackVersion, text: Mapping[str, Any], now: datetime) -> None:
        """Record a version that is or will be in force; it replaces any that was announced and never came into force.

        Unless it is ``new_only`` every open ticket is woken.
        """

    def pin(self, ref: TicketRef) -> Pin | None:
        """How a ticket is pinned; None until its first review."""

    def repin(self, ref: TicketRef, before: Pin, digest: str, entry: AuditEntry) -> None:
        """Pin a ticket to another text of its pack, record it, and wake it if it is open, in one transaction.

        Verdicts stay with the pin. Raises ``Conflict`` when the ticket is under review or is not pinned as ``before``.
        """
