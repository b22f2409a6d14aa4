"""What the names of a condition stand for on a ticket, when the condition held, and when it may turn by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bridge.policy.predicate import Predicate
from bridge.policy.rule import Wake
from bridge.ticket import FactValue, Message, PhoneContact, Role, Status

if TYPE_CHECKING:
    from bridge.policy.case import Case

Value = FactValue | frozenset[str]

WAITING = frozenset({Status.WAITING_CUSTOMER, Status.CUSTOMER_UPDATE_REQUIRED})
"""Statuses in which the customer owes the next step."""


def value_of(case: Case, name: str, at: datetime) -> Value:
    """The value of a name that a condition may use, at an instant."""
    if name in case.policy.facts:
        return case.ticket.value_at(f"fact:{name}", at)
    if derived := _DERIVED.get(name):
        return derived(case, at)
    if name in ("priority", "type", "assignee", "group", "tier"):
        return case.ticket.value_at(name, at)
    present: FactValue = getattr(case.ticket, name)
    return present


def spans(case: Case, when: Predicate) -> list[tuple[datetime, datetime | None]]:
    """The times in which a condition held, from the timeline; the last is open while it holds."""
    found: list[tuple[datetime, datetime | None]] = []
    since: datetime | None = None
    for at in _instants(case, when):
        held = case.holds(when, at)
        if held and since is None:
            since = at
        elif not held and since is not None:
            found.append((since, at))
            since = None
    return [*found, (since, None)] if since is not None else found


def turns(case: Case, when: Predicate) -> Iterator[Wake]:
    """The next openings and closings of the calendars a condition reads."""
    for name in _calendars_read(case, when):
        if turn := case.calendar(name).next_turn(case.now):
            yield Wake(turn)


def _instants(case: Case, when: Predicate) -> list[datetime]:
    """Every instant at which a condition may have turned."""
    created, now = case.ticket.created_at, case.now
    moments = {created, *(e.at for e in case.ticket.timeline), *(at for at, _ in case.levels)}
    for name in _calendars_read(case, when):
        for span in case.calendar(name).open_spans(created, now + timedelta(seconds=1)):
            moments.update(at for at in span if created <= at <= now)
    return sorted(moments)


def _calendars_read(case: Case, when: Predicate) -> list[str]:
    found: list[str] = []
    for _, name, test in when.names():
        if name == "open":
            found += case.policy.calendars if isinstance(test, dict) else test if isinstance(test, list) else [test]
    return found


def _tags(case: Case, at: datetime) -> frozenset[str]:
    held = str(case.ticket.value_at("tags", at) or "")
    return frozenset(tag for tag in held.split(",") if tag)


def _called(case: Case, at: datetime) -> bool:
    """Whether a call with the customer had been logged by then."""
    return any(isinstance(entry, PhoneContact) and entry.at <= at for entry in case.ticket.timeline)


def _awaited(case: Case, at: datetime) -> bool:
    """Whether the customer owes the next step: a waiting status, and no real answer since it was last asked."""
    if case.status_at(at) not in WAITING:
        return False
    spell = next(spell for spell in reversed(case.statuses) if spell.start <= at)
    said = [e for e in spell.entries if isinstance(e, Message) and e.public and not e.auto_reply and e.at <= at]
    asked = [e for e in said if e.actor.role in (Role.CUSTOMER, Role.AGENT)]
    return not asked or asked[-1].actor.role is Role.AGENT


def _open(case: Case, at: datetime) -> frozenset[str]:
    return frozenset(name for name in case.policy.calendars if case.calendar(name).is_open(at))


_DERIVED: dict[str, Callable[[Case, datetime], Value]] = {
    "account": lambda case, _: case.account.name or case.ticket.account,
    "approved": lambda case, at: case.approved_at(at),
    "awaited": _awaited,
    "language": lambda case, _: case.languages,
    "level": lambda case, at: case.level_at(at),
    "open": _open,
    "phone_contact": _called,
    "plan": lambda case, at: case.plan_at(at),
    "status": lambda case, at: case.status_at(at),
    "tags": _tags,
}
"""Names that are worked out, and how."""
