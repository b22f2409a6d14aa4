"""The ledger: what was written to each ticket, recorded before the helpdesk is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bridge.decision import Action
from bridge.plan import LedgerEntry
from bridge.ports.caps import CapRequest, Excess
from bridge.ports.queue import Claim
from bridge.ticket import TicketRef


class LedgerStore(Protocol):
    """Keeps every effect that was intended, and whether the helpdesk has confirmed it."""

    def ledger(self, ref: TicketRef) -> list[LedgerEntry]:
        """The effects recorded for a ticket, oldest first."""

    def record_intent(self, claim: Claim, review: str, actions: Sequence[Action], at: datetime) -> None:
        """Write-ahead: record effects about to be made, which count towards no cap.

        Raises ``Conflict`` when the claim is no longer ours.
        """

    def record_plan(self, claim: Claim, review: str, request: CapRequest) -> list[Excess]:
        """Record as intended what of a plan may be written and the caps allow; returns what they withhold.

        Counting and recording is one transaction. Raises ``Conflict`` as above.
        """

    def excesses(self, ref: TicketRef, request: CapRequest) -> list[Excess]:
        """What the caps would withhold now."""
