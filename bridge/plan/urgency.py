"""Urgency: which of several tickets comes first when not everything may be written at once."""

from __future__ import annotations

from bridge.decision.decision import Decision
from bridge.decision.targets import SystemField
from bridge.ticket import Priority, Ticket

_MOST_URGENT_FIRST = (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW)


def urgency(ticket: Ticket, decision: Decision) -> int:
    """The place of a ticket by the priority that the policy wants, else by the one it has; 0 is the most urgent."""
    wanted = (desired.value for desired in decision.desired if desired.target is SystemField.PRIORITY)
    priority = next(wanted, ticket.priority)
    return next((place for place, each in enumerate(_MOST_URGENT_FIRST) if each == priority), len(_MOST_URGENT_FIRST))
