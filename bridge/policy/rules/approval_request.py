"""What people are asked to agree to, and until when an answer to it counts.

Gates and held changes of severity put questions; the confirmation of a resolution can be given while the status lasts
in which it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.policy.evaluation.context import Context
from bridge.policy.rules.approver import Approver
from bridge.policy.rules.severity_choice import LevelChoice, SeverityChoice
from bridge.ticket import Approval, Changed, Status

RESOLUTION = "resolution"
"""What a confirmation confirms, where a gate has its name."""


@dataclass(frozen=True)
class ApprovalRequest:
    """One question, since when it stands, and how it ended."""

    gate: str
    clause: str
    template: str | None
    """The message that asks it; None: nobody is written to."""
    approver: Approver
    opened: datetime
    ended: datetime | None
    """None while it waits."""

    def stands(self, at: datetime) -> bool:
        """Whether an answer at an instant answers this question."""
        return self.opened <= at and (self.ended is None or at <= self.ended)


def approval_requests(context: Context) -> list[ApprovalRequest]:
    """Every question put on a ticket, oldest first."""
    found = [*_gates(context), *_held(context)]
    return sorted(found, key=lambda question: question.opened)


def resolution_request(context: Context, at: datetime | None = None) -> ApprovalRequest | None:
    """The question whether the case is resolved, as it can be confirmed in the status of an instant (default: now)."""
    period = next(
        (s for s in reversed(context.status_periods) if at is None or s.start <= at), context.status_periods[0]
    )
    closure = context.policy.closure
    if closure is None or not closure.confirmation_solves or period.value == Status.CLOSED:
        return None
    return ApprovalRequest(RESOLUTION, closure.clause, None, "customer", period.start, period.end)


def gate_names(context: Context) -> list[str]:
    """Everything an answer may be about under this policy."""
    words = [gate.name for gate in context.policy.gates]
    chosen, schedule = context.policy.severity.chosen, context.policy.escalation
    words += [chosen.held.gate] if chosen and chosen.held else []
    words += ["relaxed_updates"] if schedule and any(s.update_every_once_accepted for s in schedule.stages) else []
    return [*words, RESOLUTION] if context.policy.closure else words


def _gates(context: Context) -> Iterator[ApprovalRequest]:
    for gate in context.policy.gates:
        for turn in gate.turns(context):
            yield ApprovalRequest(gate.name, gate.clause, gate.ask, gate.approver, turn.opened, turn.ended)


def _held(context: Context) -> Iterator[ApprovalRequest]:
    chosen = context.policy.severity.chosen
    if chosen is None or chosen.held is None:
        return
    held, steps = chosen.held, list(_steps(context, chosen))
    for index, (at, choice) in enumerate(steps):
        if choice.proposed_at == at:
            later = (then for then, other in steps[index + 1 :] if other.proposed_at != at)
            yield ApprovalRequest(held.gate, held.clause, held.ask, held.approver, at, next(later, None))


def _steps(context: Context, chosen: SeverityChoice) -> Iterator[tuple[datetime, LevelChoice]]:
    """What counted after each event that had a say in it."""
    standing, *following = chosen.choices(context)
    for entry in context.ticket.timeline:
        changed = isinstance(entry, Changed) and entry.field == chosen.field
        if changed or (isinstance(entry, Approval) and chosen.answers(context, standing, entry)):
            standing = following.pop(0)
            yield entry.at, standing
