"""The facts: a ticket with its whole timeline, in canonical words.

Nothing here knows a policy, a vendor or a clock. A :class:`Ticket` is what a helpdesk says happened, in order; every
clock, escalation and approval is computed from it each time. All instants are timezone-aware and kept in UTC.
"""

from bridge.ticket.ticket import Ending, Person, Ticket, TicketRef
from bridge.ticket.timeline import (
    FACT_FIELD,
    OWN_FIELD,
    Actor,
    Amendment,
    AmendmentKind,
    Approval,
    Changed,
    Confirmation,
    Entry,
    Merge,
    Message,
    PhoneContact,
    Proof,
    Readability,
    Request,
    Said,
    TimelineEntry,
    fact_field,
    own_field,
)
from bridge.ticket.values import PLAUSIBLE_YEARS, Facts, FactValue, Instant, same_form, tag_form
from bridge.ticket.vocabulary import RESOLVED, Channel, Opener, Priority, Role, Status

__all__ = [
    "FACT_FIELD",
    "OWN_FIELD",
    "PLAUSIBLE_YEARS",
    "RESOLVED",
    "Actor",
    "Amendment",
    "AmendmentKind",
    "Approval",
    "Changed",
    "Channel",
    "Confirmation",
    "Ending",
    "Entry",
    "FactValue",
    "Facts",
    "Instant",
    "Merge",
    "Message",
    "Opener",
    "Person",
    "PhoneContact",
    "Priority",
    "Proof",
    "Readability",
    "Request",
    "Role",
    "Said",
    "Status",
    "Ticket",
    "TicketRef",
    "TimelineEntry",
    "fact_field",
    "own_field",
    "same_form",
    "tag_form",
]
