"""Whether the condition of a helpdesk's own rule holds: on a ticket as it is, and by what just happened. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import assert_never
from zoneinfo import ZoneInfo

from bridge.drafts.agreement import DAYS, native_deadline
from bridge.ticket import FactValue, Message, Opener, Role, Ticket, TimelineEntry, tag_form
from mappings.acting_rules import (
    ActedBy,
    All,
    AnyOf,
    Condition,
    Has,
    HasTag,
    HasWords,
    IsOpen,
    Not,
    Ranks,
    Spoke,
    Turned,
    Updated,
    Waited,
)
from mappings.native_rules import NativeCalendar

HOUR = timedelta(hours=1)
"""How long after the hour a condition on exactly so many hours holds: such rules run once an hour."""


@dataclass(frozen=True)
class Update:
    """What has just happened to a ticket."""

    before: Ticket | None
    """None: it was created."""


@dataclass(frozen=True)
class Situation:
    """A ticket at an instant; ``update`` None: nothing has happened, a rule only looks at it."""

    ticket: Ticket
    now: datetime
    update: Update | None = None
    calendar: NativeCalendar | None = None

    @cached_property
    def entries(self) -> tuple[TimelineEntry, ...]:
        """What the update added to the timeline."""
        if self.update is None:
            return ()
        return self.ticket.timeline[len(self.update.before.timeline) if self.update.before else 0 :]

    @property
    def is_creation(self) -> bool:
        return self.update is not None and self.update.before is None

    @property
    def role(self) -> Role | None:
        """The role of whoever made the update."""
        if self.is_creation:
            by_agent = self.ticket.opened_by in (Opener.AGENT_ON_BEHALF, Opener.AGENT_FOR_SELF)
            return Role.AGENT if by_agent else Role.CUSTOMER
        return self.entries[0].actor.role if self.entries else None

    @property
    def messages(self) -> list[tuple[bool, str]]:
        """What the update says: whether it is public, and its text."""
        said = [(entry.public, entry.text) for entry in self.entries if isinstance(entry, Message)]
        return [(True, self.ticket.description), *said] if self.is_creation else said

    def value(self, field: str) -> FactValue:
        """The value of a field; None where it is empty."""
        found = self.ticket.requester.email if field == "requester" else self.ticket.value(field)
        return None if found == "" else found

    def turned(self, field: str) -> tuple[FactValue, FactValue] | None:
        """What the update changed a field from and to; None: it did not."""
        if self.update is None:
            return None
        before = self.update.before
        old, new = (Situation(before, self.now).value(field) if before else None), self.value(field)
        return None if is_same(old, new) else (old, new)


def holds(condition: Condition, at: Situation) -> bool:
    """Whether a condition is true in a situation."""
    match condition:
        case All(parts):
            return all(holds(part, at) for part in parts)
        case AnyOf(parts):
            return any(holds(part, at) for part in parts)
        case Not(part):
            return not holds(part, at)
        case Updated(is_creation):
            return at.update is not None and at.is_creation == is_creation
        case Waited():
            return _has_waited(condition, at)
        case ActedBy(roles):
            return at.role in roles
        case IsOpen():
            return is_open(at.calendar, at.now)
        case Spoke() | Turned() | HasWords():
            return _of_update(condition, at)
        case Has() | HasTag() | Ranks():
            return _of_ticket(condition, at)
        case _:
            assert_never(condition)


def _of_ticket(condition: Has | HasTag | Ranks, at: Situation) -> bool:
    match condition:
        case Has(field, values):
            return any(is_same(at.value(field), value) for value in values)
        case HasTag(tags):
            return not at.ticket.tags.isdisjoint(map(tag_form, tags))
        case Ranks(field, order, value, is_below):
            ranks = {word: rank for rank, words in enumerate(order) for word in words}
            found, limit = ranks.get(str(at.value(field) or "")), ranks.get(value)
            return found is not None and limit is not None and (found < limit if is_below else found > limit)


def _of_update(condition: Spoke | Turned | HasWords, at: Situation) -> bool:
    match condition:
        case Spoke(public):
            return any(public is None or is_public == public for is_public, _ in at.messages)
        case Turned(field, before, after):
            turned = at.turned(field)
            return turned is not None and all(
                wanted is None or any(is_same(found, value) for value in wanted)
                for found, wanted in zip(turned, (before, after), strict=True)
            )
        case HasWords(where, words):
            texts = {"subject": at.ticket.subject, "description": at.ticket.description}
            text = texts.get(where) or " ".join(said for _, said in at.messages)
            return any(word.lower() in text.lower() for word in words)


def _has_waited(waited: Waited, at: Situation) -> bool:
    due = waited_until(waited, at)
    match waited.comparison:
        case "at_least":
            return due is not None and due <= at.now
        case "exactly":
            return due is not None and due <= at.now < due + HOUR
        case "less":
            return due is not None and at.now < due


def waited_until(waited: Waited, at: Situation) -> datetime | None:
    """When so many hours will have passed; None: what they count from has not happened."""
    since = waiting_since(waited, at.ticket)
    if since is None:
        return None
    return native_deadline(since, round(waited.hours * 60), at.calendar if waited.is_in_business_hours else None)


def waiting_since(waited: Waited, ticket: Ticket) -> datetime | None:
    """What the hours count from."""
    match waited.since:
        case "status":
            return _in_status_since(ticket, waited.statuses)
        case "created":
            return ticket.created_at
        case "updated":
            return ticket.timeline[-1].at if ticket.timeline else ticket.created_at
        case "assigned":
            changes = ticket.changes("assignee")
            return changes[-1].at if changes else ticket.created_at if ticket.assignee else None
        case "customer" | "agent":
            wanted = Role.CUSTOMER if waited.since == "customer" else Role.AGENT
            by = [entry.at for entry in ticket.timeline if entry.actor.role is wanted]
            return by[-1] if by else ticket.created_at if wanted is Role.CUSTOMER else None


def _in_status_since(ticket: Ticket, statuses: tuple[str, ...]) -> datetime | None:
    """Since when the ticket has been in one of these statuses, whichever of them."""
    since = None
    for at, status in reversed(ticket.history("status")):
        if str(status) not in statuses:
            break
        since = at
    return since


def waits(condition: Condition) -> Iterator[Waited]:
    """Every part of a condition that time alone makes true or false."""
    match condition:
        case Waited():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from waits(part)
        case Not(part):
            yield from waits(part)


def is_same(one: FactValue, other: FactValue) -> bool:
    """Whether two values are the same to a helpdesk."""
    if one is None or other is None:
        return one is other
    return str(one).lower() == str(other).lower()


def is_open(calendar: NativeCalendar | None, at: datetime) -> bool:
    """Whether an instant is within business hours; without a calendar every one is."""
    if calendar is None:
        return True
    local = at.astimezone(ZoneInfo(calendar.time_zone))
    if local.date() in calendar.holidays:
        return False
    spans = (hours.split("-") for hours in calendar.hours.get(DAYS[local.weekday()], ()))
    return any(opens <= f"{local:%H:%M}" < closes for opens, closes in spans)
