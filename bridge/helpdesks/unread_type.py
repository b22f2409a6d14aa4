"""A ticket whose type cannot be read, because the field that the connection names for it is gone."""

from __future__ import annotations

from bridge.errors import Retry
from bridge.helpdesks.http.waits import NEEDS_ADMIN_PAUSE_S
from bridge.ticket import Ticket


def with_readable_type(ticket: Ticket) -> Ticket:
    """The ticket itself; it alone waits if nobody can say which policy governs it. Raises ``Retry`` then."""
    if ticket.type is None and (why := ticket.unusable.get("type")):
        raise Retry(f"{ticket.ref}: {why}", after=NEEDS_ADMIN_PAUSE_S)
    return ticket
