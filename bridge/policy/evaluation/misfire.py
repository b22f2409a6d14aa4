"""Lateness: what becomes of a timed step that nobody looked at when it was due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.decision import LATE_AFTER, DueMessage
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.rule import PackPart

MisfirePolicy = Literal["act", "skip", "latest_only", "when_open"]
"""What a step does when it is late. ``act``: it happens late. ``skip``: it is left out. ``latest_only``: of several
late steps only the latest is taken. ``when_open``: the same, and it waits until its calendar is open.
"""


class StepTime:
    """Annotation of a key that gives a step its time: ``after: Annotated[LengthText, StepTime()]``."""


def is_timed(part: object) -> bool:
    """Whether a part of a pack is a step that can come late: it says what then happens, and a time is set for it."""
    fields = type(part).model_fields if isinstance(part, PackPart) else {}
    times = [name for name, field in fields.items() if any(isinstance(mark, StepTime) for mark in field.metadata)]
    return "if_late" in fields and (not times or any(getattr(part, name) for name in times))


@dataclass(frozen=True)
class TimedStep:
    """The instant at which a step is due, and what its pack says of being late."""

    at: datetime
    if_late: MisfirePolicy = "act"
    calendar: Calendar | None = None
    """For ``when_open``: when it may happen late."""

    def may_act(self, now: datetime) -> bool:
        """Whether a step that is due and has not happened yet happens now."""
        if now - self.at < LATE_AFTER or self._at_any_time:
            return True
        return self.if_late == "when_open" and (self.calendar is None or self.calendar.is_open(now))

    def next_changes(self, now: datetime) -> Iterator[Wake]:
        """When that changes next, as long as the step has not happened."""
        if self._at_any_time:
            return
        if now < self.at + LATE_AFTER:
            yield Wake(self.at + LATE_AFTER)
        elif self.if_late == "when_open" and self.calendar and (change := self.calendar.next_change(now)):
            yield Wake(change)

    def limit(self, context: Context, outcomes: Iterable[RuleOutcome]) -> Iterator[RuleOutcome]:
        """What a step yields, as far as it may be said now; what has been said stays said."""
        unsaid = False
        for outcome in outcomes:
            if self._at_any_time or not isinstance(outcome, DueMessage) or context.is_shown_on_ticket(outcome.key):
                yield outcome
                continue
            unsaid = True
            yield outcome if self.may_act(context.now) else self._kept_back(context, outcome)
        if unsaid:
            yield from self.next_changes(context.now)

    @property
    def _at_any_time(self) -> bool:
        return self.if_late in ("act", "latest_only")

    def _kept_back(self, context: Context, say: DueMessage) -> RuleOutcome:
        """A finding that says where the message is."""
        then = "skipped" if self.if_late == "skip" else "held until the calendar opens"
        what = f"{say.kind.replace('_', ' ')} {say.template}"
        because = f"{what} was due {self.at:%Y-%m-%d %H:%M} UTC; it is late and is {then}"
        return context.finding("late", clause=say.cite.clause, because=because)
