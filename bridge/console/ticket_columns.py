"""The columns of the ticket list, each declared once: the page, its order and ``/api/tickets`` follow. Pure.

To add one, write what it shows as a class (its fields are keys of the JSON), add a :class:`Column` to :data:`COLUMNS`,
and a macro of its name to ``_cells.html``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bridge.decision import TAG_PREFIX, ClockState, Decision, Field, next_due
from bridge.policy.model import Policy
from bridge.ports.reviews import Review
from bridge.ticket import Priority, Ticket

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Snapshot:
    """What the last review saw of a ticket and decided on it."""

    review: Review
    ticket: Ticket
    decision: Decision
    policy: Policy | None


@dataclass(frozen=True)
class Column:
    """A column of the ticket list."""

    name: str
    """Key of ``?sort=``, and the macro of ``_cells.html`` that renders a value."""
    header: str
    value: Callable[[Snapshot], Any]
    """What it shows of a ticket: a dataclass whose fields are keys of the JSON."""
    sort: Callable[[Any], Any]
    """Key by which its values are sorted."""
    is_for_resolved: bool = True
    """Whether it also applies to resolved tickets."""


@dataclass(frozen=True)
class Heading:
    """The ticket itself."""

    subject: str
    account: str
    channel: str
    assignee: str


def _heading(seen: Snapshot) -> Heading:
    ticket, account = seen.ticket, seen.review.account
    name = (account.name if account else "") or ticket.account or ""
    return Heading(ticket.subject, name, ticket.channel, ticket.assignee or "")


@dataclass(frozen=True)
class SeverityCell:
    """The severity, as the pack names it."""

    level: str | None
    priority: Priority | None
    """The priority that the pack gives to this severity."""
    rank: int
    """Position of the severity in the pack, most severe first."""


def severity_cell(decision: Decision | None, policy: Policy | None) -> SeverityCell:
    """The severity of a decision, with its place in the pack."""
    levels = policy.severity.levels if policy else {}
    level = decision.level if decision else None
    if level not in levels:
        return SeverityCell(level, None, len(levels))
    return SeverityCell(level, levels[level], list(levels).index(level))


def _severity(seen: Snapshot) -> SeverityCell:
    return severity_cell(seen.decision, seen.policy)


@dataclass(frozen=True)
class StatusCell:
    """The status, as people call it."""

    status: str


def _status(seen: Snapshot) -> StatusCell:
    return StatusCell(status_label(seen.ticket, seen.policy))


def status_label(ticket: Ticket, policy: Policy | None) -> str:
    """The status as the policy document names it, else as the vendor does."""
    labels = policy.statuses.labels if policy and policy.statuses else {}
    if ticket.status in labels:
        return labels[ticket.status]
    return ticket.status_label or (ticket.status or "unknown").replace("_", " ")


@dataclass(frozen=True)
class DueCell:
    """What is due next, and what is overdue."""

    overdue: str
    """Name of the earliest breached clock that has not been met since, or empty."""
    overdue_since: datetime | None
    next_due: str
    """Name of the clock that is due next, or empty."""
    next_due_at: datetime | None
    paused: tuple[str, ...]
    """Names of paused clocks."""
    clause: str
    """Clause of what is due next, else of the severity."""

    @property
    def at(self) -> datetime | None:
        """The instant to show: since when something is overdue, else the next due time."""
        return self.overdue_since or self.next_due_at


def _due(seen: Snapshot) -> DueCell:
    clocks = seen.decision.clocks
    owed = (clock for clock in clocks if clock.is_owed)
    missed = min(owed, key=lambda clock: clock.due_at or clock.started_at, default=None)
    following = next_due(clocks)
    severity = seen.policy.severity.clause if seen.policy else ""
    return DueCell(
        overdue=missed.name if missed else "",
        overdue_since=missed.due_at if missed else None,
        next_due=following.name if following else "",
        next_due_at=following.due_at if following else None,
        paused=tuple(dict.fromkeys(clock.name for clock in clocks if clock.state is ClockState.PAUSED)),
        clause=following.cite.clause if following else severity,
    )


@dataclass(frozen=True)
class EscalationCell:
    """The level of escalation reached, or empty."""

    escalation_level: str


def _escalation(seen: Snapshot) -> EscalationCell:
    shown = {desired.target: desired.value for desired in seen.decision.desired}
    return EscalationCell(str(shown.get(Field("escalation_stage"), "")))


@dataclass(frozen=True)
class TagsCell:
    """Tags of the bridge, without their prefix."""

    tags: tuple[str, ...]


def _tags(seen: Snapshot) -> TagsCell:
    ours = (tag for tag in seen.ticket.tags if tag.startswith(TAG_PREFIX))
    return TagsCell(tuple(sorted(tag.removeprefix(TAG_PREFIX) for tag in ours)))


SEVERITY = Column("severity", "Severity", _severity, lambda cell: cell.rank)
COLUMNS = (
    Column("ticket", "Ticket", _heading, lambda cell: cell.subject.casefold()),
    SEVERITY,
    Column("status", "Status", _status, lambda cell: cell.status),
    Column("due", "Next due", _due, lambda cell: cell.at or NEVER, is_for_resolved=False),
    Column("escalation", "Escalation", _escalation, lambda cell: -int(cell.escalation_level or 0), False),
    Column("tags", "Tags", _tags, lambda cell: (-len(cell.tags), cell.tags)),
)
