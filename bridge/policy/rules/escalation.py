"""Escalation: on request, and by a schedule of stages that an unresolved ticket reaches."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from bridge.decision import Field, SystemField
from bridge.decision.display import role_titles
from bridge.policy.calendars.duration import ElapsedText, Length, LengthText, after, humanize
from bridge.policy.evaluation.context import Context, EvaluatedRule
from bridge.policy.evaluation.field_periods import segments
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.rule import PackPart, Rule
from bridge.policy.references import CalendarName, Citation, ClauseId, LevelName, Prose, RoleName, TemplateName
from bridge.policy.rules.approver import approvals_for
from bridge.ticket import Approval, Request, Role

RELAXED_UPDATES = "relaxed_updates"
"""Name of the approval by which the customer accepts a slower cadence of updates."""


class RequestLevel(PackPart):
    """One stage of escalation on request."""

    stage: int
    notify: tuple[RoleName, ...] = ()
    note: TemplateName | None = None
    message: TemplateName | None = None
    """Template of a public message."""
    message_clause: ClauseId | None = None
    """Clause that promises the message, where it is another one."""


class EscalationOnRequest(Rule):
    """Escalation on request: what happens when somebody asks for it."""

    notify: tuple[RoleName, ...] = ()
    raise_priority_by: int = 0
    """Steps by which the priority goes up; the severity level stays as it is."""
    stages: Annotated[tuple[RequestLevel, ...], StepTime()] = ()
    """Each further request reaches the next stage."""
    next_stage_after: Annotated[LengthText | None, StepTime()] = None
    """Time without a note of an agent after which the next stage is reached by itself; None: by request only."""
    calendar: CalendarName | None = None
    if_late: Literal["latest_only", "act", "when_open"] = "latest_only"
    """Of stages that were reached while nobody reviewed the ticket."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        requests = (next((e for e in c.entries if isinstance(e, Request)), None) for c in reversed(context.cycles))
        asked = next(filter(None, requests), None)
        if asked is None:
            yield context.applied(
                "escalation on request", clause=self.clause, applied=False, because="nobody has asked for escalation"
            )
            return
        because = f"the {asked.actor.role} asked for escalation"
        yield context.applied("escalation on request", clause=self.clause, applied=True, because=because)
        yield context.tag("escalation_requested", clause=self.clause, since=asked.at, because=because)
        for role in self.notify:
            yield from context.notify(role, clause=self.clause, since=asked.at, because=because)
        since, level = context.severity_history[-1]
        priority = context.priority_of(level)
        raised = priority.raised(self.raise_priority_by) if priority else None
        if raised and raised != priority:
            yield context.want(
                SystemField.PRIORITY, raised, clause=self.clause, since=max(since, asked.at), because=because
            )
        reached = self._reached(context, asked.at)
        for stage, at in reached:
            yield context.tag(f"escalated_{stage.stage}", clause=self.clause, since=at, because=because)
        if reached and context.is_open:
            for stage, at in reached if self.if_late == "act" else reached[-1:]:
                step = TimedStep(at, self.if_late, context.calendar(self.calendar))
                yield from step.limit(context, self._messages_on_request(context, stage, at, because))
            yield from self._next(context, reached)

    def _reached(self, context: Context, first: datetime) -> list[tuple[RequestLevel, datetime]]:
        """The stages of this cycle: by request, or because nobody reviewed the one before in time."""
        moments = [entry.at for entry in context.timeline.of_kind(Request) if entry.at >= first]
        reached: list[tuple[RequestLevel, datetime]] = []
        for stage in self.stages:
            due = self._due(context, reached[-1][1]) if reached else None
            asked = moments.pop(0) if moments else None
            at = min(filter(None, (asked, due if due and due <= context.now else None)), default=None)
            if at is None:
                break
            reached.append((stage, at))
        return reached

    def _due(self, context: Context, since: datetime) -> datetime | None:
        """When the next stage comes by itself; None when an agent has left a note, or nothing is configured."""
        if self.next_stage_after is None:
            return None
        due = after(context.calendar(self.calendar), since, self.next_stage_after)
        notes = (note.at for note in context.ticket.messages(public=False, role=Role.AGENT))
        return None if any(since < at <= due for at in notes) else due

    def _next(self, context: Context, reached: list[tuple[RequestLevel, datetime]]) -> Iterator[RuleOutcome]:
        due = self._due(context, reached[-1][1])
        if due and due > context.now and len(reached) < len(self.stages):
            yield Wake(due)

    def _messages_on_request(
        self, context: Context, stage: RequestLevel, at: datetime, because: str
    ) -> Iterator[RuleOutcome]:
        for role in stage.notify:
            yield from context.notify(role, clause=self.clause, since=at, because=because)
        if stage.note:
            yield context.note(stage.note, clause=self.clause, since=at, because=because, stage=stage.stage)
        if stage.message:
            clause = stage.message_clause or self.clause
            yield context.message(stage.message, clause=clause, since=at, because=because, step=stage.stage)


class EscalationLevel(PackPart):
    """One stage of the schedule."""

    clause: Citation
    level: LevelName
    stage: int
    after: LengthText
    """Time since the ticket was opened (or reopened) in which it was not resolved."""
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


class EscalationSchedule(PackPart, EvaluatedRule):
    """The escalation schedule: stages by level, and what follows on request."""

    on_request: EscalationOnRequest | None = None
    calendar: CalendarName | None = None
    tier_clause: ClauseId | None = None
    """Clause that speaks of the tiers to which stages move a ticket."""
    if_late: Literal["latest_only", "act", "when_open"] = "latest_only"
    """Of what stages say; tag, tier and audience of a stage follow at the next review."""
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
                at = max(begin, after(context.calendar(self.calendar), cycle.start, stage.after))
                if at < stop and stage not in (earlier.stage for earlier in found):
                    found.append(ReachedLevel(stage, at))
        return sorted(found, key=lambda reached: (reached.at, reached.stage.stage))

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
        for stage in (stage for stage in self.stages if stage.level == context.level):
            due = after(context.calendar(self.calendar), context.cycles[-1].start, stage.after)
            if due > context.now:
                rule = f"escalation stage {stage.stage}"
                yield context.applied(rule, clause=stage.clause, applied=False, because=f"due {due:%Y-%m-%d %H:%M} UTC")
                yield Wake(due)

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
        for role in stage.notify:
            yield from context.notify(role, clause=stage.clause, since=reached.at, because=because)
        every = reached.cadence_at(context, context.now)
        yield context.note(
            "escalated",
            clause=stage.clause,
            since=reached.at,
            because=because,
            stage=stage.stage,
            cadence=f"Update the customer every {humanize(every)}." if every else "",
            suggestion=stage.suggestion,
        )


def reached_levels(context: Context) -> list[ReachedLevel]:
    """The stages that were reached since the ticket was opened or last reopened, oldest first."""
    return context.derived("the escalation", lambda: _reached(context))


def _reached(context: Context) -> list[ReachedLevel]:
    return [each for schedule in context.rules(EscalationSchedule) for each in schedule.reached(context)]


def _because(stage: EscalationLevel) -> str:
    return f"severity {stage.level}, unresolved for {humanize(stage.after)}"
