"""Clocks and their targets, each computed from the timeline without stored state."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Annotated, Literal

from pydantic import Field, model_validator

from bridge.decision import Clock, ClockState
from bridge.policy.calendars.duration import LengthText
from bridge.policy.evaluation.clock_run import ClockReplay, ClockRun, TargetInForce
from bridge.policy.evaluation.conditions import Span
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.events import Event, is_event
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.resolution_cycles import ResolutionCycle
from bridge.policy.evaluation.rule import PackPart, Rule
from bridge.policy.references import CalendarName, Citation, LevelName, OwnName, Prose
from bridge.policy.rules.escalation import reached_levels
from bridge.policy.rules.workflow import is_owed
from bridge.ticket import Opener, Status, TimelineEntry

_NOT_STARTED = {
    "customer_message": "not started, because the customer has asked nothing since the creation",
    "first_customer_message": "not started, because an agent opened the ticket and the customer has not written yet",
}
"""Why a clock with a target has not begun, by what starts it."""

_WORDLESS = frozenset({"solved", "phone_contact", "created", "level_set"})
"""What starts or meets a clock without a word."""


class Target(PackPart):
    """The target of one severity level."""

    within: LengthText
    clause: Citation | None = None
    """Clause of this level, where it differs from the clock's."""
    calendar: CalendarName | None = None
    """Calendar of this level, where it differs from the clock's."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"within": value} if isinstance(value, str) else value


class OtherCalendar(PackPart):
    """A calendar that replaces the clock's own while a condition holds."""

    when: Predicate
    calendar: CalendarName


