"""What the names of a condition stand for on a ticket, when a condition held, and when it may change by itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Protocol

from bridge.account import Account
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.evaluation.approval_rounds import ApprovalRound, is_approved
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.timeline_index import TimelineIndex
from bridge.ticket import FactValue, Message, PhoneContact, Role, Status, Ticket, fact_field

Value = FactValue | Set[str]
Span = tuple[datetime, datetime | None]
"""From an instant on, until another one; None while it lasts."""

WAITING = frozenset({Status.WAITING_CUSTOMER, Status.CUSTOMER_UPDATE_REQUIRED})
"""Statuses in which the customer owes the next step."""


class ConditionSource(Protocol):
    """What conditions read: the ticket, its account, and what follows from both under a policy."""

    ticket: Ticket
    account: Account
    now: datetime
    timeline: TimelineIndex

    @property
    def fact_names(self) -> Collection[str]:
        """Names of the facts that the pack reads."""

    @property
    def calendar_names(self) -> Collection[str]:
        """Names of the calendars of the pack, its first one first."""

    @property
    def approval_names(self) -> Collection[str]:
        """Names of the approvals that the pack asks for."""

    @property
    def status_periods(self) -> Sequence[FieldPeriod]:
        """The statuses that count."""

    @property
    def severity_history(self) -> Sequence[tuple[datetime, str | None]]:
        """The severity level over time."""

    @property
    def languages(self) -> frozenset[str]:
        """The languages of the ticket."""

    @property
    def awaited_history(self) -> Sequence[tuple[datetime, bool]]:
        """Whether the customer owed the next step, over time."""

    def calendar(self, name: str | None) -> Calendar:
        """A calendar of the pack."""

    def approval_rounds(self, name: str) -> Sequence[ApprovalRound]:
        """Every request for an approval, oldest first."""

    def status_at(self, at: datetime) -> FactValue:
        """The status at an instant."""

    def level_at(self, at: datetime) -> str | None:
        """The severity level at an instant."""

    def plan_at(self, at: datetime) -> FactValue:
        """The account's plan at an instant."""


def value_of(source: ConditionSource, name: str, at: datetime) -> Value:
    """The value of a name that a condition may use, at an instant."""
    if name in source.fact_names:
        return source.ticket.value_at(fact_field(name), at)
    if derived := _DERIVED.get(name):
        return derived(source, at)
    if name in ("priority", "type", "assignee", "group", "tier"):
        return source.ticket.value_at(name, at)
    present: FactValue = getattr(source.ticket, name)
    return present


def holds(source: ConditionSource, when: Predicate, at: datetime) -> bool:
    """Whether a condition was true at an instant."""
    return when.holds(lambda name: value_of(source, name, at))


def holding_spans(source: ConditionSource, when: Predicate) -> list[Span]:
    """The times in which a condition held, from the timeline; the last is open while it holds."""
    found: list[Span] = []
    since: datetime | None = None
    for at in sorted(change_points(source, when)):
        held = holds(source, when, at)
        if held and since is None:
            since = at
        elif not held and since is not None:
            found.append((since, at))
            since = None
    return [*found, (since, None)] if since is not None else found


def next_changes(source: ConditionSource, when: Predicate) -> Iterator[datetime]:
    """The next openings and closings of the calendars that a condition reads."""
    for _, name, test in when.names():
        for calendar in mentioned(test) or source.calendar_names if name == "calendar_open" else ():
            if change := source.calendar(calendar).next_change(source.now):
                yield change


def change_points(source: ConditionSource, when: Predicate) -> set[datetime]:
    """Every instant until now at which a condition may have changed, creation included."""
    moments = {source.ticket.created_at}
    for _, name, test in when.names():
        moments |= {change.at for field in (name, fact_field(name)) for change in source.ticket.changes(field)}
        moments |= set(_CHANGE_POINTS[name](source, test)) if name in _CHANGE_POINTS else set()
    return moments


def mentioned(test: Any) -> set[str]:
    """The values that a test names; of what is only known or not, none."""
    if isinstance(test, dict):
        return {value for kind, inner in test.items() if kind != "known" for value in mentioned(inner)}
    return set(test) if isinstance(test, list) else {test}


