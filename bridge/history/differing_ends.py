"""What ended a promise for one side and not for the other: the entry of the timeline at that instant. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bridge.decision import Clock
from bridge.history.reasons import Reason
from bridge.ports.native_targets import NativeTarget
from bridge.ticket import RESOLVED, Changed, Message, PhoneContact, Role, Ticket, TimelineEntry

NEAR = timedelta(seconds=1)


def reason_of_ends(clock: Clock, target: NativeTarget, ticket: Ticket) -> Reason | None:
    """Why the two ended at different instants; None where they did not, or nothing at these instants says why."""
    if clock.met_at and target.met_at and abs(clock.met_at - target.met_at) <= NEAR:
        return None
    theirs = next(_reasons(_entries(ticket, target.met_at), _THEIRS), None)
    if theirs is Reason.COUNTS_SOLVING and clock.met_at:
        theirs = None  # both count that, and the ticket was solved more than once
    return theirs or next(_reasons(_entries(ticket, clock.met_at), _OURS), None) or _reopened(clock, target, ticket)


def _entries(ticket: Ticket, at: datetime | None) -> list[TimelineEntry]:
    """What happened at an instant; the requester's own words, which answer nothing for either side, left out."""
    asker = ticket.requester.email
    entries = (entry for entry in ticket.timeline if at and abs(entry.at - at) <= NEAR)
    return [entry for entry in entries if not (isinstance(entry, Message) and asker and entry.actor.email == asker)]


def _reasons(entries: list[TimelineEntry], order: tuple[Reason, ...]) -> Iterator[Reason]:
    found = {_reason(entry) for entry in entries}
    return (reason for reason in order if reason in found)


_THEIRS = (
    Reason.COUNTS_NOTE,
    Reason.COUNTS_BRIDGE,
    Reason.COUNTS_AUTOMATIC_REPLY,
    Reason.COUNTS_OTHER_PERSON,
    Reason.COUNTS_SOLVING,
)
"""What ends a metric and no clock."""
_OURS = (Reason.PHONE_CONTACT, Reason.WORK)
"""What ends a clock and no metric."""


def _reason(entry: TimelineEntry) -> Reason | None:
    match entry:
        case Message():
            return _of_message(entry)
        case PhoneContact():
            return Reason.PHONE_CONTACT
        case Changed(field="status") if entry.new in RESOLVED:
            return Reason.COUNTS_SOLVING
        case Changed(field="status" | "assignee"):
            return Reason.WORK
    return None


def _of_message(entry: Message) -> Reason | None:
    if entry.actor.role is Role.BRIDGE:
        return Reason.COUNTS_BRIDGE
    if entry.auto_reply:
        return Reason.COUNTS_AUTOMATIC_REPLY
    if entry.actor.role is not Role.AGENT:
        return Reason.COUNTS_OTHER_PERSON
    return None if entry.public else Reason.COUNTS_NOTE


def _reopened(clock: Clock, target: NativeTarget, ticket: Ticket) -> Reason | None:
    """Whether the ticket was reopened after one of them had ended."""
    ends = [at for at in (clock.met_at, clock.ended_at, target.met_at) if at]
    reopened = (change.at for change in ticket.changes("status") if change.old in RESOLVED)
    return Reason.REOPENED if ends and any(at >= min(ends) for at in reopened) else None
