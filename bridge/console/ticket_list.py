"""The lists of tickets and of reviews, read from recorded reviews: nothing is evaluated here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from bridge.console.action_summary import ClauseActions, group_by_clause
from bridge.decision import TAG_PREFIX, ClockState, Decision, Field, Finding, next_due
from bridge.policy.model import Policy
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.store import SqlStore
from bridge.store.queries import QueueEntry, queue_entries, recent_reviews, ticket_history
from bridge.ticket import Priority, Ticket, TicketRef

REMEMBERED = 2_000
"""Number of reviews whose summaries are kept in memory."""
SHOWN_OPEN, SHOWN_RESOLVED, SHOWN_REVIEWS = 200, 12, 40


@dataclass(frozen=True)
class TicketSummary:
    """A ticket in one line, as one review saw it."""

    review: str
    ref: TicketRef
    subject: str
    account: str
    channel: str
    status: str
    """The name used by the policy document, else by the vendor."""
    assignee: str
    level: str | None
    """Severity as the pack names it."""
    priority: Priority | None
    """The priority that the pack gives to this severity."""
    rank: int
    """Position of the severity in the pack, most severe first."""
    overdue: str
    """Name of the earliest breached clock that has not been met since, or empty."""
    overdue_since: datetime | None
    stage: str
    """Level of escalation reached, or empty."""
    next_due: str
    """Name of the clock that is due next, or empty."""
    next_due_at: datetime | None
    paused: tuple[str, ...]
    """Names of paused clocks."""
    clause: str
    """Clause of what is due next."""
    pack: str
    tags: tuple[str, ...]
    """Tags of the bridge, without their prefix."""


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

    @property
    def is_quiet(self) -> bool:
        """Whether only display fields were updated."""
        return self.outcome is ReviewOutcome.APPLIED and all(not effect.clause for effect in self.effects)


@dataclass(frozen=True)
class TicketRow:
    """A row of the list: the state of a ticket in the queue, and its summary."""

    queue_entry: QueueEntry
    summary: TicketSummary | None


class TicketList:
    """The lists of one installation. A review never changes, so its summaries are cached."""

    def __init__(self, store: SqlStore, policies: Mapping[str, Policy]) -> None:
        """``policies`` by the name of their pack."""
        self._store = store
        self._policies = policies
        self._summaries = lru_cache(REMEMBERED)(self._read)

    def open(self) -> list[TicketRow]:
        """Open tickets, most severe first."""
        return sorted(self._lines(queue_entries(self._store, is_open=True, limit=SHOWN_OPEN)), key=_severity_order)

    def resolved(self) -> list[TicketRow]:
        """The most recently resolved tickets."""
        return self._lines(queue_entries(self._store, is_open=False, limit=SHOWN_RESOLVED))

    def activity(self, *, after: datetime | None = None, limit: int = SHOWN_REVIEWS) -> list[ReviewSummary]:
        """The last reviews with an effect, newest first; with ``after`` those since then, oldest first."""
        return self._reviews(recent_reviews(self._store, after=after, limit=limit))

    def history(self, ref: TicketRef, limit: int) -> list[ReviewSummary]:
        """The reviews of one ticket, newest first, including those without an effect."""
        return self._reviews(ticket_history(self._store, ref, limit=limit))

    def _lines(self, rows: Iterable[QueueEntry]) -> list[TicketRow]:
        return [TicketRow(row, self._summaries(row.snapshot)[0] if row.snapshot else None) for row in rows]

    def _reviews(self, idents: Iterable[str]) -> list[ReviewSummary]:
        return [found for ident in idents if (found := self._summaries(ident)[1])]

    def _read(self, ident: str) -> tuple[TicketSummary | None, ReviewSummary | None]:
        review = self._store.review(ident)
        if review is None:
            return None, None
        policy = self._policies.get(review.decision.pack) if review.decision else None
        return _ticket_summary(review, policy), _review_summary(review, policy)


def _severity_order(row: TicketRow) -> tuple[int, str, int, str]:
    ref = row.queue_entry.ref
    return row.summary.rank if row.summary else 99, ref.connection, len(ref.id), ref.id


def _severity_rank(decision: Decision | None, policy: Policy | None) -> tuple[Priority | None, int]:
    levels = policy.severity.levels if policy else {}
    if decision is None or decision.level not in levels:
        return None, len(levels)
    return levels[decision.level], list(levels).index(decision.level)


def _ticket_summary(review: Review, policy: Policy | None) -> TicketSummary | None:
    ticket, decision = review.ticket, review.decision
    if ticket is None or decision is None:
        return None
    priority, rank = _severity_rank(decision, policy)
    owed = (clock for clock in decision.clocks if clock.is_owed)
    missed = min(owed, key=lambda clock: clock.due_at or clock.started_at, default=None)
    following = next_due(decision.clocks)
    shown = {desired.target: desired.value for desired in decision.desired if isinstance(desired.target, Field)}
    return TicketSummary(
        review=review.id,
        ref=review.ref,
        subject=ticket.subject,
        account=(review.account.name if review.account else "") or ticket.account or "",
        channel=ticket.channel,
        status=status_label(ticket, policy),
        assignee=ticket.assignee or "",
        level=decision.level,
        priority=priority,
        rank=rank,
        overdue=missed.name if missed else "",
        overdue_since=missed.due_at if missed else None,
        stage=str(shown.get(Field("escalation_stage"), "")),
        next_due=following.name if following else "",
        next_due_at=following.due_at if following else None,
        paused=tuple(dict.fromkeys(clock.name for clock in decision.clocks if clock.state is ClockState.PAUSED)),
        clause=str(shown.get(Field("clause"), "")),
        pack=decision.pack,
        tags=tuple(sorted(tag.removeprefix(TAG_PREFIX) for tag in ticket.tags if tag.startswith(TAG_PREFIX))),
    )


def _review_summary(review: Review, policy: Policy | None) -> ReviewSummary:
    plan, decision = review.plan, review.decision
    priority, _ = _severity_rank(decision, policy)
    return ReviewSummary(
        review=review.id,
        ref=review.ref,
        subject=review.ticket.subject if review.ticket else "",
        level=decision.level if decision else None,
        priority=priority,
        at=review.at,
        why=review.why,
        outcome=review.outcome,
        detail=review.detail,
        pack=decision.pack if decision else "",
        effects=tuple(group_by_clause(plan.actions)) if plan else (),
        findings=plan.findings if plan else (),
    )


def status_label(ticket: Ticket, policy: Policy | None) -> str:
    """The status as the policy document names it, else as the vendor does."""
    labels = policy.statuses.labels if policy and policy.statuses else {}
    if ticket.status in labels:
        return labels[ticket.status]
    return ticket.status_label or (ticket.status or "unknown").replace("_", " ")
