"""Rate limits: how much, and how much is left.

Windows run on the sandbox's clock, so that a demo at 600 times speed is not slowed by them; what a client is told to
wait is in real seconds.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.sandbox.clock import SandboxClock, wait_seconds
from bridge.sandbox.zendesk import error_responses


@dataclass
class Limits:
    """Every limit of the account; the defaults are those of an Enterprise plan."""

    account_per_minute: int = 700
    ticket_updates_per_minute: int = 100
    """Updates of tickets in the whole account."""
    updates_per_ticket: int = 30
    """Updates of one ticket by one user in ten minutes."""
    incremental_per_minute: int = 10
    search_export_per_minute: int = 100
    comments_per_ticket: int = 5000
    token_seconds: int = 1800
    """Life of an access token, in real seconds, when the client does not ask for another."""
    webhook_timeout_s: float = 12.0
    """How long a webhook endpoint may take, in real seconds."""


@dataclass(frozen=True)
class Window:
    """The state of one limit after a request."""

    total: int
    remaining: int
    resets: int
    """Real seconds until the window starts anew."""

    def __str__(self) -> str:
        return f"total={self.total}; remaining={self.remaining}; resets={self.resets}"


class Meter:
    """Counts requests in fixed windows."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[str, tuple[datetime, int]] = {}

    def take(self, name: str, total: int, span: timedelta, *, what: str = "API requests per minute") -> Window:
        """Count one request; raises the 429 refusal with ``Retry-After`` when the window is used up."""
        now = self._clock()
        with self._lock:
            began, used = self._used.get(name, (now, 0))
            if now - began >= span:
                began, used = now, 0
            resets = wait_seconds(self._clock.real_seconds(began + span - now))
            if used >= total:
                raise error_responses.too_many(f"Number of allowed {what} exceeded", resets)
            self._used[name] = (began, used + 1)
        return Window(total, total - used - 1, resets)
