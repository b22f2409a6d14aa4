"""What conditions read: a ticket and its account under a policy, as the context shows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from datetime import datetime
from typing import Protocol

from bridge.account import Account
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.evaluation.approval_rounds import ApprovalRound
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.resolution_cycles import ResolutionCycle
from bridge.policy.evaluation.ticket_languages import TicketLanguages
from bridge.policy.evaluation.timeline_index import TimelineIndex
from bridge.ticket import FactValue, Ticket

Value = FactValue | Set[str]


class ConditionSource(Protocol):
    """What conditions read: the ticket, its account, and what follows from both under a policy."""

    ticket: Ticket
    account: Account
    now: datetime
    timeline: TimelineIndex
    languages: TicketLanguages

    @property
    def whole(self) -> ConditionSource:
        """The ticket with what happened before its adoption."""

    @property
    def fact_names(self) -> Collection[str]:
        """Names of the facts that the pack reads."""

    @property
    def calendar_names(self) -> Collection[str]:
        """Names of the calendars of the pack, its first one first."""

    @property
    def approval_names(self) -> Collection[str]:
        """Names of the approvals that the pack asks for."""

    @property
    def status_periods(self) -> Sequence[FieldPeriod]:
        """The statuses that count."""

    @property
    def cycles(self) -> Sequence[ResolutionCycle]:
        """Opening to resolution, reopening to resolution, and so on."""

    @property
    def severity_history(self) -> Sequence[tuple[datetime, str | None]]:
        """The severity level over time."""

    @property
    def awaited_history(self) -> Sequence[tuple[datetime, bool]]:
        """Whether the customer owed the next step, over time."""

    def calendar(self, name: str | None) -> Calendar:
        """A calendar of the pack."""

    def approval_rounds(self, name: str) -> Sequence[ApprovalRound]:
        """Every request for an approval, oldest first."""

    def status_at(self, at: datetime) -> FactValue:
        """The status at an instant."""

    def is_closed_unanswered(self, at: datetime) -> bool:
        """Whether the status at an instant was set because the customer did not answer."""

    def level_at(self, at: datetime) -> str | None:
        """The severity level at an instant."""

    def plan_at(self, at: datetime) -> FactValue:
        """The plan at an instant."""

    def change_points(self, when: Predicate) -> Set[datetime]:
        """Every instant until now at which a condition may have changed, creation included."""

    @property
    def plan_conditions(self) -> Sequence[Predicate]:
        """The conditions that the plan follows from."""