class ClockRule(Rule):
    """A clock with a target for each severity level that has one."""

    name: OwnName
    when: Predicate = Predicate()
    remark_otherwise: Prose = ""
    """What people are told on tickets where ``when`` does not hold."""
    starts_on: Literal["created", "customer_message", "level_set", "first_customer_message"] = "created"
    """``customer_message``: each time the customer writes and is not yet answered. ``level_set``: when the present
    severity level came into force. ``first_customer_message``: once, at the creation unless an agent opened the ticket
    for the customer."""
    met_by: tuple[Event, ...]
    targets: Annotated[dict[LevelName, Target], StepTime()] = {}
    """Level -> target; a level that is missing has none."""
    plan_targets: Annotated[dict[str, dict[LevelName, Target]], StepTime()] = {}
    """Plan of the account -> targets that replace these."""
    calendar: CalendarName | None = None
    """A calendar of the pack; the first one by default."""
    conditional_calendars: tuple[OtherCalendar, ...] = ()
    """The first whose condition holds replaces the clock's calendar."""
    paused_in: frozenset[Status] = frozenset()
    periodic: bool = False
    """Starts again each time it is met."""
    follows_escalation: bool = False
    """A stage of the escalation schedule may set another cadence."""
    warn_at_percent: int = Field(default=75, ge=1, le=100)
    if_late: Literal["act", "skip"] = "act"
    """Of the warning, as long as the clock is not breached."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        clocks = self.clocks(context)
        yield from (wake for condition in self._conditions() for wake in context.next_changes(condition))
        because = self.remark_otherwise if self.is_waived(context) else "" if clocks else self._why_none(context)
        yield context.applied(self.name, clause=self.clause, applied=bool(clocks), because=because)
        for clock in clocks:
            yield clock
            yield from self._wakes(context, clock)
        if clocks and clocks[-1].warn_at and clocks[-1].warn_at <= context.now:
            yield from self._warn(context, clocks[-1], TimedStep(clocks[-1].warn_at, self.if_late))
        if breach := next((clock for clock in clocks if clock.state is ClockState.BREACHED), None):
            yield context.tag(
                f"breached_{self.name}",
                clause=breach.cite.clause,
                since=breach.due_at or breach.started_at,
                because=f"the {self._named} target ({breach.because}) was missed",
            )

    def _why_none(self, context: Context) -> str:
        """Why there is no clock on this ticket."""
        if failing := self.when.failing(context.lookup):
            return failing
        if not context.is_covered(context.now):
            return "the contract covers nothing any more"
        if context.level is None:
            return "no target, because the ticket has no severity level yet"
        if self.target_at(context, context.now) is None:
            return f"no target for severity {context.level}"
        return _NOT_STARTED.get(self.starts_on, "it has not run while it had a target")

    def _warn(self, context: Context, clock: Clock, step: TimedStep) -> Iterator[RuleOutcome]:
        name, given = f"warning_{self.name}", f"policy_warning_{self.name}" in context.ticket.tags
        because = f"{self.warn_at_percent} % of the {self._named} target has passed"
        if given or step.may_act(context.now):
            yield context.tag(name, clause=clock.cite.clause, since=clock.started_at, because=because)
        yield from () if given else step.next_changes(context.now)

    @property
    def _named(self) -> str:
        return self.name.replace("_", " ")

    def is_waived(self, context: Context) -> bool:
        """Whether the clock's own condition excludes this ticket."""
        return bool(self.remark_otherwise) and not context.holds(self.when)

    def _wakes(self, context: Context, clock: Clock) -> Iterator[Wake]:
        if clock.state is ClockState.RUNNING:
            yield from (Wake(at) for at in (clock.warn_at, clock.due_at) if at and at > context.now)

    def clocks(self, context: Context) -> list[Clock]:
        """The runs of this clock, oldest first; one per period."""
        if self.starts_on == "level_set":
            runs = self._by_level(context)
        elif self.periodic or self.starts_on == "customer_message":
            runs = self._periods(context)
        else:
            runs = self._once(context)
        return context.kept.over(
            self.name, [clock for run in runs if (clock := ClockReplay(self, context, run).clock())]
        )

    def _once(self, context: Context) -> Iterator[ClockRun]:
        if self.met_by == ("solved",):
            yield from (ClockRun(cycle.start, cycle.end, "met") for cycle in context.cycles)
            return
        if self._was_met_before_adoption(context):
            return
        for start, cycle, entries in self._start(context):
            met = next((entry.at for entry in entries if self._meets(context, entry)), None)
            yield ClockRun(start, met, "met") if met else ClockRun(start, cycle.end, "cancelled")

    def _start(self, context: Context) -> Iterator[tuple[datetime, ResolutionCycle, Sequence[TimelineEntry]]]:
        """Where a clock that runs once starts, the cycle in which it does, and what follows there; at most one."""
        if self.starts_on == "created" or context.ticket.opened_by is not Opener.AGENT_ON_BEHALF:
            yield context.cycles[0].start, context.cycles[0], context.cycles[0].entries
            return
        for cycle in context.cycles:
            for index, entry in enumerate(cycle.entries):
                if is_event("customer_message", entry):
                    yield entry.at, cycle, cycle.entries[index + 1 :]
                    return

    def _by_level(self, context: Context) -> Iterator[ClockRun]:
        """One run for each time a level came into force; a change of level ends the one before."""
        cycle = context.cycles[0]
        meeting = [entry.at for entry in cycle.entries if self._meets(context, entry)]
        bounds = [at for at, _ in context.severity_history]
        first = 1 if self._was_met_before_adoption(context) else 0
        for start, following in list(zip(bounds, [*bounds[1:], None], strict=True))[first:]:
            if start == following:
                continue
            end = min(filter(None, (following, cycle.end)), default=None)
            met = next(iter(meeting[(index := bisect_left(meeting, start)) : index + 1]), None)
            in_time = met is not None and (end is None or met <= end)
            yield ClockRun(start, met, "met") if in_time else ClockRun(start, end, "cancelled")

    def _periods(self, context: Context) -> Iterator[ClockRun]:
        for cycle in context.cycles:
            start = cycle.start if self.starts_on == "created" else None
            for entry in cycle.entries:
                if start is None and is_event("customer_message", entry):
                    start = entry.at
                elif start is not None and entry.at >= start and self._meets(context, entry):
                    yield ClockRun(start, entry.at, "met")
                    start = entry.at if self.starts_on == "created" else None
            if start is not None and start != cycle.end:
                yield ClockRun(start, cycle.end, "cancelled")

    def _was_met_before_adoption(self, context: Context) -> bool:
        """Whether the ticket was adopted, and what the clock waits for had happened by then."""
        adopted_at = context.fetched.adopted_at
        past = takewhile(lambda entry: adopted_at and entry.at < adopted_at, context.fetched.timeline)
        return any(self._meets(context.whole, entry) for entry in past)

    def _meets(self, context: Context, entry: TimelineEntry) -> bool:
        return any(is_event(event, entry) for event in self.met_by) or (
            "agent_message" in self.met_by and is_owed(context, entry)
        )

    def target_at(self, context: Context, at: datetime) -> TargetInForce | None:
        """The target in force at an instant."""
        level = context.level_at(at)
        if level is None or not context.holds(self.when, at) or not context.is_covered(at):
            return None
        calendar = next((other.calendar for other in self.conditional_calendars if context.holds(other.when, at)), None)
        if self.follows_escalation:
            for stage in reversed(reached_levels(context)):
                if stage.at <= at and stage.stage.level == level and (every := stage.cadence_at(context, at)):
                    return TargetInForce(every, self.clause, calendar or self.calendar)
        target = self.plan_targets.get(str(context.plan_at(at)), self.targets).get(level)
        if target is None:
            return None
        return TargetInForce(target.within, target.clause or self.clause, calendar or target.calendar or self.calendar)

    def change_points(self, context: Context) -> list[datetime]:
        """The instants at which target or pause may change, sorted."""
        return context.derived(("change points", self.name, id(self)), lambda: sorted(self._change_points(context)))

    def _change_points(self, context: Context) -> set[datetime]:
        points = {at for at, _ in context.severity_history} | {period.start for period in context.status_periods}
        points |= {at for condition in self._conditions() for at in context.change_points(condition)}
        points |= {change.at for change in context.ticket.changes("plan")}
        points |= {at for at in (context.covered_until,) if at}
        points |= {at for span in context.paused_spans(self.name) for at in span if at}
        if self.follows_escalation:
            points |= {at for level in reached_levels(context) for at in level.change_points(context)}
        return points

    def _conditions(self) -> Iterator[Predicate]:
        yield self.when
        yield from (other.when for other in self.conditional_calendars)

    def paused_spans(self, context: Context, clock: str) -> list[Span]:
        """A clock that words may meet or start rests while nobody knows what is said."""
        if clock != self.name or _WORDLESS.issuperset((*self.met_by, self.starts_on)):
            return []
        return [conversation.silence for conversation in context.unread_conversations]

    def is_paused(self, context: Context, at: datetime) -> bool:
        """Whether the clock is paused, by a status under ``paused_in`` or by another rule."""
        return context.status_at(at) in self.paused_in or context.is_clock_paused(self.name, at)
