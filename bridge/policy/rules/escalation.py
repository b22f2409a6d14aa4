"""Escalation by a schedule of stages that an unresolved ticket reaches."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from bridge.decision import Field, SystemField
from bridge.decision.display import role_titles
from bridge.policy.calendars.duration import ElapsedText, Length, LengthText
from bridge.policy.evaluation.conditions import Span, joined_spans
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.counted_time import counted_after, first_within
from bridge.policy.evaluation.evaluated_rule import EvaluatedRule
from bridge.policy.evaluation.field_periods import segments
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import CalendarName, Citation, ClauseId, LevelName, Prose, RoleName
from bridge.policy.rules.approver import approvals_for
from bridge.policy.rules.escalation_request import EscalationOnRequest
from bridge.ticket import Approval, Role, Status

RELAXED_UPDATES = "relaxed_updates"
"""Name of the approval by which the customer accepts a slower cadence of updates."""


class EscalationLevel(PackPart):
    """One stage of the schedule."""

    clause: Citation
    level: LevelName
    stage: int
    after: LengthText
    """Time since the ticket was opened (or reopened) in which it was not resolved."""
    when: Predicate = Predicate()
    """The stage is reached once this holds, at its time or later."""
    paused_in: frozenset[Status] | None = None
    """Statuses in which its time rests; None: those of the schedule."""
    notify: tuple[RoleName, ...] = ()
    tier: int | None = None
    """Tier that takes over; a ticket that is already higher stays there."""
    update_every: ElapsedText | None = None
    relaxed_update_every: ElapsedText | None = None
    """A slower cadence once the customer has accepted it (approval ``relaxed_updates``)."""
    updates_to: tuple[RoleName, ...] = ()
    """Roles that follow the ticket, so that each public update reaches them."""
    suggestion: Prose = ""
    """What the stage's note offers to a person, such as additional escalation."""


@dataclass(frozen=True)
class ReachedLevel:
    """A stage that a ticket has reached, and when."""

    stage: EscalationLevel
    at: datetime

    def cadence_at(self, context: Context, at: datetime) -> Length | None:
        """The interval of updates to the customer in this stage."""
        answers = _cadence_answers(context)
        given = bisect_right(answers, at, key=lambda answer: answer.at)
        if self.stage.relaxed_update_every and given and answers[given - 1].granted:
            return self.stage.relaxed_update_every
        return self.stage.update_every

    def change_points(self, context: Context) -> Iterator[datetime]:
        """The instants at which that interval may change."""
        yield self.at
        yield from (answer.at for answer in _cadence_answers(context))


def _cadence_answers(context: Context) -> list[Approval]:
    """What the customer said to a slower cadence, oldest first."""
    return context.derived(
        "the answers on the cadence",
        lambda: [each for each in approvals_for(context, RELAXED_UPDATES) if each.actor.role is Role.CUSTOMER],
    )


