"""How long a length of time is on a calendar of the pack, and on which of them a clock counts."""

from __future__ import annotations

from bridge.policy.calendars.business_time import DAY, SECOND
from bridge.policy.calendars.duration import BusinessDays, Length
from bridge.policy.calendars.spec import week_of
from bridge.policy.condition_space import ConditionSpace, holds_at
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.model import Policy
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.clock_targets import Target


def longest_day(policy: Policy, calendar: str | None) -> int:
    """The most that a calendar is open on one weekday, in seconds; 0 where no day has hours. None: the first one."""
    spec = policy.calendars[calendar or next(iter(policy.calendars))]
    joined = [policy.calendars[name] for name in spec.combines]
    week = [day for part in (spec, *spec.union, *joined) for day in week_of(part.hours)]
    return max((sum(end - begin for begin, end in day) for day in week), default=0) // SECOND


def counted_seconds(policy: Policy, length: Length, calendar: str | None) -> float:
    """A length in counted seconds of its calendar; a business day is that calendar's longest day."""
    if not isinstance(length, BusinessDays):
        return length.total_seconds()
    return int(length) * (longest_day(policy, calendar) or DAY // SECOND)


def calendar_of(policy: Policy, clock: ClockRule, target: Target) -> str:
    """The calendar of a target, as long as no condition of the clock names another one."""
    return target.calendar or clock.calendar or next(iter(policy.calendars))


def calendars_of(policy: Policy, clock: ClockRule, level: str, plan: str | None = None) -> dict[str, Predicate | None]:
    """The calendars on which a clock can count for a level, and for a plan that has targets of its own.

    Each comes with the condition that chooses it, None for the one that holds where no condition does.
    """
    target = (clock.plan_targets[plan] if plan else clock.targets)[level]
    whens = [other.when for other in clock.conditional_calendars]
    plans = [plan] if plan else [each for each in policy.plan_names if each not in clock.plan_targets]
    here = Predicate({"level": level, "plan": plans})
    found: dict[str, Predicate | None] = {}
    for point in ConditionSpace.of(policy, [*whens, here]).points():
        if holds_at(here, point):
            first = next((other for other in clock.conditional_calendars if holds_at(other.when, point)), None)
            name = first.calendar if first else calendar_of(policy, clock, target)
            found.setdefault(name, first.when if first else None)
    return found or {calendar_of(policy, clock, target): None}
