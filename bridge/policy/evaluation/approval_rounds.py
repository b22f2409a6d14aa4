"""Rounds of an approval: each time it was asked for, and how that ended."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.ticket import Approval

Verdict = Literal["waiting", "approved", "refused", "expired", "dropped", "superseded"]


@dataclass(frozen=True)
class ApprovalRound:
    """One request for an approval, from asking to its end."""

    opened: datetime
    ended: datetime | None
    verdict: Verdict
    answer: Approval | None
    waits_since: datetime
    """When the waiting began: earlier than the request where an edit has repeated it."""

    def is_approved(self, at: datetime) -> bool:
        """Whether it had been approved by an instant."""
        return self.verdict == "approved" and self.ended is not None and self.ended <= at


def is_approved(rounds: Sequence[ApprovalRound], at: datetime) -> bool:
    """Whether the last of some rounds, oldest first, that had begun by an instant had been approved by then."""
    begun = bisect_right(rounds, at, key=lambda each: each.opened)
    return begun > 0 and rounds[begun - 1].is_approved(at)
