"""What conditions read of a ticket: the value behind each name, and the instants at which it may change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Set
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any

from bridge.policy.evaluation.approval_rounds import ApprovalRound, is_approved
from bridge.policy.evaluation.comparisons import WITHIN, Occurrences, window
from bridge.policy.evaluation.condition_source import ConditionSource
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.predicate import compared_values
from bridge.ticket import (
    RESOLVED,
    Confirmation,
    Message,
    PhoneContact,
    Role,
    Status,
    tag_form,
)

CUSTOMER_OWES = frozenset({Status.WAITING_CUSTOMER, Status.CUSTOMER_UPDATE_REQUIRED})
"""Statuses in which the customer owes the next step."""


def awaited_history(source: ConditionSource, since: datetime) -> list[tuple[datetime, bool]]:
    """Whether the customer owed the next step: in a waiting status, and no real answer since the last question."""
    steps = [step for period in source.status_periods for step in _awaited_during(period)]
    begun = bisect_right(steps, since, key=lambda step: step[0])
    return [(max(at, since), owed) for at, owed in steps[max(begun, 1) - 1 :]]


def _awaited_during(period: FieldPeriod) -> Iterator[tuple[datetime, bool]]:
    waiting = period.value in CUSTOMER_OWES
    yield period.start, waiting
    for entry in period.entries if waiting else ():
        if isinstance(entry, Message) and not entry.auto_reply:
            if entry.actor.role is Role.CUSTOMER:
                yield entry.at, False
            elif entry.public and entry.actor.role is Role.AGENT:
                yield entry.at, True


def is_awaiting_customer(source: ConditionSource, at: datetime) -> bool:
    """Whether the customer owed the next step at an instant."""
    history = source.awaited_history
    return history[max(bisect_right(history, at, key=lambda step: step[0]), 1) - 1][1]


def timeline_instants(source: ConditionSource, _: Any) -> Iterator[datetime]:
    """The instant of every entry of the timeline."""
    return (entry.at for entry in source.ticket.timeline)


def reopenings(source: ConditionSource, at: datetime) -> Occurrences:
    """How often the ticket had been reopened by an instant."""
    return Occurrences.by(at, (cycle.start for cycle in source.cycles[1:]))


def reopening_changes(source: ConditionSource, test: Any) -> Iterator[datetime]:
    """Every reopening, and when each no longer counts because it is too long ago."""
    for cycle in source.cycles[1:]:
        yield cycle.start
        if isinstance(test, dict) and WITHIN in test and cycle.start + window(test) <= source.now:
            yield cycle.start + window(test)


def next_reopening_changes(source: ConditionSource, test: Any) -> Iterator[datetime]:
    """When each reopening will no longer count because it is too long ago."""
    if isinstance(test, dict) and WITHIN in test:
        ends = (cycle.start + window(test) for cycle in source.cycles[1:])
        yield from (end for end in ends if end > source.now)


def level_changes(source: ConditionSource, _: Any) -> Iterator[datetime]:
    """Every instant at which the severity level changed."""
    return (at for at, _ in source.severity_history)


def approval_changes(source: ConditionSource, test: Any) -> Iterator[datetime]:
    """The beginning and end of every request for the approvals that a test depends on."""
    rounds: Iterable[ApprovalRound] = chain.from_iterable(
        source.approval_rounds(name) for name in approvals_read(test, source.approval_names)
    )
    return (at for each in rounds for at in (each.opened, each.ended) if at)


def approvals_read(test: Any, names: Iterable[str]) -> list[str]:
    """The approvals on which a test of ``approved`` depends: those that it mentions, else all there are."""
    named = compared_values(test)
    return [name for name in names if name in named or not named]


def calendar_changes(source: ConditionSource, test: Any) -> Iterator[datetime]:
    """Every opening and closing until now of the calendars that a test names, or of all."""
    created, now = source.ticket.created_at, source.now
    for name in compared_values(test) or source.calendar_names:
        for span in source.calendar(name).open_spans(created, now + timedelta(seconds=1)):
            yield from (at for at in span if created <= at <= now)


class TagNames(Set[str]):
    """Tags of a ticket, which a condition may name in any spelling that becomes the same tag."""

    def __init__(self, tags: str) -> None:
        self._forms = frozenset(tag_form(tag) for tag in tags.split(",") if tag)

    def __contains__(self, name: object) -> bool:
        return tag_form(name) in self._forms

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)


_tag_names = lru_cache(1024)(TagNames)


def tags_at(source: ConditionSource, at: datetime) -> TagNames:
    """The tags of the ticket at an instant."""
    return _tag_names(str(source.ticket.value_at("tags", at) or ""))


def has_been_called(source: ConditionSource, at: datetime) -> bool:
    """Whether a call that somebody took had been logged by then."""
    return any(call.answered and call.at <= at for call in source.whole.timeline.of_kind(PhoneContact))


def is_confirmed(source: ConditionSource, at: datetime) -> bool:
    """Whether the customer had confirmed the resolution by an instant, and the ticket was not reopened since."""
    given = (entry for entry in source.timeline.of_kind(Confirmation) if entry.at <= at and is_of_resolution(entry))
    last = max((entry.at for entry in given), default=None)
    reopened = (change for change in source.ticket.changes("status") if change.old in RESOLVED)
    return last is not None and not any(last < change.at <= at and change.new not in RESOLVED for change in reopened)


def is_of_resolution(entry: Confirmation) -> bool:
    """Whether somebody who may has confirmed the resolution: only the customer does."""
    return entry.actor.role is Role.CUSTOMER and entry.subject == "resolution"


def calendars_at_opening(source: ConditionSource, _: datetime) -> frozenset[str]:
    """The calendars that were open when the ticket was opened."""
    return open_calendars(source, source.ticket.created_at)


def open_calendars(source: ConditionSource, at: datetime) -> frozenset[str]:
    """The calendars that are open at an instant."""
    return frozenset(name for name in source.calendar_names if source.calendar(name).is_open(at))


def next_calendar_changes(source: ConditionSource, test: Any) -> Iterator[datetime]:
    """The next opening or closing of the calendars that a test names, or of all."""
    for name in compared_values(test) or source.calendar_names:
        if change := source.calendar(name).next_change(source.now):
            yield change


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
