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
    role = entry.actor.role
    match event:
        case "agent_message":
            return role is Role.AGENT and isinstance(entry, Message) and entry.public and not entry.auto_reply
        case "customer_message":
            return role is Role.CUSTOMER and isinstance(entry, Message) and not entry.auto_reply
        case "phone_contact":
            return isinstance(entry, PhoneContact) and entry.answered
        case "agent_action":
            return role is Role.AGENT and _is_work(entry) and not _is_nothing(entry)
        case "any_agent_event":
            return role is Role.AGENT and not isinstance(entry, Amendment) and not _is_nothing(entry)
        case "solved":
            return isinstance(entry, Changed) and entry.field == "status" and entry.new in RESOLVED


def _is_nothing(entry: TimelineEntry) -> bool:
    """Whether it is an automatic reply, or a call that nobody took."""
    return (isinstance(entry, Message) and entry.auto_reply) or (isinstance(entry, PhoneContact) and not entry.answered)


def _is_work(entry: TimelineEntry) -> bool:
    """Assignment, a status, a message, a note, a call: what shows that somebody is at it."""
    if isinstance(entry, Changed):
        return entry.field in ("assignee", "status")
    return isinstance(entry, PhoneContact | Message)
