"""Backfill: every open ticket of a helpdesk that was never reviewed is reviewed once, one after the other.

What is left to do is what no review has seen, so a backfill that was interrupted goes on where it was, and one that
runs twice does nothing the second time. Its calls let those for other tickets go first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bridge.errors import Retry
from bridge.ports.helpdesk import Helpdesk
from bridge.ports.outcomes import ReviewCause
from bridge.ports.reviews import Review
from bridge.ports.store import Store
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.retry import BACKFILL_WAIT_S, BACKFILL_WAITS
from bridge.runtime.ticket_clock import TicketClock
from bridge.ticket import TicketRef

T = TypeVar("T")


@dataclass
class OpenTicketList:
    """The open tickets of a connection."""

    seen: int = 0
    """How many there are."""
    missing: list[TicketRef] = field(default_factory=list)
    """Those that no review has seen, in the helpdesk's order."""


@dataclass(frozen=True)
class Backfill:
    """Brings in the open tickets of one connection."""

    store: Store
    reconciler: Reconciler
    helpdesk: Helpdesk
    clock: TicketClock
    lease_s: float
    wait: Callable[[float], object]
    """Waits so many seconds."""
    notice: Callable[[float, str], object] = lambda _seconds, _because: None
    """Is told for how long it waits, and why."""

    def list_open(self) -> OpenTicketList:
        """All open tickets. Reads only; raises :mod:`bridge.errors`."""
        found, known = OpenTicketList(), set[TicketRef]()
        for ref in self._open_tickets():
            if ref not in known:
                known.add(ref)
                found.seen += 1
                if not self.store.is_reviewed(ref):
                    found.missing.append(ref)
        return found

    def bring_in(self, ref: TicketRef) -> Review | None:
        """Review a ticket as any other is; None: another process reviews it, or has done so.

        Raises ``Retry`` if the helpdesk asks to wait too often, or does not work.
        """
        for _ in range(BACKFILL_WAITS):
            now = self.clock.now()
            claim = self.store.claim_unreviewed(ref, ReviewCause.BACKFILL, now, self._lease_s)
            if claim is None:
                return None
            with self.helpdesk.in_background():
                review = self.reconciler.review(claim, now)
            if not review.outcome.is_transient:
                return review
            self._pause(self._until_due(ref, now), f"{ref}: {review.detail}")
        raise Retry(f"{review.detail}; {ref} was not brought in")

    @property
    def _lease_s(self) -> float:
        return self.clock.ticket_time(timedelta(seconds=self.lease_s)).total_seconds()

    def _open_tickets(self) -> Iterator[TicketRef]:
        cursor: str | None = None
        while True:
            page = self._patiently(partial(self.helpdesk.open_tickets, cursor))
            yield from page.refs
            if page.following is None:
                return
            cursor = page.following

    def _patiently(self, ask: Callable[[], T]) -> T:
        """What the helpdesk answers, after the waits that it asks for. Raises ``Retry`` if it asks too often."""
        for _ in range(BACKFILL_WAITS):
            try:
                with self.helpdesk.in_background():
                    return ask()
            except Retry as error:
                if error.after is None:
                    raise
                self._pause(error.after, str(error))
        with self.helpdesk.in_background():
            return ask()

    def _until_due(self, ref: TicketRef, now: datetime) -> float:
        due = self.store.due_at(ref)
        return self.clock.real_time(due - now).total_seconds() if due else 0.0

    def _pause(self, seconds: float, because: str) -> None:
        waits = min(max(seconds, 1.0), BACKFILL_WAIT_S)
        self.notice(waits, because)
        self.wait(waits)
