"""What follows from a clock: steps and stages outside it, out of order, at rest, and reopenings that are refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from bridge.policy.calendars.duration import BusinessDays, Length, humanize
from bridge.policy.clock_calendars import calendar_of, counted_seconds
from bridge.policy.condition_space import ConditionSpace, Point, holds_at
from bridge.policy.evaluation.condition_values import CUSTOMER_OWES
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.lint import values
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.references import Path
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.clock_steps import ClockStep
from bridge.policy.rules.clock_targets import Target
from bridge.policy.rules.escalation import EscalationLevel
from bridge.ticket import Status

A_DAY = timedelta(days=1)


def _points(policy: Policy, clock: ClockRule, level: str, target: Target) -> Iterator[tuple[int, float]]:
    """The steps that a ticket of a level can reach, each with the counted seconds after which it is due."""
    calendar = calendar_of(policy, clock, target)
    whole = counted_seconds(policy, target.within, calendar)
    for index, step in enumerate(clock.steps):
        if can_hold(policy, step.when, {"level": level}):
            yield index, _seconds(policy, step, whole, calendar)


def _seconds(policy: Policy, step: ClockStep, whole: float, calendar: str) -> float:
    if step.after is not None:
        return whole + counted_seconds(policy, step.after, calendar)
    if step.at and step.at.percent is not None:
        return whole * step.at.percent / 100
    return whole - (step.at.before.total_seconds() if step.at and step.at.before is not None else 0)


def can_hold(policy: Policy, when: Predicate, known: Point) -> bool:
    """Whether a condition can hold on a ticket of which some things are known."""
    space = ConditionSpace.of(policy, [when])
    domains = {name: (known[name],) if name in known else usual for name, usual in space.domains.items()}
    return any(holds_at(when, point) for point in ConditionSpace(domains).points())


def _targets(policy: Policy) -> Iterator[tuple[int, ClockRule, str, Target]]:
    """Every target of every clock."""
    for index, clock in enumerate(policy.clocks):
        for table in (clock.targets, *clock.plan_targets.values()):
            yield from ((index, clock, level, target) for level, target in table.items())


@check("PB901", Level.ERROR, "a step before its clock starts")
def beyond_target(policy: Policy) -> Iterator[Found]:
    seen: set[Path] = set()
    for number, clock, level, target in _targets(policy):
        for index, seconds in _points(policy, clock, level, target):
            path: Path = ("clocks", number, "steps", index, "at")
            if seconds <= 0 and path not in seen:
                seen.add(path)
                found = f"{clock.steps[index].label!r}, although the target of {level} is {humanize(target.within)}"
                fix = "write a percentage, or limit the step with when: {level: ...}"
                yield Found(path, found, "a time that is shorter than the target", fix)


@check("PB902", Level.ERROR, "steps out of order")
def out_of_order(policy: Policy) -> Iterator[Found]:
    seen: set[Path] = set()
    for number, clock, level, target in _targets(policy):
        for (first, sooner), (second, later) in pairwise(_points(policy, clock, level, target)):
            path: Path = ("clocks", number, "steps", second)
            if later < sooner and path not in seen:
                seen.add(path)
                found = f"{clock.steps[second].label!r} after {clock.steps[first].label!r}"
                found += f", although for {level} it comes first"
                yield Found(path, found, "steps in the order in which they are due", "put them in chronological order")


@check("PB903", Level.WARNING, "a stage that is reached while its clock rests")
def reached_at_rest(policy: Policy) -> Iterator[Found]:
    schedule = policy.escalation
    if schedule is None or "paused_in" in schedule.model_fields_set:
        return
    for index, stage in enumerate(schedule.stages):
        for clock in policy.clocks if stage.paused_in is None else ():
            resting = sorted(clock.paused_in) if _is_measured(clock, stage) else []
            found = [status for status in resting if _can_be_reached(policy, stage, status)]
            if found:
                what = f"stage {stage.stage} of {stage.level} in {' and '.join(found)}, where {clock.name} is paused"
                fix = f"write paused_in: [{', '.join(resting)}] under escalation, or paused_in: [] if it is meant"
                yield Found(("escalation", "stages", index), what, "stages whose time rests with their clock", fix)
                return


def _is_measured(clock: ClockRule, stage: EscalationLevel) -> bool:
    """Whether a clock measures what a stage is about: the resolution, or the updates until then."""
    targets = (clock.targets, *clock.plan_targets.values())
    return (clock.follows_escalation or clock.met_by == ("solved",)) and any(stage.level in table for table in targets)


def _can_be_reached(policy: Policy, stage: EscalationLevel, status: Status) -> bool:
    known: Point = {"level": stage.level, "status": status.value, "awaiting_customer": status in CUSTOMER_OWES}
    return can_hold(policy, stage.when, known)


def _days(length: Length) -> timedelta:
    return int(length) * A_DAY if isinstance(length, BusinessDays) else length


@check("PB904", Level.WARNING, "a clock that goes on after a reopening that is refused")
def resumes_what_is_refused(policy: Policy) -> Iterator[Found]:
    rule = policy.reopening
    latest = _days(rule.within) if rule else A_DAY
    for index, clock in enumerate(policy.clocks):
        goes_on = clock.reopened_within
        if rule and goes_on and _days(goes_on) > latest:
            found = f"{clock.name} goes on within {humanize(goes_on)}"
            allowed = f"at most the {humanize(rule.within)} within which a ticket can be reopened"
            yield Found(("clocks", index, "reopened_within"), found, allowed, "correct one of the two times")


@check("PB905", Level.ERROR, "a fact that holds no time")
def facts_without_time(policy: Policy) -> Iterator[Found]:
    yield from values.facts_without_time(policy)
