"""What the runs of a clock follow from: what starts and meets it, and what interrupts it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Literal, Protocol

from bridge.policy.calendars.duration import Length
from bridge.policy.evaluation.conditions import Span
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.events import Event
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.rules.clock_facts import AgreedSpan
from bridge.ticket import Status

StartsOn = Literal["created", "customer_message", "level_set", "first_customer_message"]
OnReopen = Literal["new", "resume", "total"]
OnLevelChange = Literal["retroactive", "from_now", "proportional"]


class RunningRule(Protocol):
    """What the runs of a clock follow from."""

    @property
    def starts_on(self) -> StartsOn:
        """What starts it."""

    @property
    def starts_when(self) -> Predicate | None:
        """What starts it each time it begins to hold; None: ``starts_on`` says what does."""

    @property
    def met_by(self) -> Sequence[Event]:
        """The events that meet it."""

    @property
    def met_in(self) -> Set[Status]:
        """The statuses that meet it."""

    @property
    def met_when(self) -> Predicate | None:
        """What meets it once it holds; None: nothing does."""

    @property
    def periodic(self) -> bool:
        """Whether it starts again each time it is met."""

    @property
    def calendar(self) -> str | None:
        """Its calendar; None is the pack's first."""

    @property
    def on_reopen(self) -> OnReopen:
        """What a reopening does to it."""

    @property
    def reopened_within(self) -> Length | None:
        """How long after the resolution a reopening still does that; None: always."""

    @property
    def on_level_change(self) -> OnLevelChange:
        """What a change of the severity level does to it."""

    def counting_spans(self, context: Context) -> list[Span] | None:
        """The times in which it counts at all; None: always."""

    def agreed_spans(self, context: Context) -> list[AgreedSpan] | None:
        """The times in which it runs by what a fact says; None: no fact says it."""


def is_met_by_solving(rule: RunningRule) -> bool:
    """Whether nothing but the resolution meets a clock."""
    return rule.met_by == ("solved",) and not rule.met_in and not rule.met_when
