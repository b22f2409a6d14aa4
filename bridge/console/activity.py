"""Reviews in short form, for the activity list and the history of a ticket. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.console.action_summary import ClauseActions, group_by_clause
from bridge.console.ticket_columns import severity_cell
from bridge.decision import Finding, Plan, Withheld
from bridge.policy.model import Policy
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.ticket import Priority, TicketRef


@dataclass(frozen=True)
class ReviewSummary:
    """A review and its effects."""

    review: str
    ref: TicketRef
    subject: str
    level: str | None
    priority: Priority | None
    at: datetime
    why: ReviewCause
    outcome: ReviewOutcome
    detail: str
    pack: str
    effects: tuple[ClauseActions, ...]
    findings: tuple[Finding, ...]
    withheld: tuple[Withheld, ...]
    """What was planned and not written, and why."""

    @property
    def is_quiet(self) -> bool:
        """Whether only display fields were updated."""
        return self.outcome is ReviewOutcome.APPLIED and all(not effect.clause for effect in self.effects)


def review_summary(review: Review, policy: Policy | None) -> ReviewSummary:
    """A review in short form; ``policy`` is the pack of its decision, if known."""
    plan, decision = review.plan, review.decision
    severity = severity_cell(decision, policy)
    return ReviewSummary(
        review=review.id,
        ref=review.ref,
        subject=review.ticket.subject if review.ticket else "",
        level=severity.level,
        priority=severity.priority,
        at=review.at,
        why=review.why,
        outcome=review.outcome,
        detail=review.detail,
        pack=decision.pack if decision else "",
        effects=tuple(group_by_clause(_shown(review, plan).actions)) if plan else (),
        findings=() if plan is None else plan.findings,
        withheld=plan.withheld if plan else (),
    )


def _shown(review: Review, plan: Plan) -> Plan:
    """What was written; where nothing was, what would have been."""
    return plan if review.outcome is ReviewOutcome.WITHHELD else plan.permitted
