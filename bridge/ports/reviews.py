"""Reviews: the record of what was seen, decided and written, and the newest state of each ticket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bridge.account import Account, OpenTicket
from bridge.decision import Decision, KeptClocks, Plan
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.versions import Pin
from bridge.ticket import Ticket, TicketRef


@dataclass(frozen=True)
class Review:
    """The record of one review of a ticket: all that is needed to understand and to reproduce it."""

    id: str
    ref: TicketRef
    at: datetime
    why: ReviewCause
    outcome: ReviewOutcome
    detail: str = ""
    ticket: Ticket | None = None
    account: Account | None = None
    decision: Decision | None = None
    plan: Plan | None = None
    pack: dict[str, Any] | None = None
    """The pack's effective text, present the first time its digest is seen."""
    kept: KeptClocks | None = None
    """Clocks of other versions of the policy, as the decision found them; None: none."""
    pin: Pin | None = None
    """How the ticket is pinned from now on; None: unchanged."""


class ReviewStore(Protocol):
    """Keeps reviews and what they saw. They are written when a claim ends, by ``QueueStore.finish`` and ``park``."""

    def reviews(self, ref: TicketRef | None = None, *, limit: int = 50) -> list[Review]:
        """Recorded reviews, newest first."""

    def review(self, review: str) -> Review | None:
        """One recorded review with everything it saw, its pack text included."""

    def snapshot(self, ref: TicketRef) -> Ticket | None:
        """The newest snapshot of a ticket that a review has seen, or None."""

    def last_version(self, ref: TicketRef) -> str:
        """The newest version stamp seen for a ticket, or an empty string."""

    def last_decision(self, ref: TicketRef) -> Decision | None:
        """The decision of the review with the newest snapshot of a ticket, or None."""

    def other_open_tickets(self, ref: TicketRef, account: str) -> list[OpenTicket]:
        """Open tickets of the same account, without this one."""

    def plans_written(self, ref: TicketRef, since: datetime) -> list[Plan]:
        """What was written by plans that the helpdesk answered after an instant, carried out or not, newest first."""

    def forget_reviews(self, before: datetime) -> Iterator[int]:
        """Forget reviews that began before an instant, batch by batch, and pack texts that nothing refers to any more.

        All reviews of open tickets are kept, and the one with the newest snapshot of every ticket. Yields how many were
        deleted with each batch; a caller that stops iterating stops the deletion.
        """