def awaited_history(source: ConditionSource) -> list[tuple[datetime, bool]]:
    """Whether the customer owed the next step: in a waiting status, and no real answer since the last question."""
    return [step for period in source.status_periods for step in _awaited_in(period)]


def _awaited_in(period: FieldPeriod) -> Iterator[tuple[datetime, bool]]:
    waiting = period.value in WAITING
    yield period.start, waiting
    for entry in period.entries if waiting else ():
        if isinstance(entry, Message) and not entry.auto_reply:
            if entry.actor.role is Role.CUSTOMER:
                yield entry.at, False
            elif entry.public and entry.actor.role is Role.AGENT:
                yield entry.at, True


def _awaited(source: ConditionSource, at: datetime) -> bool:
    history = source.awaited_history
    return history[max(bisect_right(history, at, key=lambda step: step[0]), 1) - 1][1]


def _each_entry(source: ConditionSource, _: Any) -> Iterator[datetime]:
    return (entry.at for entry in source.ticket.timeline)


def _each_level(source: ConditionSource, _: Any) -> Iterator[datetime]:
    return (at for at, _ in source.severity_history)


def _each_approval(source: ConditionSource, test: Any) -> Iterator[datetime]:
    rounds: Iterable[ApprovalRound] = chain.from_iterable(
        source.approval_rounds(name) for name in approvals_read(test, source.approval_names)
    )
    return (at for each in rounds for at in (each.opened, each.ended) if at)


def approvals_read(test: Any, names: Iterable[str]) -> list[str]:
    """The approvals on which a test of ``approved`` depends: those that it mentions, else all there are."""
    asked = mentioned(test)
    return [name for name in names if name in asked or not asked]


def _each_opening(source: ConditionSource, test: Any) -> Iterator[datetime]:
    created, now = source.ticket.created_at, source.now
    for name in mentioned(test) or source.calendar_names:
        for span in source.calendar(name).open_spans(created, now + timedelta(seconds=1)):
            yield from (at for at in span if created <= at <= now)


def _tags(source: ConditionSource, at: datetime) -> frozenset[str]:
    held = str(source.ticket.value_at("tags", at) or "")
    return frozenset(tag for tag in held.split(",") if tag)


def _called(source: ConditionSource, at: datetime) -> bool:
    """Whether a call that somebody took had been logged by then."""
    return any(call.answered and call.at <= at for call in source.timeline.of_kind(PhoneContact))


def _open(source: ConditionSource, at: datetime) -> frozenset[str]:
    return frozenset(name for name in source.calendar_names if source.calendar(name).is_open(at))


class ApprovedNames(Set[str]):
    """The names of the approvals that had been given by an instant.

    An approval is worked out when it is asked for, no sooner: so the severity table may name one that does not itself
    depend on the level.
    """

    def __init__(self, source: ConditionSource, at: datetime) -> None:
        self._source, self._at = source, at

    def __contains__(self, name: object) -> bool:
        names = (each for each in self._source.approval_names if each == name)
        return any(is_approved(self._source.approval_rounds(each), self._at) for each in names)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._source.approval_names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_DERIVED: dict[str, Callable[[ConditionSource, datetime], Value]] = {
    "account": lambda source, _: source.account.name or source.ticket.account,
    "approved": ApprovedNames,
    "awaiting_customer": _awaited,
    "language": lambda source, _: source.languages,
    "level": lambda source, at: source.level_at(at),
    "calendar_open": _open,
    "phone_contact": _called,
    "plan": lambda source, at: source.plan_at(at),
    "status": lambda source, at: source.status_at(at),
    "tags": _tags,
}
"""Names that are worked out, and how."""

_CHANGE_POINTS: dict[str, Callable[[ConditionSource, Any], Iterator[datetime]]] = {
    "approved": _each_approval,
    "awaiting_customer": _each_entry,
    "level": _each_level,
    "calendar_open": _each_opening,
    "phone_contact": _each_entry,
}
"""Names that change at other instants than those of their own changes, and when, given the test."""
