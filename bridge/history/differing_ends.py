"""What ended a promise for one side and not for the other: the entry of the timeline at that instant. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bridge.decision import Clock
from bridge.history.reasons import Reason
from bridge.ports.native_targets import EndedBy, NativeTarget
from bridge.ticket import RESOLVED, Changed, Message, PhoneContact, Role, Ticket, TimelineEntry

NEAR = timedelta(seconds=1)


def reason_of_ends(clock: Clock, target: NativeTarget, ticket: Ticket) -> Reason | None:
    """Why the two ended at different instants; None where they did not, or nothing at these instants says why."""
    if not target.has_history or (clock.met_at and target.met_at and abs(clock.met_at - target.met_at) <= NEAR):
        return None
    theirs, ours = _entries(ticket, target.met_at), _entries(ticket, clock.met_at)
    found = (*_their_reasons(theirs, ours, target.ended_by), *_our_reasons(ours, target.ended_by))
    return next(iter(found), None) or _reopened(clock, target, ticket)


def reopenings(ticket: Ticket) -> Iterator[Changed]:
    """When the ticket was opened again."""
    return (change for change in ticket.changes("status") if change.old in RESOLVED and change.new not in RESOLVED)


def _entries(ticket: Ticket, at: datetime | None) -> list[TimelineEntry]:
    """What happened at an instant; the requester's own words, which answer nothing for either side, left out."""
    asker = ticket.requester.email
    entries = (entry for entry in ticket.timeline if at and abs(entry.at - at) <= NEAR)
    return [entry for entry in entries if not (isinstance(entry, Message) and asker and entry.actor.email == asker)]


def _their_reasons(theirs: list[TimelineEntry], ours: list[TimelineEntry], waits: EndedBy | None) -> Iterator[Reason]:
    """What may have ended the metric and not the clock. Somebody else may have said something at the same instant:
    words end no metric that waits for a status, and those of an agent are what every other one counts first."""
    messages = [] if waits is EndedBy.STATUS else [entry for entry in theirs if isinstance(entry, Message)]
    reasons = {_of_message(message) for message in messages}
    if None not in reasons:
        yield from (reason for reason in _OF_MESSAGES if reason in reasons)
    reached, ended_ours = _statuses(theirs), _statuses(ours)
    if not reached or reached & ended_ours or None in reasons:
        return  # or both count it, and it was reached more than once
    if waits is EndedBy.STATUS:
        yield Reason.COUNTS_STATUS
    elif reached & RESOLVED and not ended_ours & RESOLVED:
        yield Reason.COUNTS_SOLVING


def _our_reasons(ours: list[TimelineEntry], waits: EndedBy | None) -> Iterator[Reason]:
    """What ended the clock and not the metric."""
    if any(isinstance(entry, Message) and _of_message(entry) is None for entry in ours):
        if waits is EndedBy.STATUS:
            yield Reason.COUNTS_STATUS
        return  # every other metric counts an answer, too
    if any(isinstance(entry, PhoneContact) for entry in ours):
        yield Reason.PHONE_CONTACT
    changes = (entry for entry in ours if isinstance(entry, Changed))
    if any(each.field == "assignee" or (each.field == "status" and each.new not in RESOLVED) for each in changes):
        yield Reason.WORK


_OF_MESSAGES = (
    Reason.COUNTS_NOTE,
    Reason.COUNTS_BRIDGE,
    Reason.COUNTS_AUTOMATIC_REPLY,
    Reason.COUNTS_OTHER_PERSON,
)


def _of_message(entry: Message) -> Reason | None:
    """Why an agent's answer would not be these words; None: they are one."""
    if not entry.public:
        return Reason.COUNTS_NOTE
    if entry.actor.role is Role.BRIDGE:
        return Reason.COUNTS_BRIDGE
    if entry.auto_reply:
        return Reason.COUNTS_AUTOMATIC_REPLY
    return None if entry.actor.role is Role.AGENT else Reason.COUNTS_OTHER_PERSON


def _statuses(entries: list[TimelineEntry]) -> set[object]:
    return {entry.new for entry in entries if isinstance(entry, Changed) and entry.field == "status"}


def _reopened(clock: Clock, target: NativeTarget, ticket: Ticket) -> Reason | None:
    """Whether the ticket was reopened after one of them had ended."""
    ends = [at for at in (clock.met_at, clock.ended_at, target.met_at) if at]
    return Reason.REOPENED if ends and any(change.at >= min(ends) for change in reopenings(ticket)) else None
