"""What a helpdesk's own SLA said of a ticket."""

from __future__ import annotations

from collections.abc import Callable

from bridge.ticket import Facts, Instant, TicketRef


class NativeTarget(Facts):
    """One run of a metric of the helpdesk's own SLA."""

    metric: str
    """In the helpdesk's words, such as ``first_reply_time``; in Odoo the name of the SLA policy."""
    started_at: Instant | None = None
    """When it began; None: nobody knows."""
    target_s: int | None = None
    in_business_hours: bool | None = None
    """Whether it counts the hours of a schedule; None: nobody knows."""
    pauses: tuple[tuple[Instant, Instant | None], ...] = ()
    due_at: Instant | None = None
    """When it was breached, or will be; None: nobody knows."""
    met_at: Instant | None = None
    breached: bool = False


NativeTargets = Callable[[TicketRef], tuple[NativeTarget, ...]]
"""The targets of a ticket, by when they began."""
