"""Every wait, interval and lifetime of the runtime in one table; names say the unit. Those of the helpdesks' clients:
:mod:`bridge.helpdesks.http.waits`.

Ticket time and real time differ in the demo only, see :class:`~bridge.runtime.ticket_clock.TicketClock`.
"""

from __future__ import annotations

import random
from datetime import timedelta

# How often jobs run, in real time
TICK_S = 1.0
"""Between two looks for due tickets."""
SWEEP_S = 300.0
"""Between two catch-up sweeps of every helpdesk."""
SWEEPS_MISSED = 4
"""After so many intervals without a sweep that ended, sweeping counts as failed."""
SECOND_SWEEP_AFTER_S = 65.0
"""After the start: Zendesk's export leaves out its last minute, see
https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api
"""
ACCOUNTS_CHECK_S = 5.0
"""Between two checks whether the accounts file has changed."""
NATIVE_RULES_S = 3600.0
"""Between two checks of a helpdesk's own rules."""
DIGESTS_S = 10.0
"""Between two looks for digests whose time has come."""
DIGESTS_KEPT_D = 31
"""For so many days it is kept who has got which digest."""
RETENTION_S = 86_400.0
"""Between two rounds of deletion."""

# Reviews, in real time
LEASE_S = 120.0
"""Longer than the slowest review: every call to a vendor is bounded well below."""
SETTLE_AFTER_WRITE_S = 2.0
"""After a write the ticket is reviewed once more, together with the webhook of our own change."""
STALE_READ_RETRY_S = 2.0
"""After a helpdesk answered with an older state than it had shown before."""
LONGEST_BACKOFF_S = 3600.0
"""Between two attempts on a ticket whose reviews fail."""

# Connections that fail as a whole, in real time
PROBE_S = 5.0
"""Before the first probe after a failure; the wait doubles with each failure."""
LONGEST_HOLD_S = 60.0
"""Between two probes, unless the helpdesk asks for more: the longest wait after a repair."""
LATEST_RETRY_S = 7200.0
"""No lease, pause or retry is longer; one that is was stored by a clock that was ahead."""
PROBE_TIMEOUT_S = 90.0
"""Longer than a probe can take; if its process is killed meanwhile, another one probes after that."""

# Commands, the server and the console, in real time
SETUP_CHECK_S = 15.0
"""How often to look for what was missing in the helpdesk."""
STUCK_AFTER_S = 120.0
"""A due ticket may wait this long before the installation counts as stuck."""
WAIT_BEYOND_LEASE_S = 30.0
"""A command waits this long beyond a lease: the ticket of a worker that died is free again when its lease ends."""
PREVIEW_WAIT_S = 120.0
"""The longest wait of a preview before it asks a helpdesk again that has asked it to wait."""
PREVIEW_WAITS = 10
"""After so many waits for one ticket a preview ends; it goes on from there when it is run again."""
BACKFILL_WAIT_S = 65.0
"""The longest wait of a backfill before it tries again: the limits of helpdesks are for a minute."""
BACKFILL_WAITS = 30
"""After so many waits in a row for one ticket or one page a backfill ends; it goes on when it is run again."""
FOLLOW_S = 5.0
"""Between two renewals of the forecasts of a connection that is only watched."""
REVIEW_POLL_S = 0.5
"""Between two attempts of a command to claim its ticket."""
GRACE_S = 30
"""Running requests get this long to finish when the server is stopped."""
ADDRESS_WAIT_S = 3.0
"""A server waits this long for its address, which the one before it may be giving up."""
REQUEST_S = 10
"""A connection has this long to send a complete request, headers and body; then it is closed."""
UNREAD_RESPONSE_S = 10
"""A connection is closed when nothing of its response could be sent for so long."""
LAST_REQUEST_S = 2.0
"""Idle connections of a server that stops are kept this long: a request may be on its way."""
SESSION_S = 12 * 3600
"""A login to the console lasts this long."""
LOGIN_PAUSE_S = 60
"""An address from which too many wrong tokens came waits this long."""

# In ticket time
NEW_INSTALLATION_S = 24 * 3600.0
"""For so long after its first start an installation may meet another one that it has not noticed yet."""
FIRST_MARKS_S = 45.0
"""Marks of others count so long after the first start: the helpdesk's clock may be ahead of ours, and what a lost
installation wrote last is not an alarm."""
TAKEOVER_GRACE_S = 120.0
"""Reviews that began before a takeover have ended by then."""
BREAKER_S = 3600.0
"""A ticket that was written to too often, or without effect, is not written to for so long."""
BODIES_KEPT_D = 7
"""Days after which the bodies of deliveries are deleted."""
REVIEWS_KEPT_D = 400
"""Days after which reviews are deleted; see `POLICYBRIDGE_KEEP_REVIEWS`."""
APPROVAL_LINK_VALID_D = 14
"""Days for which an approval link can be used after its request was made."""


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many failures in a row, in real time.

    It doubles each time, and has jitter so that tickets that failed together do not return together.
    """
    wait_s = min(2.0 ** min(attempts, 12), LONGEST_BACKOFF_S)
    return timedelta(seconds=wait_s * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, not a secret
