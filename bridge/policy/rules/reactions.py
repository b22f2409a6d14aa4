"""Reactions: what happens when a condition becomes true, and while it is true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import model_validator

from bridge.decision import DesiredValue, OnOverride, SystemField, Target
from bridge.policy.calendars.duration import LengthText, after
from bridge.policy.evaluation.conditions import Span
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Rule
from bridge.policy.references import CalendarName, ClockName, OwnName, Prose, RoleName, TagName, TemplateName
from bridge.ticket import Role


class Reaction(Rule):
    """A reaction: tags and fields while a condition is true, everything else once each time it becomes true."""

    name: OwnName
    when: Predicate
    only_if: Predicate = Predicate()
    """Asked once, at the instant at which the condition becomes true: if it does not hold then, nothing follows."""
    reason: Prose = ""
    """Why it speaks, in the document's words; the condition in words, if it is left out."""
    evaluated: Literal["always", "at_creation"] = "always"
    """``at_creation``: what held when the ticket was made decides for good."""
    tags: tuple[TagName, ...] = ()
    """Without the ``policy_`` prefix."""
    group: str | None = None
    """Group word of the connection to which the ticket goes."""
    hand_back: bool = False
    """When the condition is no longer true, the ticket goes back to the group that it came from."""
    notify: tuple[RoleName, ...] = ()
    note: TemplateName | None = None
    message: TemplateName | None = None
    set_fields: dict[str, str] = {}
    """Fields of the ticket -> values, while it holds."""
    if_overridden: OnOverride = OnOverride.RESPECT
    """What happens when a person changes the group or a field that it has set."""
    include_resolved: bool = False
    """Also on tickets that are resolved."""
    after: Annotated[LengthText | None, StepTime()] = None
    """Only once the condition has held for so long."""
    calendar: CalendarName | None = None
    if_late: Literal["act", "skip", "when_open"] = "act"
    """Of what it says: notifications, note and message; ``when_open`` waits for the calendar."""
    pauses: tuple[ClockName, ...] = ()
    """Clocks that are paused while it is in force."""

    @model_validator(mode="after")
    def _has_something_to_override(self) -> Reaction:
        if self.if_overridden is not OnOverride.RESPECT and not (self.group or self.set_fields):
            raise ValueError(
                f"found if_overridden: {self.if_overridden} without group and set_fields; allowed: with one of them"
            )
        beside = "without group" if self.group is None else "with evaluated: at_creation"
        if self.hand_back and (self.group is None or self.evaluated == "at_creation"):
            raise ValueError(
                f"found hand_back {beside}; allowed: together with group, and without evaluated: at_creation"
            )
        return self

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        since = self._since(context)
        if since is None:
            at = context.ticket.created_at if self.evaluated == "at_creation" else context.now
            because = self.when.failing(lambda name: context.lookup(name, at))
            because = because or f"when the condition became true, this did not hold: {self.only_if.worded()}"
            yield context.applied(self.name, clause=self.clause, applied=False, because=because)
            yield from self._hand_back(context)
        elif since > context.now:
            because = f"the condition holds; due {since:%Y-%m-%d %H:%M} UTC"
            yield context.applied(self.name, clause=self.clause, applied=False, because=because)
            yield Wake(since)
        else:
            yield context.applied(self.name, clause=self.clause, applied=True, because=self._because)
            yield from self._outcomes(context, since)
        if self.evaluated == "always":
            yield from context.next_changes(self.when)

    def paused_spans(self, context: Context, clock: str) -> list[Span]:
        return self.spans(context) if clock in self.pauses else []

    def spans(self, context: Context) -> list[Span]:
        """The periods in which the reaction applies, without the time ``after``."""
        return context.derived(("spans", id(self)), lambda: self._spans(context), lambda: f"the reaction {self.name}")

    def _spans(self, context: Context) -> list[Span]:
        began = [span for span in context.holding_spans(self.when) if context.holds(self.only_if, span[0])]
        spans = [(self._begins(context, start), end) for start, end in began]
        return [(begin, end) for begin, end in spans if end is None or begin < end]

    def _begins(self, context: Context, start: datetime) -> datetime:
        return after(context.calendar(self.calendar), start, self.after) if self.after else start

    def _since(self, context: Context) -> datetime | None:
        if self.evaluated == "at_creation":
            created = context.ticket.created_at
            holds = context.holds(self.when, created) and context.holds(self.only_if, created)
            return created if holds else None
        spans = self.spans(context)
        return spans[-1][0] if spans and spans[-1][1] is None else None

    def _outcomes(self, context: Context, since: datetime) -> Iterator[RuleOutcome]:
        because = self._because
        for tag in self.tags:
            yield context.tag(tag, clause=self.clause, since=since, because=because)
        for name, value in self.set_fields.items():
            yield self._set(context, context.field(name), value, since)
        if not (context.is_open or self.include_resolved):
            return
        if self.group:
            yield self._set(context, SystemField.GROUP, self.group, since)
        step = TimedStep(since, self.if_late, context.calendar(self.calendar))
        yield from step.limit(context, self._messages(context, since, because))

    def _hand_back(self, context: Context) -> Iterator[RuleOutcome]:
        """The group from before the last time it applied, unless somebody has moved the ticket since."""
        spans, moves = self.spans(context), context.ticket.changes("group")
        if not (self.hand_back and spans and moves and context.is_open):
            return
        (since, end), move = spans[-1], moves[-1]
        is_ours = move.actor.role is Role.BRIDGE and str(move.new) == self.group
        if end is None or not is_ours or not since <= move.at <= end or move.old is None:
            return
        because = f"the ticket goes back to where it was before: {self._because}"
        yield context.want(SystemField.GROUP, str(move.old), clause=self.clause, since=end, because=because)

    def _set(self, context: Context, target: Target, value: str, since: datetime) -> DesiredValue:
        return context.want(
            target,
            value,
            clause=self.clause,
            since=since,
            because=self._because,
            on_override=self.if_overridden,
        )

    @property
    def _because(self) -> str:
        return self.reason or self.when.worded()

    def _messages(self, context: Context, since: datetime, because: str) -> Iterator[RuleOutcome]:
        yield from context.notify(self.notify, clause=self.clause, since=since, because=because)
        if self.note:
            yield context.note(self.note, clause=self.clause, since=since, because=because)
        if self.message:
            yield context.message(self.message, clause=self.clause, since=since, because=because)
