"""What the names of a condition stand for on a ticket, when the condition held, and when it may turn by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Wake
from bridge.ticket import FactValue, Message, PhoneContact, Role, Status

if TYPE_CHECKING:
    from bridge.policy.evaluation.context import Case

Value = FactValue | Set[str]

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
    for at in sorted(instants(case, when)):
        held = case.holds(when, at)
        if held and since is None:
            since = at
        elif not held and since is not None:
            found.append((since, at))
            since = None
    return [*found, (since, None)] if since is not None else found


def turns(case: Case, when: Predicate) -> Iterator[Wake]:
    """The next openings and closings of the calendars a condition reads."""
    for _, name, test in when.names():
        for calendar in _words(test) or case.policy.calendars if name == "open" else ():
            if turn := case.calendar(calendar).next_turn(case.now):
                yield Wake(turn)


def instants(case: Case, when: Predicate) -> set[datetime]:
    """Every instant until now at which a condition may have turned, creation included."""
    moments = {case.ticket.created_at}
    for _, name, test in when.names():
        moments |= {change.at for field in (name, f"fact:{name}") for change in case.ticket.changes(field)}
        moments |= set(_TURNING[name](case, test)) if name in _TURNING else set()
    return moments


def _entries(case: Case, _: Any) -> Iterator[datetime]:
    return (entry.at for entry in case.ticket.timeline)


def _levels(case: Case, _: Any) -> Iterator[datetime]:
    return (at for at, _ in case.levels)


def _answered(case: Case, test: Any) -> Iterator[datetime]:
    names = _words(test) or {gate.name for gate in case.policy.gates}
    turns = (turn for gate in case.policy.gates if gate.name in names for turn in case.turns_of(gate))
    return (at for turn in turns for at in (turn.opened, turn.ended) if at)


def _opening(case: Case, test: Any) -> Iterator[datetime]:
    created, now = case.ticket.created_at, case.now
    for name in _words(test) or case.policy.calendars:
        for span in case.calendar(name).open_spans(created, now + timedelta(seconds=1)):
            yield from (at for at in span if created <= at <= now)


def _words(test: Any) -> set[str]:
    """The words that a test names."""
    if isinstance(test, dict):
        return {word for kind, inner in test.items() if kind != "known" for word in _words(inner)}
    return set(test) if isinstance(test, list) else {test}


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


class Approved(Set[str]):
    """The names of the gates whose last question had been approved by an instant.

    A gate is looked at when it is asked for, no sooner: so the severity table may name one that does not itself open
    by the level.
    """

    def __init__(self, case: Case, at: datetime) -> None:
        self._case, self._at = case, at

    def __contains__(self, name: object) -> bool:
        return any(gate.name == name and gate.is_approved(self._case, self._at) for gate in self._case.policy.gates)

    def __iter__(self) -> Iterator[str]:
        return (gate.name for gate in self._case.policy.gates if gate.is_approved(self._case, self._at))

    def __len__(self) -> int:
        return sum(1 for _ in self)


_DERIVED: dict[str, Callable[[Case, datetime], Value]] = {
    "account": lambda case, _: case.account.name or case.ticket.account,
    "approved": Approved,
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

_TURNING: dict[str, Callable[[Case, Any], Iterator[datetime]]] = {
    "approved": _answered,
    "awaited": _entries,
    "level": _levels,
    "open": _opening,
    "phone_contact": _entries,
}
"""Names that turn at other instants than those of their own changes, and when, given the test."""
