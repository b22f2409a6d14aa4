"""Clocks and their targets, each computed from the timeline without stored state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from bridge.decision import Clock, ClockState
from bridge.policy.calendars.duration import LengthText
from bridge.policy.evaluation.before_cutover import since_cutover
from bridge.policy.evaluation.clock_replay import ClockReplay, TargetInForce
from bridge.policy.evaluation.conditions import Span
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.events import Event
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Rule
from bridge.policy.references import CalendarName, FactName, LevelName, OwnName, Prose
from bridge.policy.rules.amended_clock import replayed
from bridge.policy.rules.clock_facts import AgreedSpan, agreed_spans, agreed_target, why_not_agreed
from bridge.policy.rules.clock_keys import contradiction
from bridge.policy.rules.clock_runs import begins_at_cutover, clock_runs
from bridge.policy.rules.clock_steps import ClockStep, SteppedClock
from bridge.policy.rules.clock_targets import OtherCalendar, Target
from bridge.policy.rules.escalation import reached_levels
from bridge.policy.rules.missing_clock import no_run, no_target, not_begun
from bridge.policy.rules.running_rule import OnLevelChange, OnReopen, StartsOn
from bridge.ticket import Status

_WORDLESS = frozenset({"solved", "phone_contact", "created", "level_set"})
"""What starts or meets a clock without a word."""


class ClockRule(Rule):
    """A clock with a target for each severity level that has one."""

    name: OwnName
    when: Predicate = Predicate()
    remark_otherwise: Prose = ""
    """What people are told on tickets where ``when`` does not hold."""
    starts_on: StartsOn = "created"
    """``customer_message``: each time the customer writes and is not yet answered. ``level_set``: when the level came
    into force. ``first_customer_message``: once, at the creation unless an agent opened it for the customer."""
    start_fact: FactName | None = None
    """Fact with the time at which it starts instead, such as an appointment."""
    starts_when: Predicate | None = None
    """It starts each time this begins to hold instead, such as at the resolution, unless it still runs."""
    due_fact: FactName | None = None
    """Fact with the time at which it is due, instead of targets; it runs since that time was entered."""
    met_by: tuple[Event, ...] = ()
    met_in: frozenset[Status] = frozenset()
    """Statuses that meet it as well; helpdesks whose own promise is to reach a stage need this."""
    met_when: Predicate | None = None
    """It is met once this holds as well, such as that a workaround is known."""
    targets: Annotated[dict[LevelName, Target], StepTime()] = {}
    """Level -> target; a level that is missing has none."""
    plan_targets: Annotated[dict[str, dict[LevelName, Target]], StepTime()] = {}
    """Plan of the account -> targets that replace these."""
    calendar: CalendarName | None = None
    """A calendar of the pack; the first one by default."""
    conditional_calendars: tuple[OtherCalendar, ...] = ()
    """The first whose condition holds replaces the clock's calendar."""
    paused_in: frozenset[Status] = frozenset()
    counts_while: Predicate | None = None
    """It starts when this first holds, and is paused whenever it does not."""
    on_reopen: OnReopen = "new"
    """``resume``: it goes on where the resolution stopped it. ``total``: the time resolved counts as well."""
    reopened_within: LengthText | None = None
    """How long after the resolution ``on_reopen`` holds, in elapsed time or business days; after that the clock starts
    again."""
    on_level_change: OnLevelChange = "retroactive"
    """``retroactive``: the new target counts from the start. ``from_now``: from the change. ``proportional``: the share
    of the old target that was used is used of the new one as well."""
    periodic: bool = False
    """Starts again each time it is met."""
    follows_escalation: bool = False
    """A stage of the escalation schedule may set another cadence."""
    warn_at_percent: int = Field(default=75, ge=1, le=100)
    if_late: Literal["act", "skip"] = "act"
    """Of the warning, as long as the clock is not breached."""
    steps: tuple[ClockStep, ...] = ()
    """In the order in which they are due; none once the clock is met or cancelled."""

    @model_validator(mode="after")
    def _runs_as_it_says(self) -> ClockRule:
        if found := contradiction(self, self.model_fields_set):
            raise ValueError(found)
        return self

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        clocks = self.clocks(context)
        yield from (
            wake
            for condition in (*self._conditions(), *context.plan_conditions)
            for wake in context.next_changes(condition)
        )
        yield from (Wake(span.begin) for span in self.agreed_spans(context) or () if span.begin > context.now)
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
        yield from self._steps(context, clocks)

    def _steps(self, context: Context, clocks: list[Clock]) -> Iterator[RuleOutcome]:
        """What the steps of the present run yield, unless it is over, or is kept as another version evaluated it."""
        for clock, replay in self._replays(context)[-1:] if self.steps else ():
            if not replay.is_over and clock is clocks[-1]:
                yield from SteppedClock(context, clock, replay, self.clause, self.steps).outcomes()

    def _why_none(self, context: Context) -> str:
        """Why there is no clock on this ticket."""
        if failing := self.when.failing(context.lookup):
            return failing
        if not context.is_covered(context.now):
            return "the contract covers nothing any more"
        if (fact := self.start_fact or self.due_fact) and (
            why := why_not_agreed(context, fact, is_due=bool(self.due_fact))
        ):
            return why
        if self.target_at(context, context.now) is None:
            return no_target(context.level, str(context.plan_at(context.now)), self.plan_targets)
        return not_begun(context, self.starts_when) if self.starts_when else no_run(self.starts_on)

    def _warn(self, context: Context, clock: Clock, step: TimedStep) -> Iterator[RuleOutcome]:
        name, given = f"warning_{self.name}", f"policy_warning_{self.name}" in context.ticket.tags
        because = f"{self.warn_at_percent}% of the {self._named} target has passed"
        if given or step.may_act(context.now):
            yield context.tag(name, clause=clock.cite.clause, since=clock.started_at, because=because)
        yield from () if given else step.next_changes(context.now)

    @property
    def has_targets(self) -> bool:
        """Whether it can be due at all, without the terms of a contract."""
        return bool(self.targets or self.plan_targets or self.due_fact)

    @property
    def has_own_start(self) -> bool:
        """Whether a fact or a condition says when it starts."""
        return bool(self.start_fact or self.starts_when)

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
        return context.kept.over(self.name, [clock for clock, _ in self._replays(context)])

    def deadlines(self, context: Context) -> list[Clock]:
        return self.clocks(context)

    def _replays(self, context: Context) -> list[tuple[Clock, ClockReplay]]:
        """The runs of this clock as this policy evaluates them, each with the replay that read it."""
        return context.derived(("replays", self.name, id(self)), lambda: list(self._replayed(context)))

    def _replayed(self, context: Context) -> Iterator[tuple[Clock, ClockReplay]]:
        runs = list(clock_runs(self, context))
        if begins_at_cutover(context, self.name, runs) and (begun := since_cutover(context)):
            yield from self._replays(begun)
        else:
            yield from filter(None, (replayed(self, context, run) for run in runs))

    def counting_spans(self, context: Context) -> list[Span] | None:
        """The times in which it counts at all; None: always."""
        return context.holding_spans(self.counts_while) if self.counts_while else None

    def agreed_spans(self, context: Context) -> list[AgreedSpan] | None:
        """The times in which it runs by what a fact says; None: no fact says it."""
        return agreed_spans(context, self.start_fact, self.due_fact)

    def target_at(self, context: Context, at: datetime) -> TargetInForce | None:
        """The target in force at an instant."""
        if not context.holds(self.when, at) or not context.is_covered(at):
            return None
        if self.due_fact:
            return agreed_target(context, self, at)
        level = context.level_at(at)
        return self._target_of(context, level, at) if level is not None else None

    def _target_of(self, context: Context, level: str, at: datetime) -> TargetInForce | None:
        calendar = next((other.calendar for other in self.conditional_calendars if context.holds(other.when, at)), None)
        if self.follows_escalation:
            for stage in reversed(reached_levels(context)):
                if stage.at <= at and stage.stage.level == level and (every := stage.cadence_at(context, at)):
                    return TargetInForce(every, self.clause, calendar or self.calendar, level)
        target = self.plan_targets.get(str(context.plan_at(at)), self.targets).get(level)
        if target is None:
            return None
        on = calendar or target.calendar or self.calendar
        return TargetInForce(target.within, target.clause or self.clause, on, level)

    def change_points(self, context: Context) -> list[datetime]:
        """The instants at which target or pause may change, sorted."""
        return context.derived(("change points", self.name, id(self)), lambda: sorted(self._change_points(context)))

    def _change_points(self, context: Context) -> set[datetime]:
        points = {at for at, _ in context.severity_history} | {period.start for period in context.status_periods}
        points |= {at for condition in self._conditions() for at in context.change_points(condition)}
        points |= {change.at for change in context.ticket.changes("plan")}
        points |= {at for when in context.plan_conditions for at in context.change_points(when)}
        points |= {at for at in (context.covered_until,) if at}
        points |= {at for span in context.paused_spans(self.name) for at in span if at}
        if self.follows_escalation:
            points |= {at for level in reached_levels(context) for at in level.change_points(context)}
        return points

    def _conditions(self) -> Iterator[Predicate]:
        yield self.when
        yield from (other.when for other in self.conditional_calendars)
        yield from filter(None, (self.starts_when, self.counts_while, self.met_when))

    def paused_spans(self, context: Context, clock: str) -> list[Span]:
        """A clock that words may meet or start rests while nobody knows what is said."""
        if clock != self.name or _WORDLESS.issuperset((*self.met_by, self.starts_on)):
            return []
        return [conversation.silence for conversation in context.unread_conversations]

    def is_paused(self, context: Context, at: datetime) -> bool:
        """Whether the clock is paused: by a status under ``paused_in``, by ``counts_while``, or by another rule."""
        if context.status_at(at) in self.paused_in or context.is_clock_paused(self.name, at):
            return True
        return self.counts_while is not None and not context.holds(self.counts_while, at)
