"""Escalation on request: what happens when somebody asks for it, and when nobody then takes it up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from bridge.decision import SystemField
from bridge.policy.calendars.duration import LengthText, after
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.rule import PackPart, Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import CalendarName, ClauseId, RoleName, TemplateName
from bridge.ticket import Request, Role


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
        cycles = reversed(context.cycles) if context.timeline.of_kind(Request) else ()
        requests = (next((e for e in c.entries if isinstance(e, Request)), None) for c in cycles)
        asked = next(filter(None, requests), None)
        if asked is None:
            yield context.applied(
                "escalation on request", clause=self.clause, applied=False, because="nobody has asked for escalation"
            )
            return
        because = _asked_by(asked.actor.role)
        yield context.applied("escalation on request", clause=self.clause, applied=True, because=because)
        yield context.tag("escalation_requested", clause=self.clause, since=asked.at, because=because)
        yield from context.notify(self.notify, clause=self.clause, since=asked.at, because=because)
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
        yield from context.notify(stage.notify, clause=self.clause, since=at, because=because)
        if stage.note:
            yield context.note(stage.note, clause=self.clause, since=at, because=because, stage=stage.stage)
        if stage.message:
            clause = stage.message_clause or self.clause
            yield context.message(stage.message, clause=clause, since=at, because=because, step=stage.stage)


def _asked_by(role: Role) -> str:
    if role is Role.CUSTOMER:
        return Sentence("the customer asked for escalation")
    return Sentence("the agent asked for escalation") if role is Role.AGENT else f"the {role} asked for escalation"
