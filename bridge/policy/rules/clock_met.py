"""What meets a clock: something that happens, a status, or a condition that holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.events import is_event
from bridge.policy.evaluation.resolution_cycles import ResolutionCycle
from bridge.policy.rules.running_rule import RunningRule
from bridge.policy.rules.workflow import is_owed
from bridge.ticket import Changed, TimelineEntry


def first_met(
    rule: RunningRule, context: Context, start: datetime, cycle: ResolutionCycle, entries: Iterable[TimelineEntry]
) -> datetime | None:
    """When a clock that began in a cycle is first met there, by what happens or by what holds then."""
    met = [next((entry.at for entry in entries if meets(rule, context, entry)), None)]
    met += [at for at in held_from(rule, context, start) if cycle.end is None or at <= cycle.end]
    return min(filter(None, met), default=None)


def held_from(rule: RunningRule, context: Context, start: datetime) -> list[datetime]:
    """From when on the condition that meets a clock held, each time, at the earliest from its start."""
    spans = context.holding_spans(rule.met_when) if rule.met_when else []
    return [max(begin, start) for begin, end in spans if end is None or end > start]


def was_met_before_adoption(rule: RunningRule, context: Context) -> bool:
    """Whether the ticket was adopted, and what the clock waits for had happened by then."""
    adopted_at = context.fetched.adopted_at
    past = takewhile(lambda entry: adopted_at and entry.at < adopted_at, context.fetched.timeline)
    return any(meets(rule, context.whole, entry) for entry in past)


def meets(rule: RunningRule, context: Context, entry: TimelineEntry) -> bool:
    if isinstance(entry, Changed) and entry.field == "status" and entry.new in rule.met_in:
        return True
    for event in rule.met_by:
        if is_event(event, entry):
            return True
    return "agent_message" in rule.met_by and is_owed(context, entry)
