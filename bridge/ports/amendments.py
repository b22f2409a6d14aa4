"""Amendments recorded in the bridge itself: clocks that were waived or extended, and promised dates of follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.ticket import AmendmentKind, TicketRef


@dataclass(frozen=True)
class RecordedAmendment:
    """An amendment that somebody recorded by command, in the console or through the API."""

    id: str
    """Follows from what was agreed, so that the same amendment is recorded once."""
    ref: TicketRef
    what: AmendmentKind
    clock: str
    """Empty for the promise of a follow-up."""
    until: datetime | None
    reason: str
    by: str
    """E-mail address of who agreed to it. Whether that person may is decided by the policy."""
    recorded_by: str
    """Who recorded it: the user of the command, or ``console``."""
    at: datetime


class AmendmentStore(Protocol):
    """Keeps amendments."""

    def record_amendment(self, amendment: RecordedAmendment) -> bool:
        """Record an amendment and wake its ticket in one transaction. False: it was there already, nothing happens."""

    def amendments(self, ref: TicketRef) -> list[RecordedAmendment]:
        """The amendments recorded for a ticket, oldest first."""
