"""The end of a review: what came of it is recorded, and the ticket is due again when something may have changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.decision import Plan, WithheldCause
from bridge.errors import Retry, Stopped
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.ports.store import Store
from bridge.runtime.holds import Holds
from bridge.runtime.retry import backoff
from bridge.runtime.ticket_clock import TicketClock
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class ReviewEnd:
    """Ends claims: records their reviews and says when their tickets are due again."""

    store: Store
    holds: Holds
    clock: TicketClock
    helpdesk_settling_time: Callable[[TicketRef], timedelta]
    """How long a change may take to be visible in the helpdesk of a ticket, in real time."""

    def end(
        self,
        claim: Claim,
        review: Review,
        *,
        due: datetime | None,
        confirmed: frozenset[str] = frozenset(),
        attempts: int = 0,
    ) -> Review:
        """Record a review; it is superseded if another worker has taken over the ticket."""
        if claim.why is ReviewCause.DELIVERY and (settling_time := self.settling_time(claim.ref)):
            due = earlier(review.at + settling_time, due)  # the change it reports may not have been visible yet
        if not self._finish(claim, review, confirmed=confirmed, due=due, attempts=attempts):
            return replace(review, outcome=ReviewOutcome.SUPERSEDED, detail="another worker took over the ticket")
        return review

    def _finish(
        self, claim: Claim, review: Review, *, confirmed: frozenset[str], due: datetime | None, attempts: int
    ) -> bool:
        """Record the review; a failure shows until the ticket's next review is recorded whole."""
        try:
            ended = self.store.finish(claim, review, confirmed=confirmed, due=due, attempts=attempts)
        except Retry:
            raise
        except Exception as error:
            self.holds.unrecorded(claim.ref, f"{claim.ref}: {str(error) or type(error).__name__}")
            raise
        if review.outcome is not ReviewOutcome.BROKEN:
            self.holds.recorded(claim.ref)
        return ended

    def nothing_due(self, claim: Claim, review: Review, outcome: ReviewOutcome, error: Exception) -> Review:
        """Record that there is nothing to do on the ticket until something happens to it."""
        return self.end(claim, replace(review, outcome=outcome, detail=str(error)), due=None)

    def try_again(self, claim: Claim, review: Review, outcome: ReviewOutcome, error: Exception) -> Review:
        """Record a failure; the ticket is due again after a while."""
        review = replace(review, outcome=outcome, detail=str(error) or type(error).__name__)
        return self.end(claim, review, due=review.at + self._wait(claim, error), attempts=claim.attempts + 1)

    def stopped(self, claim: Claim, review: Review, error: Stopped) -> Review:
        """Record that a person stopped the bridge between two writes; the next review finds what was written."""
        plan = (review.plan or Plan()).withhold(WithheldCause.STOP, str(error))
        review = replace(review, outcome=ReviewOutcome.WITHHELD, plan=plan, detail=describe_withheld(plan))
        return self.end(claim, review, due=review.at + self._wait(claim, error))

    def settling_time(self, ref: TicketRef) -> timedelta:
        """How long a change may take to be visible, in ticket time."""
        return self.clock.ticket_time(self.helpdesk_settling_time(ref))

    def _wait(self, claim: Claim, error: Exception) -> timedelta:
        """What the vendor asked for, else longer after each failure; in ticket time."""
        if isinstance(error, Retry) and error.after is not None:
            return self.clock.ticket_time(timedelta(seconds=error.after))
        return self.clock.ticket_time(backoff(claim.attempts + 1))


def describe_withheld(plan: Plan) -> str:
    """How many actions were not written, for each reason."""
    counts = Counter(each.because for each in plan.withheld)
    return "; ".join(
        f"{because}: {count} planned {'action was' if count == 1 else 'actions were'} not written"
        for because, count in counts.items()
    )


def earlier(by: datetime, wake_at: datetime | None) -> datetime:
    """The sooner of two instants, the second of which need not exist."""
    return min(filter(None, (by, wake_at)))
