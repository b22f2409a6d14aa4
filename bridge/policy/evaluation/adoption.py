"""Adoption: how a policy takes over a ticket that was created before the policy came into force.

An adopted ticket is evaluated as if it had been created at its adoption, in the state that it then had. What happened
before can excuse something, such as a clock that was met (:attr:`Context.whole`); it never causes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.policy.evaluation.field_periods import field_periods
from bridge.ticket import RESOLVED, Changed, Ticket

BacklogChoice = Literal["adopt", "ignore", "judge"]
"""What happens to tickets created before the policy came into force: ``adopt`` them from then on, ``ignore`` them, or
``judge`` them from their creation.
"""


@dataclass(frozen=True)
class InForce:
    """Since when a policy is in force for a ticket, and what happens if it was created before."""

    since: datetime
    backlog: BacklogChoice = "adopt"

    def governed(self, ticket: Ticket, now: datetime) -> Ticket | None:
        """The ticket as the policy governs it; None: the policy leaves it alone."""
        if self.backlog == "judge" or ticket.created_at >= self.since:
            return ticket
        if self.backlog == "ignore" or now < self.since:
            return None
        at = adoption_instant(ticket, self.since)
        return None if at is None else ticket.model_copy(update={"adopted_at": at})


def adoption_instant(ticket: Ticket, since: datetime) -> datetime | None:
    """The first instant from ``since`` on at which a ticket is open; None: it has been solved or closed all along."""
    for period in field_periods(ticket, "status"):
        if period.value not in RESOLVED and (period.end is None or period.end > since):
            return max(period.start, since)
    return None


def as_adopted(ticket: Ticket) -> Ticket:
    """A ticket as rules see it: an adopted one begins at its adoption."""
    at = ticket.adopted_at
    if at is None:
        return ticket
    opening = next(period.began for period in field_periods(ticket, "status") if period.end is None or period.end > at)
    timeline = ticket.timeline
    if opening is not None and opening.at == at:  # it was created open, not opened
        index = timeline.index(opening)
        timeline = (*(e for e in timeline[:index] if not _is_status(e)), *timeline[index + 1 :])
    return ticket.model_copy(
        update={"created_at": at, "timeline": tuple(entry for entry in timeline if entry.at >= at)}
    )


def _is_status(entry: object) -> bool:
    return isinstance(entry, Changed) and entry.field == "status"