class EscalationSchedule(PackPart, EvaluatedRule[Context]):
    """The escalation schedule: stages by level, and what follows on request."""

    on_request: EscalationOnRequest | None = None
    calendar: CalendarName | None = None
    tier_clause: ClauseId | None = None
    """Clause that speaks of the tiers to which stages move a ticket."""
    if_late: Literal["latest_only", "act", "when_open"] = "latest_only"
    """Of what stages say; tag, tier and audience of a stage follow at the next review."""
    paused_in: frozenset[Status] = frozenset()
    """Statuses in which the time of the stages rests."""
    stages: Annotated[tuple[EscalationLevel, ...], StepTime()] = ()

    def reached(self, context: Context) -> list[ReachedLevel]:
        """The stages reached in the current cycle, oldest first.

        A stage is reached when it falls due while its level is in force, or when the level comes into force after that.
        """
        cycle = context.cycles[-1]
        end = cycle.end or context.now + timedelta(microseconds=1)
        found: list[ReachedLevel] = []
        for begin, stop in segments((at for at, _ in context.severity_history), cycle.start, end):
            level = context.level_at(begin)
            for stage in (stage for stage in self.stages if stage.level == level):
                at = self._reached_at(context, stage, begin)
                if at and at < stop and stage not in (earlier.stage for earlier in found):
                    found.append(ReachedLevel(stage, at))
        return sorted(found, key=lambda reached: (reached.at, reached.stage.stage))

    def _reached_at(self, context: Context, stage: EscalationLevel, begin: datetime) -> datetime | None:
        """The first instant from ``begin`` on at which a stage is due, not resting, and its condition holds."""
        due = self._due(context, stage)
        if due is None or due > context.now:
            return None
        return first_within(max(begin, due), self._counting(context, stage), context.holding_spans(stage.when))

    def _due(self, context: Context, stage: EscalationLevel) -> datetime | None:
        """When its time is over; None while it rests before that.

        The time of a merged ticket moves a stage that was not due at the merge, and never to before it.
        """
        calendar, counting = context.calendar(self.calendar), self._counting(context, stage)
        own, head = counted_after(counting, calendar, stage.after), context.head_start
        if head is None or len(context.cycles) > 1 or (own and own <= head.since):
            return own
        moved = counted_after(joined_spans([(head.begin, head.end), *counting]), calendar, stage.after)
        return max(moved, head.since) if moved else None

    def _counting(self, context: Context, stage: EscalationLevel) -> list[Span]:
        """The stretches of the current cycle in which the time of a stage does not rest."""
        start = context.cycles[-1].start
        resting = self.paused_in if stage.paused_in is None else stage.paused_in
        if not resting:
            return [(start, None)]
        periods = (period for period in context.status_periods if period.value not in resting)
        spans = [(max(period.start, start), period.end) for period in periods if not period.end or period.end > start]
        return joined_spans(spans)

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        if self.on_request:
            yield from self.on_request.evaluate(context)
        for reached in reached_levels(context):
            yield from self._lasting_outcomes(context, reached)
        if not context.is_open:
            return
        for reached in reached_levels(context) if self.if_late == "act" else reached_levels(context)[-1:]:
            step = TimedStep(reached.at, self.if_late, context.calendar(self.calendar))
            yield from step.limit(context, self._messages_of(context, reached))
        yield from self._next(context)

    def _next(self, context: Context) -> Iterator[RuleOutcome]:
        reached = [each.stage for each in reached_levels(context)]
        for stage in (each for each in self.stages if each.level == context.level and each not in reached):
            yield from context.next_changes(stage.when)
            due = self._due(context, stage)
            resting = f"its time rests in the status {context.status_at(context.now)}".replace("_", " ")
            if due is None:
                because = resting
            elif due > context.now:
                because = f"due {due:%Y-%m-%d %H:%M} UTC"
                yield Wake(due)
            else:
                because = stage.when.failing(context.lookup) or resting
            yield context.applied(
                f"escalation stage {stage.stage}", clause=stage.clause, applied=False, because=because
            )

    def _lasting_outcomes(self, context: Context, reached: ReachedLevel) -> Iterator[RuleOutcome]:
        """What stays true once a stage was reached: stages add up."""
        stage, since = reached.stage, reached.at
        because = _because(stage)
        yield context.applied(f"escalation stage {stage.stage}", clause=stage.clause, applied=True, because=because)
        yield context.tag(f"escalated_{stage.stage}", clause=stage.clause, since=since, because=because)
        for role in stage.notify:
            yield from context.unresolved(role, clause=stage.clause, since=since)
        tier = context.ticket.tier
        if stage.tier is not None and self.tier_clause:
            line = f"tier {stage.tier} takes over, unless the ticket is in a higher tier"
            yield context.applied("tier", clause=self.tier_clause, applied=True, because=line)
        if stage.tier is not None and (tier is None or tier < stage.tier):
            yield context.want(SystemField.TIER, stage.tier, clause=stage.clause, since=since, because=because)
        if stage.updates_to:
            names = ",".join(stage.updates_to)
            to = tuple(filter(None, (context.address(role, since) for role in stage.updates_to)))
            yield context.want(
                Field("audience"),
                names,
                clause=stage.clause,
                since=since,
                because=because,
                to=to,
                shown=role_titles(stage.updates_to),
            )

    def _messages_of(self, context: Context, reached: ReachedLevel) -> Iterator[RuleOutcome]:
        """What is said of a stage; where late ones collapse, of the highest only."""
        stage, because = reached.stage, _because(reached.stage)
        yield from context.notify(stage.notify, clause=stage.clause, since=reached.at, because=because)
        every = reached.cadence_at(context, context.now)
        yield context.note(
            "escalated",
            clause=stage.clause,
            since=reached.at,
            because=because,
            stage=stage.stage,
            cadence=Sentence("Update the customer every %(time)s.", time=every) if every else "",
            suggestion=stage.suggestion,
        )


def reached_levels(context: Context) -> list[ReachedLevel]:
    """The stages that were reached since the ticket was opened or last reopened, oldest first."""
    return context.derived("the escalation", lambda: _reached(context))


def _reached(context: Context) -> list[ReachedLevel]:
    return [each for schedule in context.rules(EscalationSchedule) for each in schedule.reached(context)]


def _because(stage: EscalationLevel) -> str:
    return Sentence("severity %(level)s, unresolved for %(time)s", level=stage.level, time=stage.after)
