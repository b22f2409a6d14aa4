"""The targets of a helpdesk's own policies, compared with the clocks of a pack on the same tickets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import product

from bridge.conflicts.situation import Situation, holds
from bridge.conflicts.trial import Trial
from bridge.conflicts.verdict import Conflict, ConflictKind, Doing
from bridge.decision import Clock, Decision
from bridge.drafts.agreement import native_deadline
from bridge.policy.model import Policy
from bridge.ticket import Ticket
from mappings.acting_rules import TargetRule
from mappings.native_rules import Metric, NativeCalendar, NativeTarget, Source

_ANSWERS = frozenset({Metric.FIRST_REPLY})
_MORE_ANSWERS = frozenset({Metric.NEXT_REPLY})
_UPDATES = frozenset({Metric.PERIODIC_UPDATE, Metric.PAUSABLE_UPDATE})
_ENDS = frozenset({Metric.RESOLUTION, Metric.REQUESTER_WAIT, Metric.AGENT_WORK})


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
    """Each native target that measures what a clock of the pack does; None: both agree on when it is due.

    ``decision`` and ``ticket``: at the end of the trial.
    """
    for rule, clock in product(_applying(rules, Situation(ticket, decision.at)), decision.clocks):
        metrics = metrics_of(trial.policy, clock.name)
        for target in rule.policy.targets:
            priority = ticket.value_at("priority", clock.ended_at or decision.at)
            if target.metric in metrics and target.priority == priority:
                yield rule.policy.source, _compared(trial, clock, target, rule.calendar or calendar)


def _applying(rules: Sequence[TargetRule], at: Situation) -> list[TargetRule]:
    """The first whose condition holds, and all that do not give way to it."""
    fitting = [rule for rule in rules if holds(rule.condition, at)]
    first = next((rule for rule in fitting if rule.policy.gives_way), None)
    return [rule for rule in fitting if not rule.not_examined and (rule is first or not rule.policy.gives_way)]


def _compared(trial: Trial, clock: Clock, target: NativeTarget, calendar: NativeCalendar | None) -> Conflict | None:
    due = native_deadline(clock.started_at, target.minutes, calendar if target.is_in_business_hours else None)
    if not (promised := _due_without_pauses(clock)) or promised == due:
        return None
    return Conflict(
        ConflictKind.FIGHTS,
        target.metric.replace("_", " "),
        Doing(due, f"shows {target.minutes} minutes{' of business hours' if target.is_in_business_hours else ''}, due"),
        Doing(promised, f"promises {clock.target_s // 60} minutes ({clock.name}), due", clock.cite.clause),
        due < promised,
        trial.policy.pack,
        trial.name,
        trial.given,
    )


def _due_without_pauses(clock: Clock) -> datetime | None:
    """When a clock is due; None where it was paused, because then pauses and not targets may make the difference."""
    return clock.due_at if len(clock.spans) == 1 else None
