"""The names that conditions of every pack can use, declared once, and when a condition held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from bridge.policy.evaluation.condition_source import ConditionSource, Value
from bridge.policy.evaluation.condition_values import (
    ApprovedNames,
    approval_changes,
    calendar_changes,
    calendars_at_opening,
    has_been_called,
    is_awaiting_customer,
    is_confirmed,
    level_changes,
    next_calendar_changes,
    next_reopening_changes,
    open_calendars,
    reopening_changes,
    reopenings,
    tags_at,
    timeline_instants,
)
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.evaluation.predicate import Lookup, Predicate, compared_values
from bridge.policy.references import Kind
from bridge.ticket import Channel, FactValue, Opener, Priority, Status, fact_field

Span = tuple[datetime, datetime | None]
"""From an instant on, until another one; None while it lasts."""

YES_NO = ("true", "false")


def _no_instants(_: ConditionSource, __: Any) -> Iterable[datetime]:
    return ()


@dataclass(frozen=True)
class ConditionName:
    """What a name in a condition stands for."""

    name: str
    value_at: Callable[[ConditionSource, datetime], Value]
    domain: tuple[str, ...] | Kind | None = None
    """The values it can have, or the kind of thing it names; None where any value is possible."""
    change_points: Callable[[ConditionSource, Any], Iterable[datetime]] = _no_instants
    """When it changed, given a test of it, other than when the field of its name was changed."""
    next_changes: Callable[[ConditionSource, Any], Iterable[datetime]] = _no_instants
    """When it changes next by the clock alone."""
    is_multi_valued: bool = False
    """Whether it has several values at once."""
    is_counted: bool = False
    """Whether it is a number of things that happened, of which those within a length of time can be counted."""
    is_also_written_by_rules: bool = False
    """Whether rules of a pack write it as well as people."""
    follows_from_rules: bool = False
    """Whether it follows from what rules decide, such as severity, approvals and status."""


def _field(name: str) -> Callable[[ConditionSource, datetime], Value]:
    """A field of the ticket whose changes are recorded."""
    return lambda source, at: source.ticket.value_at(name, at)


def _fixed(name: str) -> Callable[[ConditionSource, datetime], Value]:
    """A field of the ticket of which only the present value is known."""

    def present(source: ConditionSource, _: datetime) -> Value:
        value: Value = getattr(source.ticket, name)
        return value

    return present


def plan_changes(source: ConditionSource, _: Any) -> Iterator[datetime]:
    """Every instant at which a condition that decides the plan may have changed."""
    return (at for when in source.plan_conditions for at in source.change_points(when))


def next_plan_changes(source: ConditionSource, _: Any) -> Iterator[datetime]:
    """The next instants at which the clock alone can change the plan."""
    return (at for when in source.plan_conditions for at in next_changes(source, when))


_NAMES = (
    ConditionName("account", lambda source, _: source.account.name or source.ticket.account),
    ConditionName(
        "approved", ApprovedNames, Kind.APPROVAL, approval_changes, is_multi_valued=True, follows_from_rules=True
    ),
    ConditionName("assignee", _field("assignee"), is_also_written_by_rules=True),
    ConditionName("awaiting_customer", is_awaiting_customer, YES_NO, timeline_instants, follows_from_rules=True),
    ConditionName("brand", _fixed("brand")),
    ConditionName(
        "calendar_open", open_calendars, Kind.CALENDAR, calendar_changes, next_calendar_changes, is_multi_valued=True
    ),
    ConditionName("channel", _fixed("channel"), tuple(map(str, Channel))),
    ConditionName(
        "closed_unanswered",
        lambda source, at: source.is_closed_unanswered(at),
        YES_NO,
        timeline_instants,
        follows_from_rules=True,
    ),
    ConditionName("confirmed", is_confirmed, YES_NO, timeline_instants, follows_from_rules=True),
    ConditionName("form", _fixed("form")),
    ConditionName("group", _field("group"), is_also_written_by_rules=True),
    ConditionName("language", lambda source, _: source.languages.of_ticket, is_multi_valued=True),
    ConditionName("level", lambda source, at: source.level_at(at), Kind.LEVEL, level_changes, follows_from_rules=True),
    ConditionName("opened_by", _fixed("opened_by"), tuple(map(str, Opener))),
    ConditionName("opened_in", calendars_at_opening, Kind.CALENDAR, is_multi_valued=True),
    ConditionName("phone_contact", has_been_called, YES_NO, timeline_instants),
    ConditionName("plan", lambda source, at: source.plan_at(at), Kind.PLAN, plan_changes, next_plan_changes),
    ConditionName("priority", _field("priority"), tuple(map(str, Priority))),
    ConditionName(
        "reopen_count",
        reopenings,
        None,
        reopening_changes,
        next_reopening_changes,
        is_counted=True,
        follows_from_rules=True,
    ),
    ConditionName(
        "status",
        lambda source, at: source.status_at(at),
        tuple(map(str, Status)),
        is_also_written_by_rules=True,
        follows_from_rules=True,
    ),
    ConditionName("tags", tags_at, is_multi_valued=True),
    ConditionName("team", _fixed("team")),
    ConditionName("tier", _field("tier"), ("1", "2", "3"), is_also_written_by_rules=True),
    ConditionName("type", _field("type"), Kind.TICKET_TYPE),
)

CONDITION_NAMES = {each.name: each for each in _NAMES}
"""The names that conditions can use besides the facts of the pack. A new name is one row above."""

MULTI_VALUED = frozenset(each.name for each in _NAMES if each.is_multi_valued)
"""Names that have several values at once."""

FOLLOW_FROM_RULES = frozenset(each.name for each in _NAMES if each.follows_from_rules)
"""Names that a condition cannot use where it decides what they follow from."""

COUNTED = frozenset(each.name for each in _NAMES if each.is_counted)
"""Names that are a number of things that happened."""


def value_of(source: ConditionSource, name: str, at: datetime) -> Value:
    """The value of a name that a condition may use, at an instant."""
    if name in source.fact_names:
        return fact_at(source, name, at)
    return CONDITION_NAMES[name].value_at(source, at)


def fact_at(source: ConditionSource, name: str, at: datetime) -> FactValue:
    """The value of a fact at an instant."""
    return source.ticket.value_at(fact_field(name), at)


def holds(source: ConditionSource, when: Predicate, at: datetime) -> bool:
    """Whether a condition was true at an instant."""
    return when.holds(lambda name: value_of(source, name, at))


def surely_holds(
    source: ConditionSource,
    when: Predicate,
    at: datetime,
    doubtful: Mapping[str, FactSpec],
    is_unknown: Callable[[str, FactValue], bool],
) -> bool | None:
    """Whether a condition was true at an instant; None where that depends on what an unknown value of a fact means."""
    unknown = {
        name: doubtful[name].choices
        for _, name, _ in when.names()
        if name in doubtful and doubtful[name].choices and is_unknown(name, fact_at(source, name, at))
    }
    meanings = (dict(zip(unknown, chosen, strict=True)) for chosen in product(*unknown.values()))
    verdicts = {when.holds(_lookup(source, at, meaning)) for meaning in meanings}
    return verdicts.pop() if len(verdicts) == 1 else None


def _lookup(source: ConditionSource, at: datetime, supposed: Mapping[str, FactValue]) -> Lookup:
    """What a condition reads at an instant, some facts supposed to be other than they are."""
    return lambda name: supposed[name] if name in supposed else value_of(source, name, at)


def holding_spans(source: ConditionSource, when: Predicate) -> list[Span]:
    """The times in which a condition held, from the timeline; the last is open while it holds."""
    if not when.root:
        return [(source.ticket.created_at, None)]
    found: list[Span] = []
    since: datetime | None = None
    for at in sorted(source.change_points(when)):
        held = holds(source, when, at)
        if held and since is None:
            since = at
        elif not held and since is not None:
            found.append((since, at))
            since = None
    return [*found, (since, None)] if since is not None else found


def next_changes(source: ConditionSource, when: Predicate) -> Iterator[datetime]:
    """The next instants at which the clock alone can change what a condition reads."""
    for _, name, test in when.names():
        if name in CONDITION_NAMES:
            yield from CONDITION_NAMES[name].next_changes(source, test)


def change_points(source: ConditionSource, when: Predicate) -> set[datetime]:
    """Every instant until now at which a condition may have changed, creation included."""
    moments = {source.ticket.created_at}
    for _, name, test in when.names():
        for field in (name, fact_field(name)):
            if changes := source.ticket.changes(field):
                moments.update(change.at for change in changes)
        if name in CONDITION_NAMES:
            moments.update(CONDITION_NAMES[name].change_points(source, test))
    return moments


def names_compared(when: Predicate, kind: Kind) -> Iterator[str]:
    """The names of a kind, such as calendars, with which a condition compares something."""
    for _, name, test in when.names():
        if name in CONDITION_NAMES and CONDITION_NAMES[name].domain is kind:
            yield from map(str, compared_values(test))


def joined_spans(spans: Iterable[Span]) -> list[Span]:
    """The same instants as sorted spans that do not overlap."""
    joined: list[Span] = []
    for start, end in sorted(spans, key=lambda span: span[0]):
        if not joined or ((last := joined[-1][1]) is not None and last < start):
            joined.append((start, end))
        elif last is not None and (end is None or end > last):
            joined[-1] = (joined[-1][0], end)
    return joined
