"""The values of a field one after the other, and what happened while each lasted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bridge.ticket import Changed, FactValue, Message, Role, Ticket, TimelineEntry


@dataclass(frozen=True)
class FieldPeriod:
    """An unbroken time in which a field held one value, and what happened in it."""

    value: FactValue
    start: datetime
    end: datetime | None
    """None while it lasts."""
    began: Changed | None
    ended: Changed | None
    entries: tuple[TimelineEntry, ...]
    """What came after it began, up to the change that ended it."""


def field_periods(ticket: Ticket, field: str) -> list[FieldPeriod]:
    """The values of a field, the first since creation.

    A status that moved only because a machine or a third person wrote has not moved: what they write ends nothing.
    """
    timeline = ticket.timeline
    if not ticket.changes(field):
        return [FieldPeriod(ticket.value(field), ticket.created_at, None, None, None, timeline)]
    changes = [(i, e) for i, e in enumerate(timeline) if isinstance(e, Changed) and e.field == field]
    value = changes[0][1].old
    found, start, began, first = [], ticket.created_at, None, 0
    for index, change in changes:
        if change.new == value or (field == "status" and _is_automatic(timeline, index)):
            continue
        found.append(FieldPeriod(value, start, change.at, began, change, timeline[first:index]))
        value, start, began, first = change.new, change.at, change, index + 1
    found.append(FieldPeriod(value, start, None, began, None, timeline[first:]))
    return found


def is_automatic(ticket: Ticket, change: Changed) -> bool:
    """Whether the helpdesk moved a status on an automatic reply or a third person's message, as on every mail."""
    return _is_automatic(ticket.timeline, ticket.timeline.index(change))


def _is_automatic(timeline: Sequence[TimelineEntry], index: int) -> bool:
    change = timeline[index]
    if change.actor.role not in (Role.CUSTOMER, Role.SYSTEM, Role.OTHER):
        return False
    while index and timeline[index - 1].at == change.at:
        index -= 1
        before = timeline[index]
        if isinstance(before, Message) and before.actor.role in (Role.CUSTOMER, Role.OTHER):
            return before.auto_reply or before.actor.role is Role.OTHER
    return False


def segments(points: Iterable[datetime], start: datetime, end: datetime | None) -> list[tuple[datetime, datetime]]:
    """The time from ``start`` to ``end`` cut at the given points; without an end, to the end of time."""
    stop = end if end is not None else datetime.max.replace(tzinfo=start.tzinfo)
    cuts = sorted({start, stop, *(at for at in points if start < at < stop)})
    return list(pairwise(cuts))
