"""Clocks that begin or are due at a time that people agree on: the fact that holds it, over time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple, Protocol

from bridge.policy.evaluation.clock_replay import ReplayedRule, TargetInForce
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.fact_spec import instant_in
from bridge.ticket import fact_field


class AgreedSpan(NamedTuple):
    """The time in which a clock runs by what a fact says: from ``begin``, until another time is agreed."""

    begin: datetime
    end: datetime | None
    due: datetime | None = None
    """When it is due, where the fact says that."""


class AgreedRule(ReplayedRule, Protocol):
    """A clock that a fact may time."""

    def agreed_spans(self, context: Context) -> list[AgreedSpan] | None:
        """The times in which it runs by what a fact says; None: no fact says it."""


def agreed_spans(context: Context, start_fact: str | None, due_fact: str | None) -> list[AgreedSpan] | None:
    """The spans of a clock, one of which may lie ahead; None where no fact times it."""
    if start_fact:
        return _begun_spans(context, start_fact)
    if due_fact:  # a time that had passed when it was entered is none
        return [AgreedSpan(since, until, at) for since, until, at in _agreed(context, due_fact) if at > since]
    return None


def agreed_target(context: Context, rule: AgreedRule, at: datetime) -> TargetInForce | None:
    """The time from when it was agreed until the clock is due."""
    for begin, end, due in rule.agreed_spans(context) or ():
        if due and begin <= at and (end is None or at < end):
            within = context.calendar(rule.calendar).measure(begin, due)
            return TargetInForce(within, rule.clause, rule.calendar)
    return None


def _begun_spans(context: Context, fact: str) -> list[AgreedSpan]:
    """The spans of a clock that begins at the time in a fact.

    Another time ends the clock and begins the next one. A time that had passed when it was entered corrects the one
    before: the clock counts from it, at the earliest from where the clock before ended.
    """
    spans: list[AgreedSpan] = []
    earliest = context.ticket.created_at
    for since, until, at in _agreed(context, fact):
        if spans and spans[-1].end == since and at <= since:
            spans.pop()
        elif spans:
            earliest = spans[-1].end or since
        begin = max(at, earliest)
        if until is None or begin < until:
            spans.append(AgreedSpan(begin, until))
    return spans


def _agreed(context: Context, fact: str) -> Iterator[tuple[datetime, datetime | None, datetime]]:
    """Since when, until when and what time the fact held."""
    history = [(at, instant_in(value)) for at, value in context.ticket.history(fact_field(fact))]
    held = [(at, time) for index, (at, time) in enumerate(history) if not index or time != history[index - 1][1]]
    for (since, time), (until, _) in pairwise([*held, (None, None)]):
        if time and since and since != until:
            yield since, until, time


def why_not_agreed(context: Context, fact: str, *, is_due: bool) -> str:
    """Why a clock that begins, or is due, at the time in a fact does not run; empty where the fact is no hindrance."""
    found = instant_in(context.ticket.value(fact_field(fact)))
    if found is None:
        return f"not started, because {fact} is not known"
    if found > context.now:
        return f"not started, because {fact} is {found:%Y-%m-%d %H:%M} UTC"
    return f"no clock, because {fact} had passed when it was entered" if is_due else ""
