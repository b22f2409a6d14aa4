"""What happened on a ticket, as it counts: rules may take a solve back, or confirm one that no status shows yet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from bridge.policy.evaluation.contact import UnreadConversation, unread_conversations
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.resolution_cycles import ResolutionCycle, resolution_cycles
from bridge.policy.evaluation.timeline_index import TimelineIndex
from bridge.ticket import RESOLVED, FactValue, Ticket


class TicketHistory(ABC):
    """Statuses and times of resolution of one ticket; a base of the context, which asks the rules."""

    ticket: Ticket
    timeline: TimelineIndex

    @property
    @abstractmethod
    def void_periods(self) -> Sequence[FieldPeriod]:
        """Periods of a status that count as if they had never been."""

    @property
    @abstractmethod
    def confirmed_periods(self) -> Sequence[FieldPeriod]:
        """A resolution that the status does not show yet; a standing confirmation is about to solve the ticket."""

    @property
    @abstractmethod
    def unanswered_periods(self) -> Iterable[FieldPeriod]:
        """The times of waiting that ended because no answer came."""

    def field_periods(self, field: str) -> list[FieldPeriod]:
        """The values of a field one after the other, the first since creation."""
        return self.timeline.field_periods(field)

    def since(self, field: str) -> datetime:
        """Since when a field has had its present value."""
        return self.field_periods(field)[-1].start

    @property
    def shown_status_periods(self) -> list[FieldPeriod]:
        """The statuses that the ticket has shown."""
        return self.field_periods("status")

    @cached_property
    def status_periods(self) -> list[FieldPeriod]:
        """The statuses that count: as if a solve that a rule takes back had never been."""
        void = self.void_periods
        found: list[FieldPeriod] = []
        for period in self.shown_status_periods:
            last = found[-1] if found else None
            if last and (period in void or period.value == last.value):
                found[-1] = replace(last, end=period.end, ended=period.ended, entries=last.entries + period.entries)
            else:
                found.append(period)
        return found

    def status_period_at(self, at: datetime) -> FieldPeriod:
        """The status period in which an instant lies, a change of that instant included."""
        begun = bisect_right(self.status_periods, at, key=lambda period: period.start)
        return self.status_periods[max(begun, 1) - 1]

    def status_at(self, at: datetime) -> FactValue:
        """The status at an instant, as it counts."""
        return self.status_period_at(at).value

    def is_closed_unanswered(self, at: datetime) -> bool:
        """Whether the status at an instant was set because the customer did not answer."""
        return self.status_period_at(at).start in self._unanswered_ends

    @cached_property
    def _unanswered_ends(self) -> frozenset[datetime | None]:
        return frozenset(waited.end for waited in self.unanswered_periods)

    @cached_property
    def resolved_periods(self) -> list[FieldPeriod]:
        """The times in which the ticket counted as resolved."""
        confirmed = self.confirmed_periods
        return [*(period for period in self.status_periods if period.value in RESOLVED), *confirmed]

    @cached_property
    def cycles(self) -> list[ResolutionCycle]:
        """Opening to resolution, reopening to resolution, and so on."""
        return resolution_cycles(self.ticket.created_at, self.resolved_periods, self.timeline)

    def open_from(self, at: datetime) -> datetime | None:
        """The first instant from then on at which something is owed to the customer; None: nothing is any more."""
        later = (max(cycle.start, at) for cycle in self.cycles if cycle.end is None or cycle.end > at)
        return next(later, None)

    @property
    def is_open(self) -> bool:
        """Whether something is still owed to the customer."""
        return self.cycles[-1].end is None

    @cached_property
    def unread_conversations(self) -> list[UnreadConversation]:
        """The conversations that the bridge cannot read, oldest first."""
        return unread_conversations(self.timeline)
