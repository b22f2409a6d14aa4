"""The targets of a helpdesk's own policies, compared with the clocks of a pack on the same tickets."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise, product
from zoneinfo import ZoneInfo

from bridge.conflicts.situation import Situation, holds
from bridge.conflicts.trial import Trial
from bridge.conflicts.verdict import Conflict, ConflictKind, Doing
from bridge.decision import Clock, Decision
from bridge.drafts.agreement import DAYS, native_deadline
from bridge.drafts.clocks import FORMS
from bridge.policy.model import Policy
from bridge.ticket import RESOLVED, Status, Ticket
from mappings.acting_rules import TargetRule
from mappings.native_rules import Metric, NativeCalendar, NativeTarget, Source

_ANSWERS = frozenset({Metric.FIRST_REPLY})
_MORE_ANSWERS = frozenset({Metric.NEXT_REPLY})
_UPDATES = frozenset({Metric.PERIODIC_UPDATE, Metric.PAUSABLE_UPDATE})
_ENDS = frozenset({Metric.RESOLUTION, Metric.REQUESTER_WAIT, Metric.AGENT_WORK})
_ALSO: dict[str, set[str]] = {
    Status.WAITING_CUSTOMER: {Status.CUSTOMER_UPDATE_REQUIRED},
    Status.WAITING_INTERNAL: {Status.WAITING_DEVELOPMENT},
}
"""Statuses of a category, which is what the helpdesk's metrics rest in."""
ALL_TIME = NativeCalendar(Source("", "", ""), "", "UTC", dict.fromkeys(DAYS, ("00:00-24:00",)))


def metrics_of(policy: Policy, clock: str) -> frozenset[Metric]:
    """What of the helpdesk's metrics a clock measures; none: nothing that the helpdesk knows."""
    spec = next((each for each in policy.clocks if each.name == clock), None)
    if spec is None:
        return frozenset()
    if "agent_message" in spec.met_by:
        if spec.periodic:
            return _UPDATES
        return _MORE_ANSWERS if spec.starts_on == "customer_message" else _ANSWERS
    if "solved" in spec.met_by:
        return _ENDS
    return frozenset({Metric.STAGE}) if spec.met_in else frozenset()


def other_targets(
    trial: Trial, decision: Decision, ticket: Ticket, rules: Sequence[TargetRule], calendar: NativeCalendar | None
) -> Iterator[tuple[Source, Conflict | None]]:
    """Each policy with targets that is for this ticket; None: no clock of the pack is due at another time.

    ``decision`` and ``ticket``: at the end of the trial.
    """
    applying = _applying(rules, Situation(ticket, decision.at))
    yield from ((rule.policy.source, None) for rule in applying)
    for rule, clock in product(applying, decision.clocks):
        metrics, until = metrics_of(trial.policy, clock.name), clock.ended_at or decision.at
        for target in rule.policy.targets:
            if target.metric in metrics and target.priority == ticket.value_at("priority", until):
                own = rule if rule.calendar else replace(rule, calendar=calendar)
                yield rule.policy.source, _compared(trial, ticket, until, clock, target, own)


def _applying(rules: Sequence[TargetRule], at: Situation) -> list[TargetRule]:
    """The first whose condition holds, and all that do not give way to it."""
    fitting = [rule for rule in rules if holds(rule.condition, at)]
    first = next((rule for rule in fitting if rule.policy.gives_way), None)
    return [rule for rule in fitting if not rule.not_examined and (rule is first or not rule.policy.gives_way)]


def _compared(
    trial: Trial, ticket: Ticket, until: datetime, clock: Clock, target: NativeTarget, rule: TargetRule
) -> Conflict | None:
    due = _native_due(ticket, until, clock.started_at, target, rule)
    if clock.due_at in (None, due):
        return None
    return Conflict(
        ConflictKind.FIGHTS,
        target.metric.replace("_", " "),
        Doing(due, f"shows {target.minutes} minutes{' of business hours' if target.is_in_business_hours else ''}, due"),
        Doing(clock.due_at, f"promises {clock.target_s // 60} minutes ({clock.name}), due", clock.cite.clause),
        due < clock.due_at,
        trial.policy.pack,
        trial.name,
        trial.given,
    )


def _native_due(ticket: Ticket, until: datetime, start: datetime, target: NativeTarget, rule: TargetRule) -> datetime:
    """When the helpdesk's own target is over; where it rests counts as time at which the helpdesk is closed."""
    calendar = rule.calendar if target.is_in_business_hours else None
    resting = _resting(target.metric, rule.policy.paused_in)
    if not (pauses := [each for each in _stretches(ticket, resting, until) if each[1] > start]):
        return native_deadline(start, target.minutes, calendar)
    calendar = calendar or ALL_TIME
    zone = ZoneInfo(calendar.time_zone)
    closed = tuple(
        (began.astimezone(zone).replace(tzinfo=None), ended.astimezone(zone).replace(tzinfo=None))
        for began, ended in pauses
    )
    return native_deadline(start, target.minutes, replace(calendar, closed=(*calendar.closed, *closed)))


def _resting(metric: Metric, statuses: Iterable[str]) -> frozenset[str]:
    """The statuses in which a metric does not count."""
    named = {*FORMS[metric].get("paused_in", ()), *statuses}
    return frozenset(named.union(RESOLVED, *(also for name, also in _ALSO.items() if name in named)))


def _stretches(ticket: Ticket, statuses: Container[object], until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When the ticket was in one of some statuses, up to an instant."""
    history = [*ticket.history("status"), (until, None)]
    for (began, status), (ended, _) in pairwise(history):
        if status in statuses and began < until:
            yield began, min(ended, until)
