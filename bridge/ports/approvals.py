"""Approvals given to the bridge itself, by link or on the phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.ticket import TicketRef


@dataclass(frozen=True)
class RecordedApproval:
    """An approval or refusal given through a link, or on the phone to an agent who recorded it."""

    id: str
    """For a link it is derived from the request, so that the link can be used once."""
    ref: TicketRef
    gate: str
    """What was asked for; ``resolution`` for the confirmation that the ticket is resolved."""
    granted: bool
    by: str
    """E-mail address of the person. Whether that person may approve is decided by the policy."""
    at: datetime
    name: str = ""
    remarks: str = ""
    opened: datetime | None = None
    """When the request was made; None: it counts for whatever is requested later."""
    recorded_by: str = ""
    """Who recorded what was said on the phone; empty for a link."""


class ApprovalStore(Protocol):
    """Keeps approvals and refusals."""

    def record_approval(self, approval: RecordedApproval) -> bool:
        """Record an approval and wake its ticket in one transaction. False: it was there already, nothing happens."""

    def approvals(self, ref: TicketRef) -> list[RecordedApproval]:
        """The approvals and refusals recorded for a ticket, oldest first."""
