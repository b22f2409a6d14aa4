"""Steps of a clock: what happens when a share of the target has passed, at the breach, and after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from bridge.decision import Clock, SystemField
from bridge.policy.calendars.duration import BusinessDays, LengthText, format_length, parse
from bridge.policy.evaluation.clock_replay import ClockReplay
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.counted_time import counted_after, first_within
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.evaluation.sentence import Percent, Sentence
from bridge.policy.references import Citation, RoleName, TagName, TemplateName

_PERCENT = re.compile(r"(\d{1,3})\s*%", re.ASCII)
_BEFORE = re.compile(r"(.+?)\s+before", re.ASCII)


@dataclass(frozen=True)
class StepPoint:
    """A point of a clock's run: a percentage of its target, a time before it is due, or (neither) the breach."""

    percent: int | None = None
    before: timedelta | None = None

    def __str__(self) -> str:
        if self.before is not None:
            return f"{format_length(self.before)} before"
        return "breach" if self.percent is None else f"{self.percent}%"

    @property
    def in_words(self) -> Sentence:
        """The point as a document has it."""
        if self.before is not None:
            return Sentence("%(time)s before it is due", time=self.before)
        if self.percent is None:
            return Sentence("the breach")
        return Sentence("%(share)s of the target", share=Percent(self.percent))


def parse_point(value: Any) -> StepPoint:
    """Read ``50%``, ``30m before`` or ``breach``; raises ``ValueError`` with the allowed forms."""
    if isinstance(value, StepPoint):
        return value
    text = str(value).strip().lower()
    if text == "breach":
        return StepPoint()
    if found := _PERCENT.fullmatch(text):
        if not 1 <= int(found[1]) <= 99:
            raise ValueError(f"found {text!r}; allowed: 1% to 99%, or breach; for a later time write after: 4h")
        return StepPoint(percent=int(found[1]))
    if found := _BEFORE.fullmatch(text):
        before = parse(found[1])
        if not isinstance(before, BusinessDays):
            return StepPoint(before=before)
    raise ValueError(f"found {str(value)!r}; allowed: a percentage such as 50%, a time such as 30m before, or breach")


_FORM = {"type": "string", "pattern": r"^\s*([1-9][0-9]?\s*%|(\d+\s*[smhdw]\s*)+before|breach)\s*$"}
StepPointText = Annotated[
    StepPoint, PlainValidator(parse_point), PlainSerializer(str, return_type=str), WithJsonSchema(_FORM)
]
"""A point of a clock's run in a pack file."""


class ClockStep(PackPart):
    """One step of a clock."""

    at: Annotated[StepPointText | None, StepTime()] = None
    """``50%``, ``30m before`` or ``breach``."""
    after: Annotated[LengthText | None, StepTime()] = None
    """Counted from the breach."""
    when: Predicate = Predicate()
    """The step happens once this holds, at its time or later."""
    clause: Citation | None = None
    """Clause of the step, where it differs from the clock's."""
    notify: tuple[RoleName, ...] = ()
    note: TemplateName | None = None
    message: TemplateName | None = None
    """Template of a public message."""
    tags: tuple[TagName, ...] = ()
    """Without the ``policy_`` prefix; on the ticket from the step until the clock ends."""
    tier: int | None = None
    """Tier that takes over; a ticket that is already higher stays there."""
    if_late: Literal["latest_only", "act", "skip", "when_open"] = "latest_only"
    """Of what it says."""

    @model_validator(mode="after")
    def _is_a_step(self) -> ClockStep:
        if (self.at is None) == (self.after is None):
            raise ValueError(
                f"found {'no time' if self.at is None else 'at and after'}; "
                "allowed: one time: at (50%, 30m before, breach) or after (4h, counted from the breach)"
            )
        if not (self.says_something or self.tags or self.tier is not None):
            raise ValueError(
                "found a step that does nothing; allowed: at least one of notify, note, message, tags, tier"
            )
        return self

    @property
    def says_something(self) -> bool:
        return bool(self.notify or self.note or self.message)

    @property
    def label(self) -> str:
        """The step as the pack file has it: ``50%``, ``30m before``, ``breach``, ``4h after``."""
        return str(self.at) if self.after is None else f"{format_length(self.after)} after"

    def worded(self, clock: str) -> str:
        """The time of the step in words, such as ``the first response target is due in 30 minutes``."""
        if self.after is not None:
            return Sentence("%(time)s after the %(clock)s target was missed", time=self.after, clock=clock)
        if self.at and self.at.percent is not None:
            return Sentence("%(share)s of the %(clock)s target has passed", share=Percent(self.at.percent), clock=clock)
        if self.at and self.at.before is not None:
            return Sentence("the %(clock)s target is due in %(time)s", clock=clock, time=self.at.before)
        return Sentence("the %(clock)s target was missed", clock=clock)

    def due_at(self, clock: Clock, replay: ClockReplay) -> datetime | None:
        """When it is due, in the open time in which the clock was not paused; None while nobody can say."""
        due, calendar = clock.due_at, replay.calendar
        if self.after is not None:
            spans = [(max(begin, due), end) for begin, end in clock.spans if end is None or end > due] if due else []
            return counted_after(spans, calendar, self.after)
        if self.at and self.at.percent is not None:
            return counted_after(clock.spans, calendar, replay.counted_for(self.at.percent / 100))
        if self.at and self.at.before is not None and due and due in (replay.run.not_before, replay.run.due_at):
            return due - self.at.before
        if self.at and self.at.before is not None:
            return counted_after(clock.spans, calendar, replay.counted_for(1) - self.at.before)
        return due


