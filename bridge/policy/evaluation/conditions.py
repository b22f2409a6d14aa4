"""What the names of a condition stand for on a ticket, when the condition held, and when it may turn by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Wake
from bridge.ticket import FactValue, Message, PhoneContact, Role, Status

if TYPE_CHECKING:
    from bridge.policy.evaluation.context import Context

Value = FactValue | Set[str]

WAITING = frozenset({Status.WAITING_CUSTOMER, Status.CUSTOMER_UPDATE_REQUIRED})
"""Statuses in which the customer owes the next step."""


def value_of(context: Context, name: str, at: datetime) -> Value:
    """The value of a name that a condition may use, at an instant."""
    if name in context.policy.facts:
        return context.ticket.value_at(f"fact:{name}", at)
    if derived := _DERIVED.get(name):
        return derived(context, at)
    if name in ("priority", "type", "assignee", "group", "tier"):
        return context.ticket.value_at(name, at)
    present: FactValue = getattr(context.ticket, name)
    return present


def holding_spans(context: Context, when: Predicate) -> list[tuple[datetime, datetime | None]]:
    """The times in which a condition held, from the timeline; the last is open while it holds."""
    found: list[tuple[datetime, datetime | None]] = []
    since: datetime | None = None
    for at in sorted(change_points(context, when)):
        held = context.holds(when, at)
        if held and since is None:
            since = at
        elif not held and since is not None:
            found.append((since, at))
            since = None
    return [*found, (since, None)] if since is not None else found


def next_changes(context: Context, when: Predicate) -> Iterator[Wake]:
    """The next openings and closings of the calendars a condition reads."""
    for _, name, test in when.names():
        for calendar in _words(test) or context.policy.calendars if name == "open" else ():
            if turn := context.calendar(calendar).next_turn(context.now):
                yield Wake(turn)


def change_points(context: Context, when: Predicate) -> set[datetime]:
    """Every instant until now at which a condition may have turned, creation included."""
    moments = {context.ticket.created_at}
    for _, name, test in when.names():
        moments |= {change.at for field in (name, f"fact:{name}") for change in context.ticket.changes(field)}
        moments |= set(_TURNING[name](context, test)) if name in _TURNING else set()
    return moments


def _entries(context: Context, _: Any) -> Iterator[datetime]:
    return (entry.at for entry in context.ticket.timeline)


def _levels(context: Context, _: Any) -> Iterator[datetime]:
    return (at for at, _ in context.severity_history)


def _answered(context: Context, test: Any) -> Iterator[datetime]:
    names = _words(test) or {gate.name for gate in context.policy.gates}
    rounds = (turn for gate in context.policy.gates if gate.name in names for turn in context.approval_rounds(gate))
    return (at for turn in rounds for at in (turn.opened, turn.ended) if at)


def _opening(context: Context, test: Any) -> Iterator[datetime]:
    created, now = context.ticket.created_at, context.now
    for name in _words(test) or context.policy.calendars:
        for span in context.calendar(name).open_spans(created, now + timedelta(seconds=1)):
            yield from (at for at in span if created <= at <= now)


def _words(test: Any) -> set[str]:
    """The words that a test names."""
    if isinstance(test, dict):
        return {word for kind, inner in test.items() if kind != "known" for word in _words(inner)}
    return set(test) if isinstance(test, list) else {test}


def _tags(context: Context, at: datetime) -> frozenset[str]:
    held = str(context.ticket.value_at("tags", at) or "")
    return frozenset(tag for tag in held.split(",") if tag)


def _called(context: Context, at: datetime) -> bool:
    """Whether a call with the customer had been logged by then."""
    return any(isinstance(entry, PhoneContact) and entry.at <= at for entry in context.ticket.timeline)


def _awaited(context: Context, at: datetime) -> bool:
    """Whether the customer owes the next step: a waiting status, and no real answer since it was last asked."""
    if context.status_at(at) not in WAITING:
        return False
    period = next(period for period in reversed(context.status_periods) if period.start <= at)
    said = [e for e in period.entries if isinstance(e, Message) and e.public and not e.auto_reply and e.at <= at]
    asked = [e for e in said if e.actor.role in (Role.CUSTOMER, Role.AGENT)]
    return not asked or asked[-1].actor.role is Role.AGENT


def _open(context: Context, at: datetime) -> frozenset[str]:
    return frozenset(name for name in context.policy.calendars if context.calendar(name).is_open(at))


class ApprovedGates(Set[str]):
    """The names of the gates whose last question had been approved by an instant.

    A gate is looked at when it is asked for, no sooner: so the severity table may name one that does not itself open
    by the level.
    """

    def __init__(self, context: Context, at: datetime) -> None:
        self._context, self._at = context, at

    def __contains__(self, name: object) -> bool:
        return any(
            gate.name == name and gate.is_approved(self._context, self._at) for gate in self._context.policy.gates
        )

    def __iter__(self) -> Iterator[str]:
        return (gate.name for gate in self._context.policy.gates if gate.is_approved(self._context, self._at))

    def __len__(self) -> int:
        return sum(1 for _ in self)


_DERIVED: dict[str, Callable[[Context, datetime], Value]] = {
    "account": lambda context, _: context.account.name or context.ticket.account,
    "approved": ApprovedGates,
    "awaited": _awaited,
    "language": lambda context, _: context.languages,
    "level": lambda context, at: context.level_at(at),
    "open": _open,
    "phone_contact": _called,
    "plan": lambda context, at: context.plan_at(at),
    "status": lambda context, at: context.status_at(at),
    "tags": _tags,
}
"""Names that are worked out, and how."""

_TURNING: dict[str, Callable[[Context, Any], Iterator[datetime]]] = {
    "approved": _answered,
    "awaited": _entries,
    "level": _levels,
    "open": _opening,
    "phone_contact": _entries,
}
"""Names that turn at other instants than those of their own changes, and when, given the test."""
