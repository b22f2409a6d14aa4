"""The queue: which ticket is due for review, and who holds the right to review it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.ports.outcomes import ReviewCause
from bridge.ports.reviews import Review
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class Claim:
    """The right to review one ticket until ``lease_until``. Finishing is fenced by ``owner`` and ``generation``."""

    ref: TicketRef
    generation: int
    owner: str
    lease_until: datetime
    attempts: int = 0
    """Failed reviews in a row."""
    why: ReviewCause = ReviewCause.DUE
    due: datetime | None = None
    """When the ticket was due."""


class QueueStore(Protocol):
    """Keeps when each ticket is due, who holds it, and how far the catch-up sweeps are."""

    def wake(self, ref: TicketRef, due: datetime, why: ReviewCause) -> None:
        """Make sure the ticket is reviewed by ``due``: an earlier due time stays, and the generation moves on."""

    def claim(
        self, now: datetime, *, limit: int, lease_s: float, without: Collection[str] = (), latest: bool = False
    ) -> list[Claim]:
        """Lease up to ``limit`` due tickets, oldest due first; no two holders ever share one.

        ``without``: connections of which nothing is claimed. ``latest``: those that became due last come first.
        """

    def claim_ticket(self, ref: TicketRef, why: ReviewCause, now: datetime, lease_s: float) -> Claim | None:
        """Lease one known ticket, due or not; None while somebody else holds it."""

    def claim_unreviewed(self, ref: TicketRef, why: ReviewCause, now: datetime, lease_s: float) -> Claim | None:
        """Lease a ticket of which no review has ended yet, known or not; None: one has, or somebody holds it."""

    def is_reviewed(self, ref: TicketRef) -> bool:
        """Whether a review of the ticket has ended and need not be tried again."""

    def due_at(self, ref: TicketRef) -> datetime | None:
        """When a ticket is due; None: it is unknown, or nothing is due."""

    def give_back(self, claim: Claim, due: datetime) -> None:
        """End a claim without a review: the ticket is due at ``due``. Does nothing when the claim was lost."""

    def finish(
        self, claim: Claim, review: Review, *, confirmed: Iterable[str], due: datetime | None, attempts: int = 0
    ) -> bool:
        """End a claim in one transaction: review, confirmed effects, snapshot, next due time.

        If the ticket was woken meanwhile it stays due. False when the claim was lost: nothing is written then.
        """

    def park(self, claim: Claim, review: Review) -> bool:
        """End a claim on a ticket that needs attention: it is not reviewed again until it is woken."""

    def pause_connection(self, connection: str, until: datetime) -> None:
        """Claim no ticket of a connection before ``until``, because the vendor asked all callers to wait."""

    def hold_connection(self, connection: str, until: datetime) -> None:
        """Claim no ticket of a connection until a probe, made at ``until`` or later, has shown that it works."""

    def take_probe(self, now: datetime, until: datetime) -> str | None:
        """A held connection that may be probed now, for one caller; nobody else gets it before ``until``."""

    def forget_future_times(self, now: datetime, latest: datetime) -> None:
        """Undo what a clock that was ahead has left behind: leases, pauses and retries that end after ``latest``."""

    def release_connection(self, connection: str, now: datetime) -> None:
        """End the hold of a connection: tickets that failed are due at once."""

    def wake_open(self, connection: str, now: datetime) -> None:
        """Make every open ticket of a connection due: something that it may have waited for is there."""

    def sweep_cursor(self, connection: str) -> str | None:
        """The cursor at which the next catch-up sweep of a connection starts; None before the first."""

    def record_sweep(self, connection: str, cursor: str, refs: Sequence[TicketRef], due: datetime) -> None:
        """Wake the tickets that a sweep found and move its cursor, in one transaction."""