@dataclass(frozen=True)
class SteppedClock:
    """A clock that is open, with the steps that its rule gives it."""

    context: Context
    clock: Clock
    replay: ClockReplay
    clause: str
    steps: tuple[ClockStep, ...]

    @property
    def _name(self) -> str:
        return self.clock.name.replace("_", " ")

    def outcomes(self) -> Iterator[RuleOutcome]:
        """What follows from the steps that are due, and when the next ones are."""
        reached: list[tuple[ClockStep, datetime]] = []
        for step in self.steps:
            due = step.due_at(self.clock, self.replay)
            if due is not None and due > self.context.now:
                yield Wake(due)
                yield self._applied(step, applied=False, because=f"due {due:%Y-%m-%d %H:%M} UTC")
            elif due is not None and (at := self._reached_at(step, due)):
                reached.append((step, at))
                yield from self._lasting(step, at)
            elif due is not None:
                yield from self.context.next_changes(step.when)
                yield self._applied(step, applied=False, because=step.when.failing(self.context.lookup))
        spoken = [(step, at) for step, at in sorted(reached, key=lambda each: each[1]) if step.says_something]
        for step, at in spoken:
            if step.if_late != "latest_only" or step is spoken[-1][0]:
                yield from TimedStep(at, step.if_late, self.replay.calendar).limit(
                    self.context, self._messages(step, at)
                )

    def _reached_at(self, step: ClockStep, due: datetime) -> datetime | None:
        """The first instant from then on at which its target ran and the condition of the step held."""
        head = self.replay.run.head_start
        begin = max(due, self.replay.target_since, self.clock.resumed_at or due, head.since if head else due)
        return first_within(begin, self.context.holding_spans(step.when))

    def _applied(self, step: ClockStep, *, applied: bool, because: str) -> RuleOutcome:
        rule = f"{self._name}, step {step.label}"
        return self.context.applied(rule, clause=step.clause or self.clause, applied=applied, because=because)

    def _lasting(self, step: ClockStep, at: datetime) -> Iterator[RuleOutcome]:
        """What stays true until the clock ends."""
        clause, because = step.clause or self.clause, step.worded(self._name)
        yield self._applied(step, applied=True, because=because)
        for tag in step.tags:
            yield self.context.tag(tag, clause=clause, since=at, because=because)
        tier = self.context.ticket.tier
        if step.tier is not None and (tier is None or tier < step.tier):
            yield self.context.want(SystemField.TIER, step.tier, clause=clause, since=at, because=because)

    def _messages(self, step: ClockStep, at: datetime) -> Iterator[RuleOutcome]:
        """What it says, once for each run of the clock, however the deadline moves."""
        context, since, clause = self.context, self.clock.started_at, step.clause or self.clause
        because, name = step.worded(self._name), f"{self.clock.name}@{step.label}".replace(" ", "_")
        about = self.clock
        yield from context.notify(
            step.notify, clause=clause, since=since, because=because, step=name, due=at, clock=about
        )
        if step.note:
            key = f"{name}:{step.note}"
            yield context.note(step.note, clause=clause, since=since, because=because, step=key, due=at)
        if step.message:
            key = f"{name}:{step.message}"
            yield context.message(step.message, clause=clause, since=since, because=because, step=key, due=at)
