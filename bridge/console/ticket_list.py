"""What the lists show, read off recorded reviews: nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from bridge.console.action_summary import Deed, deeds
from bridge.decision import TAG_PREFIX, ClockState, Decision, Field, Finding, next_due
from bridge.policy.model import Policy
from bridge.ports.reviews import Review
from bridge.store import SqlStore
from bridge.store.queries import Standing, happenings, history, standings
from bridge.ticket import Priority, Ticket, TicketRef

REMEMBERED = 2_000
"""Reviews of which the short form is kept in memory."""
SHOWN_OPEN, SHOWN_RESOLVED, SHOWN_HAPPENINGS = 200, 12, 40


@dataclass(frozen=True)
class Glance:
    """A ticket in one line, as one review saw it."""

    review: str
    ref: TicketRef
    subject: str
    account: str
    channel: str
    status: str
    """In the words of the policy's document, else of the vendor."""
    assignee: str
    level: str | None
    """Severity in the pack's own word."""
    priority: Priority | None
    """The priority that the pack gives to this severity."""
    rank: int
    """Place of the severity in the pack's table, the most severe first."""
    overdue: str
    """Name of the clock that was missed first and is still owed, or empty."""
    overdue_since: datetime | None
    stage: str
    """Escalation stage reached, or empty."""
    next_due: str
    """Name of the clock that is due next, or empty."""
    next_due_at: datetime | None
    paused: tuple[str, ...]
    """Clocks that wait for the customer."""
    clause: str
    """Clause that governs what is due next."""
    pack: str
    tags: tuple[str, ...]
    """Tags of the bridge, without their prefix."""


@dataclass(frozen=True)
class Happening:
    """A review in which something happened."""

    review: str
    ref: TicketRef
    subject: str
    level: str | None
    priority: Priority | None
    at: datetime
    why: str
    outcome: str
    detail: str
    pack: str
    deeds: tuple[Deed, ...]
    findings: tuple[Finding, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether only fields that display the decision were brought up to date."""
        return self.outcome == "applied" and all(not deed.clause for deed in self.deeds)


@dataclass(frozen=True)
class Line:
    """A line of the list: where a ticket stands, and what was last seen of it."""

    standing: Standing
    glance: Glance | None


class Board:
    """The lists of one installation. A review never changes, so each is read from the store once."""

    def __init__(self, store: SqlStore, policies: Mapping[str, Policy]) -> None:
        """``policies`` by the name of their pack."""
        self._store = store
        self._policies = policies
        self._short = lru_cache(REMEMBERED)(self._read)

    def open(self) -> list[Line]:
        """Open tickets, the most severe first."""
        return sorted(self._lines(standings(self._store, is_open=True, limit=SHOWN_OPEN)), key=_severest)

    def resolved(self) -> list[Line]:
        """Tickets that were resolved last."""
        return self._lines(standings(self._store, is_open=False, limit=SHOWN_RESOLVED))

    def happenings(self, *, after: datetime | None = None, limit: int = SHOWN_HAPPENINGS) -> list[Happening]:
        """What happened last, newest first; with ``after`` what happened since, in order."""
        return self._happened(happenings(self._store, after=after, limit=limit))

    def history(self, ref: TicketRef, limit: int) -> list[Happening]:
        """The reviews of one ticket, newest first, those without a word included."""
        return self._happened(history(self._store, ref, limit=limit))

    def _lines(self, rows: Iterable[Standing]) -> list[Line]:
        return [Line(row, self._short(row.snapshot)[0] if row.snapshot else None) for row in rows]

    def _happened(self, idents: Iterable[str]) -> list[Happening]:
        return [found for ident in idents if (found := self._short(ident)[1])]

    def _read(self, ident: str) -> tuple[Glance | None, Happening | None]:
        review = self._store.review(ident)
        if review is None:
            return None, None
        policy = self._policies.get(review.decision.pack) if review.decision else None
        return _glance(review, policy), _happening(review, policy)


def _severest(line: Line) -> tuple[int, str, int, str]:
    ref = line.standing.ref
    return line.glance.rank if line.glance else 99, ref.connection, len(ref.id), ref.id


def _place(decision: Decision | None, policy: Policy | None) -> tuple[Priority | None, int]:
    levels = policy.severity.levels if policy else {}
    if decision is None or decision.level not in levels:
        return None, len(levels)
    return levels[decision.level], list(levels).index(decision.level)


def _glance(review: Review, policy: Policy | None) -> Glance | None:
    ticket, decision = review.ticket, review.decision
    if ticket is None or decision is None:
        return None
    priority, rank = _place(decision, policy)
    owed = (clock for clock in decision.clocks if clock.is_owed)
    missed = min(owed, key=lambda clock: clock.due_at or clock.started_at, default=None)
    following = next_due(decision.clocks)
    shown = {desired.target: desired.value for desired in decision.desired if isinstance(desired.target, Field)}
    return Glance(
        review=review.id,
        ref=review.ref,
        subject=ticket.subject,
        account=(review.account.name if review.account else "") or ticket.account or "",
        channel=ticket.channel,
        status=status_in_words(ticket, policy),
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


def _happening(review: Review, policy: Policy | None) -> Happening:
    plan, decision = review.plan, review.decision
    priority, _ = _place(decision, policy)
    return Happening(
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
        deeds=tuple(deeds(plan.actions)) if plan else (),
        findings=plan.findings if plan else (),
    )


def status_in_words(ticket: Ticket, policy: Policy | None) -> str:
    """The status as the policy's document calls it, else as the vendor does."""
    labels = policy.statuses.labels if policy and policy.statuses else {}
    if ticket.status in labels:
        return labels[ticket.status]
    return ticket.status_label or (ticket.status or "unknown").replace("_", " ")
