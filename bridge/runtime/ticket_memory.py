"""What the store holds of one ticket, read once, with what a simulation adds. Nothing of it reaches the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

from bridge.account import OpenTicket
from bridge.decision import Action, Decision
from bridge.plan import LedgerEntry
from bridge.ports.amendments import RecordedAmendment
from bridge.ports.approvals import RecordedApproval
from bridge.ports.caps import CapRequest, Excess
from bridge.ports.exemptions import Exemption
from bridge.ports.reviews import Review
from bridge.ports.store import Store
from bridge.ports.versions import PackVersion, Pin
from bridge.ticket import Ticket, TicketRef


class TicketMemory:
    """The reads of :class:`bridge.ports.store.Store` that a review of one ticket makes.

    It knows of no stop and no cap: they delay what is to be done.
    """

    def __init__(self, store: Store, ref: TicketRef, *, has_approvals: bool) -> None:
        """``has_approvals``: the ticket as it was seen holds its recorded approvals already."""
        self._store = store
        self._ref = ref
        self._has_approvals = has_approvals
        self._written: dict[str, LedgerEntry] = {}
        self._pin: Pin | None = None
        self._decision: Decision | None = None

    def note(self, pin: Pin | None, decision: Decision) -> None:
        """Keep what a review would record."""
        self._pin = pin or self._pin
        self._decision = decision

    def write(self, actions: Iterable[Action], at: datetime) -> None:
        """Keep what would be written."""
        self._written |= {each.key: LedgerEntry(action=each, at=at, confirmed=True) for each in actions}

    def ledger(self, ref: TicketRef) -> list[LedgerEntry]:  # noqa: ARG002 (there is one ticket)
        before = [entry for entry in self._recorded if entry.key not in self._written]
        return [*before, *self._written.values()]

    def pin(self, ref: TicketRef) -> Pin | None:  # noqa: ARG002
        return self._pin or self._recorded_pin

    def last_decision(self, ref: TicketRef) -> Decision | None:
        return self._decision or self._store.last_decision(ref)

    def approvals(self, ref: TicketRef) -> list[RecordedApproval]:  # noqa: ARG002
        return [] if self._has_approvals else self._recorded_approvals

    def amendments(self, ref: TicketRef) -> list[RecordedAmendment]:  # noqa: ARG002
        return [] if self._has_approvals else self._recorded_amendments

    def other_open_tickets(self, ref: TicketRef, account: str) -> list[OpenTicket]:  # noqa: ARG002
        return self._others(account)

    def exemption(self, ref: TicketRef) -> Exemption | None:  # noqa: ARG002
        return self._exemption

    def reviews(self, ref: TicketRef | None = None, *, limit: int = 50) -> list[Review]:
        return self._store.reviews(ref, limit=limit)

    def pack_versions(self) -> list[PackVersion]:
        return self._store.pack_versions()

    def pack_text(self, digest: str) -> dict[str, Any] | None:
        return self._store.pack_text(digest)

    def snapshot(self, ref: TicketRef) -> Ticket | None:  # noqa: ARG002 (a helpdesk in memory needs none)
        return None

    def last_version(self, ref: TicketRef) -> str:  # noqa: ARG002 (its versions begin anew)
        return ""

    def stop_of(self, connection: str) -> None:  # noqa: ARG002
        return None

    def excesses(self, ref: TicketRef, request: CapRequest) -> list[Excess]:  # noqa: ARG002
        return []

    @cached_property
    def _recorded(self) -> list[LedgerEntry]:
        return self._store.ledger(self._ref)

    @cached_property
    def _recorded_pin(self) -> Pin | None:
        return self._store.pin(self._ref)

    @cached_property
    def _recorded_approvals(self) -> list[RecordedApproval]:
        return self._store.approvals(self._ref)

    @cached_property
    def _recorded_amendments(self) -> list[RecordedAmendment]:
        return self._store.amendments(self._ref)

    @cached_property
    def _exemption(self) -> Exemption | None:
        return self._store.exemption(self._ref)

    def _others(self, account: str) -> list[OpenTicket]:
        if not hasattr(self, "_open_tickets"):
            self._open_tickets = self._store.other_open_tickets(self._ref, account)
        return self._open_tickets
