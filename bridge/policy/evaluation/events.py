"""What happens on a ticket, as policies speak of it."""

from __future__ import annotations

from typing import Literal

from bridge.ticket import RESOLVED, Amendment, Changed, Message, PhoneContact, Role, TimelineEntry

Event = Literal["agent_message", "phone_contact", "agent_action", "any_agent_event", "customer_message", "solved"]
"""What can start or meet a clock. ``agent_action`` is work on the ticket, ``any_agent_event``
whatever an agent does. A ``customer_message`` may be kept as an internal note: what counts is who wrote it.
"""


def is_event(event: Event, entry: TimelineEntry) -> bool:
    """Whether an entry of the timeline is such an event; automatic replies and calls that nobody took are none."""
    if (isinstance(entry, Message) and entry.auto_reply) or (isinstance(entry, PhoneContact) and not entry.answered):
        return False
    role = entry.actor.role
    match event:
        case "agent_message":
            return isinstance(entry, Message) and entry.public and role is Role.AGENT
        case "customer_message":
            return isinstance(entry, Message) and role is Role.CUSTOMER
        case "phone_contact":
            return isinstance(entry, PhoneContact)
        case "agent_action":
            return role is Role.AGENT and _is_work(entry)
        case "any_agent_event":
            return role is Role.AGENT and not isinstance(entry, Amendment)
        case "solved":
            return isinstance(entry, Changed) and entry.field == "status" and entry.new in RESOLVED


def _is_work(entry: TimelineEntry) -> bool:
    """Assignment, a status, a message, a note, a call: what shows that somebody is at it."""
    if isinstance(entry, Changed):
        return entry.field in ("assignee", "status")
    return isinstance(entry, PhoneContact | Message)
