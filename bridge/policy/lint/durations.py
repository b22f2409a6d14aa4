"""Times that cannot be meant: milder but faster, later but earlier, an answer after the end, idle words on lateness."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import combinations, pairwise
from typing import get_args

from pydantic import BaseModel

from bridge.policy.calendars.duration import BusinessDays, humanize
from bridge.policy.clock_calendars import calendar_of, calendars_of, counted_seconds, longest_day
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.nodes import nodes
from bridge.policy.pack_parts import parts, source_at
from bridge.policy.references import Path
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.clock_steps import ClockStep
from bridge.policy.rules.clock_targets import Target
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.entitlement import RenewalNotice
from bridge.policy.rules.escalation import EscalationLevel, EscalationSchedule
from bridge.policy.rules.escalation_request import EscalationOnRequest
from bridge.policy.rules.reactions import Reaction
from bridge.policy.rules.reminders import Reminders
from bridge.policy.rules.reopening import ReopeningRule
from bridge.ticket import Priority

HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
IN_DAYS = re.compile(r"\d\s*[dw]", re.IGNORECASE)
Numbered = tuple[int, EscalationLevel]


def _tables(index: int, clock: ClockRule) -> Iterator[tuple[Path, dict[str, Target]]]:
    """The target tables of a clock: its own and that of each plan."""
    yield ("clocks", index, "targets"), clock.targets
    yield from ((("clocks", index, "plan_targets", plan), targets) for plan, targets in clock.plan_targets.items())


@check("PB301", Level.ERROR, "a more severe level with a longer target")
def slower_severe(policy: Policy) -> Iterator[Found]:
    for index, clock in enumerate(policy.clocks):
        for path, targets in _tables(index, clock):
            ordered = [level for level in policy.severity.levels if level in targets]
            for severe, mild in pairwise(ordered):
                first, second = targets[severe], targets[mild]
                calendar = calendar_of(policy, clock, first)
                if calendar == calendar_of(policy, clock, second) and (
                    counted_seconds(policy, first.within, calendar) > counted_seconds(policy, second.within, calendar)
                ):
                    found = f"{severe} within {humanize(first.within)}, {mild} within {humanize(second.within)}"
                    fix = "correct the target, or the order of severity.levels (most severe first)"
                    yield Found((*path, severe), found, "at most the target of the milder level", fix)


@check("PB302", Level.ERROR, "an escalation stage out of order")
def stages_out_of_order(policy: Policy) -> Iterator[Found]:
    for first, (index, second) in _level_pairs(policy):
        lower, higher = sorted((first[1], second), key=lambda stage: stage.stage)
        if (
            lower.level == higher.level
            and lower.stage != higher.stage
            and _after(policy, higher) <= _after(policy, lower)
        ):
            found = f"{lower.level} stage {lower.stage} after {humanize(lower.after)}, "
            found += f"stage {higher.stage} after {humanize(higher.after)}"
            fix = "correct the times or the stage numbers"
            yield Found(("escalation", "stages", index, "after"), found, "a later time for each higher stage", fix)


@check("PB303", Level.ERROR, "a more severe level that escalates later")
def severe_escalates_later(policy: Policy) -> Iterator[Found]:
    order = list(policy.severity.levels)
    for pair in _level_pairs(policy):
        (index, severe), (_, mild) = sorted(pair, key=lambda stage: order.index(stage[1].level))
        if severe.level == mild.level or severe.stage != mild.stage or _after(policy, severe) <= _after(policy, mild):
            continue
        found = f"stage {severe.stage} of {severe.level} after {humanize(severe.after)}, "
        found += f"of {mild.level} after {humanize(mild.after)}"
        fix = "correct the times, or the order of severity.levels (most severe first)"
        yield Found(("escalation", "stages", index, "after"), found, "at most the time of the milder level", fix)


def _level_pairs(policy: Policy) -> Iterator[tuple[Numbered, Numbered]]:
    return combinations(enumerate(policy.escalation.stages if policy.escalation else ()), 2)


def _after(policy: Policy, level: EscalationLevel) -> float:
    return counted_seconds(policy, level.after, policy.escalation.calendar if policy.escalation else None)


@check("PB304", Level.ERROR, "notices out of order")
def notices_out_of_order(policy: Policy) -> Iterator[Found]:
    for number, ladder in _reminders(policy):
        for index, (one, other) in enumerate(pairwise(ladder.notices), start=1):
            if counted_seconds(policy, other.after, ladder.calendar) <= counted_seconds(
                policy, one.after, ladder.calendar
            ):
                found = f"notice {index} after {humanize(one.after)}, notice {index + 1} after {humanize(other.after)}"
                path = ("waiting", number, "notices", index, "after")
                yield Found(path, found, "each notice later than the previous one", "put them in chronological order")


@check("PB305", Level.ERROR, "closing before the last notice")
def closes_too_early(policy: Policy) -> Iterator[Found]:
    for number, ladder in _reminders(policy):
        latest = max(
            ladder.notices, key=lambda each: counted_seconds(policy, each.after, ladder.calendar), default=None
        )
        if latest is None:
            continue
        if counted_seconds(policy, ladder.close_after, ladder.calendar) <= counted_seconds(
            policy, latest.after, ladder.calendar
        ):
            found = f"close_after {humanize(ladder.close_after)}, but the last notice after {humanize(latest.after)}"
            fix = "close later, or send the notice earlier"
            yield Found(("waiting", number, "close_after"), found, "closing after the last notice", fix)


def _reminders(policy: Policy) -> Iterator[tuple[int, Reminders]]:
    return ((index, rule) for index, rule in enumerate(policy.waiting) if isinstance(rule, Reminders))


@check("PB306", Level.ERROR, "a response target longer than the completion target")
def answers_after_completion(policy: Policy) -> Iterator[Found]:
    completions = [clock for clock in policy.clocks if clock.met_by == ("solved",) and not clock.has_own_start]
    for index, clock in enumerate(policy.clocks):
        for end in completions if clock.met_by != ("solved",) and not (clock.periodic or clock.has_own_start) else ():
            for path, targets in _tables(index, clock):
                whole = end.plan_targets.get(str(path[-1]), end.targets) if path[-2] == "plan_targets" else end.targets
                yield from _after_completion(policy, clock, end, path, targets, whole)


def _after_completion(
    policy: Policy, clock: ClockRule, end: ClockRule, path: Path, targets: dict[str, Target], whole: dict[str, Target]
) -> Iterator[Found]:
    for level in targets.keys() & whole.keys():
        on, until = calendar_of(policy, clock, targets[level]), calendar_of(policy, end, whole[level])
        comparable = on == until or policy.calendars[until].hours == "always"
        first, last = targets[level].within, whole[level].within
        if comparable and counted_seconds(policy, first, on) > counted_seconds(policy, last, until):
            found = f"{clock.name} within {humanize(first)}, {end.name} within {humanize(last)} for {level}"
            fix = "correct one of the two targets"
            yield Found((*path, level), found, f"at most the target of {end.name}", fix)


@check("PB307", Level.ERROR, "a length of time of zero")
def no_time(policy: Policy) -> Iterator[Found]:
    for path, value in nodes(policy):
        if isinstance(value, timedelta | BusinessDays) and not value:
            fix = "give the length of time, or remove the rule"
            yield Found(path, "zero", "a length of time, such as 30m, 4h or 2 business days", fix)


@check("PB308", Level.NOTE, "a clock without a target")
def clocks_without_target(policy: Policy) -> Iterator[Found]:
    for index, clock in enumerate(policy.clocks):
        given = {level for _, targets in _tables(index, clock) for level in targets}
        if (missing := [level for level in policy.severity.levels if level not in given]) and not clock.due_fact:
            which = f"{clock.name}: no target" + (f" for {', '.join(missing)}" if given else "")
            allowed = "none where the document gives none; it does not run then"
            yield Found(("clocks", index), which, allowed, "add what the document gives")


@check("PB309", Level.ERROR, "a more severe level with a lower priority")
def priorities_out_of_order(policy: Policy) -> Iterator[Found]:
    order = list(Priority)
    for (severe, one), (mild, other) in pairwise(policy.severity.levels.items()):
        if order.index(one) < order.index(other):
            found = f"{severe} shown as {one.value}, {mild} as {other.value}"
            fix = "write severity.levels most severe first, or correct the priorities"
            yield Found(("severity", "levels", severe), found, "at least the priority of the milder level", fix)


@check("PB310", Level.ERROR, "a value of if_late without effect")
def idle_lateness(policy: Policy) -> Iterator[Found]:
    for path, part in parts(policy):
        if "if_late" in part.model_fields_set:
            words = get_args(type(part).model_fields["if_late"].annotation)
            idle = {word: why for word in words if (why := _idle(policy, path, word))}
            word, others = dict(part)["if_late"], ", ".join(word for word in words if word not in idle)
            if word in idle:
                fix = "use one of these" if others else "remove it"
                yield Found((*path, "if_late"), f"{word!r}, but {idle[word]}", others or "no if_late here", fix)


def _idle(policy: Policy, path: Path, word: str) -> str:
    """Why a word would decide nothing in the part at a place; empty where it does."""
    *around, part = (part for place, part in parts(policy) if place == path[: len(place)])
    match part:
        case ApprovalGate(expires_after=None):
            return "the gate has no expires_after"
        case Reaction(notify=(), note=None, message=None) | RenewalNotice(notify=()) | EscalationOnRequest(stages=()):
            return "this rule sends no notes, messages or notifications"
        case ClockStep(says_something=False):
            return "this step sends no notes, messages or notifications"
    counting = around[-1] if isinstance(part, ClockStep) else part
    if word == "latest_only" and _steps(counting) < 2:
        return "there is only one step"
    name = getattr(counting, "calendar", None) or next(iter(policy.calendars))
    spec = policy.calendars[name]
    never_closes = spec.hours == "always" and not (spec.from_account or spec.closed)
    return f"{name} never closes" if word == "when_open" and never_closes else ""


@check("PB311", Level.WARNING, "days on a calendar that closes")
def days_of_open_time(policy: Policy) -> Iterator[Found]:
    for path, value in nodes(policy):
        if not isinstance(value, timedelta) or value < A_DAY or not IN_DAYS.search(str(source_at(policy, path))):
            continue
        for calendar in _counting(policy, path):
            open_for, hours = longest_day(policy, calendar), f"{value / HOUR:g}"
            if 0 < open_for < A_DAY.total_seconds():
                about = f"{hours} open hours, about {value.total_seconds() / open_for:.0f} business days"
                found = f"{humanize(value)} on {calendar}, which is {about}"
                meant = BusinessDays(value // A_DAY)
                fix = f"write {meant}, use a calendar with hours: always, or, if open hours are meant, write {hours}h"
                yield Found(path, found, "days on a calendar that never closes", fix)
                break


def _counting(policy: Policy, path: Path) -> Iterable[str]:
    """The calendars on which the length at a place can count; none: it is elapsed time."""
    match path:
        case ("clocks", int(index), "targets", str(level), *_):
            return calendars_of(policy, policy.clocks[index], level)
        case ("clocks", int(index), "plan_targets", str(plan), str(level), *_):
            return calendars_of(policy, policy.clocks[index], level, plan)
    around = [part for place, part in parts(policy) if place == path[: len(place)] and hasattr(part, "calendar")]
    is_elapsed = not around or isinstance(around[-1], ContactAttempts | ReopeningRule) or path[-1] == "reopened_within"
    return [] if is_elapsed else [around[-1].calendar or next(iter(policy.calendars))]


def _steps(part: BaseModel) -> int:
    """How many steps can be late at once."""
    match part:
        case Reminders():
            return len(part.notices)
        case EscalationOnRequest():
            return len(part.stages)
        case ClockRule():
            return len(part.steps)
        case EscalationSchedule():
            return max(Counter(stage.level for stage in part.stages).values(), default=0)
    return 1
