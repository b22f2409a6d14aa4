"""Looking at one ticket now, beside the workers of a server that may be running."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from bridge.errors import Retry
from bridge.ports import Review
from bridge.ticket import TicketRef

if TYPE_CHECKING:
    from app import Bridge

PATIENCE_S = 30.0
"""Seconds to wait beyond a lease: a worker that died with the ticket in its hands gives it back after its lease."""
PAUSE_S = 0.5
PASSING = frozenset({"retry", "conflict"})
"""Outcomes after which the ticket is looked at again by itself, mostly within seconds."""


def look_now(bridge: Bridge, ref: TicketRef, patience_s: float | None = None) -> Review:
    """Wake a ticket and review it, or wait for the server's worker that gets hold of it first.

    Works through what has been due for longer, as any worker does. Raises ``Retry`` when nobody looks in time.
    """
    patience_s = bridge.settings.lease + PATIENCE_S if patience_s is None else patience_s
    asked = bridge.clock()
    bridge.store.wake(ref, asked, "command")
    give_up = time.monotonic() + patience_s
    while time.monotonic() < give_up:
        claims = bridge.store.claim(bridge.clock(), limit=1, lease_s=bridge.settings.lease)
        for claim in claims:
            done = bridge.reconciler.review(claim, bridge.clock())
            if done.ref == ref and done.outcome not in PASSING:
                return done
        if found := _seen_since(bridge, ref, asked):
            return found
        if not claims:
            time.sleep(PAUSE_S)
    raise Retry(
        f"{ref} was woken but nobody could look at it within {patience_s:.0f} s: its connection is on hold or a worker "
        "keeps it; it stays due, `policybridge explain --recorded` will show the decision"
    )


def _seen_since(bridge: Bridge, ref: TicketRef, asked: datetime) -> Review | None:
    """A review that began after we asked: it saw at least what we wanted to be seen."""
    latest = next(iter(bridge.store.reviews(ref, limit=1)), None)
    return latest if latest and latest.at >= asked and latest.outcome not in PASSING else None
