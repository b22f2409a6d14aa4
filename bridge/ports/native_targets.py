"""What a helpdesk's own SLA said of a ticket."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from bridge.ticket import Facts, Instant, TicketRef


class EndedBy(StrEnum):
    """What a metric waits for."""

    REPLY = "reply"
    STATUS = "status"
    """A status, or in Odoo a stage."""


class NativeTarget(Facts):
    """One run of a metric of the helpdesk's own SLA."""

    metric: str
    """In the helpdesk's words, such as ``first_reply_time``; in Odoo the name of the SLA policy."""
    started_at: Instant | None = None
    """When it began; None: nobody knows."""
    target_s: int | None = None
    in_business_hours: bool | None = None
    """Whether it counts the hours of a schedule; None: nobody knows."""
    ended_by: EndedBy | None = None
    """What it waits for; None: nobody knows."""
    has_history: bool = True
    """False: the helpdesk tells how it stands, and not when it paused or ended."""
    pauses: tuple[tuple[Instant, Instant | None], ...] = ()
    due_at: Instant | None = None
    """When it was breached, or will be; None: nobody knows."""
    met: bool = False
    """Whether it was met in time, where nobody knows when."""
    met_at: Instant | None = None
    """When it was met, in time or late; None: it was not, or nobody knows when."""
    breached: bool = False


NativeTargets = Callable[[TicketRef], tuple[NativeTarget, ...]]
"""The targets of a ticket, by when they began."""
