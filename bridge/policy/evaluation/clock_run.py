"""One run of a clock: when it started, when and how it ended, and what in it does not count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.policy.evaluation.conditions import Span
from bridge.policy.evaluation.merged import HeadStart


@dataclass
class ClockRun:
    """One run of a clock: when it started, and when and how it ended."""

    start: datetime
    end: datetime | None
    how: Literal["met", "cancelled"]
    rests: tuple[Span, ...] = ()
    """Times in it that do not count, because the ticket was resolved."""
    not_before: datetime | None = None
    """It is not due before this instant, because somebody has extended it."""
    due_at: datetime | None = None
    """When it is due, whatever it counts, because a fact says so."""
    resumed_at: datetime | None = None
    """When the ticket was last reopened, and the clock went on."""
    head_start: HeadStart | None = None
    """The time of a merged ticket that counts as well."""

    def rests_at(self, at: datetime) -> bool:
        """Whether an instant lies in one of the times that do not count."""
        return any(begin <= at and (end is None or at < end) for begin, end in self.rests)
