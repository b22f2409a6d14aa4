"""One ticket under one policy at one instant: the view that every rule judges, and the way it speaks.

A :class:`Context` derives what several rules need (spells of a status, severity over time, cycles between opening and
solving) from the timeline, once. It stores nothing and reads no clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bridge.account import Account
from bridge.decision import KeptClocks
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.evaluation import conditions
from bridge.policy.evaluation.field_periods import FieldPeriod, field_periods
from bridge.policy.evaluation.language_detection import likely_languages
from bridge.policy.evaluation.outcomes import OutcomeBuilder
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Wake
from bridge.ticket import RESOLVED, FactValue, Priority, Ticket, TimelineEntry

if TYPE_CHECKING:
    from bridge.policy.model import Policy
    from bridge.policy.rules.approval_gate import ApprovalGate, ApprovalRound
    from bridge.policy.rules.escalation import ReachedLevel


@dataclass(frozen=True)
class ResolutionCycle:
    """From opening or reopening until the case was resolved."""

    start: datetime
    end: datetime | None
    entries: tuple[TimelineEntry, ...]


class Context(OutcomeBuilder):
    """A ticket, its account, the policy that governs it, and the instant of judging."""

    def __init__(
        self, ticket: Ticket, account: Account, policy: Policy, now: datetime, kept: KeptClocks | None = None
    ) -> None:
        self.ticket = ticket
        self.account = account
        self.policy = policy
        self.kept = kept or KeptClocks()
        """Clocks that other rules have judged, and that stay so."""
        self._rests: dict[str, list[tuple[datetime, datetime | None]]] = {}
        self._turns: dict[str, list[ApprovalRound]] = {}
        self._levels: list[tuple[datetime, str | None]] = []
        self.now = max(now, ticket.timeline[-1].at) if ticket.timeline else max(now, ticket.created_at)

    # -- what happened -------------------------------------------------------------------------------------------

    def field_periods(self, field: str) -> list[FieldPeriod]:
        """The values of a field one after the other, the first since creation."""
        return field_periods(self.ticket, field)

    def status_at(self, at: datetime) -> FactValue:
        """The status at an instant, as it counts."""
        return next(
            (period.value for period in reversed(self.status_periods) if period.start <= at),
            self.status_periods[0].value,
        )

    @cached_property
    def shown_status_periods(self) -> list[FieldPeriod]:
        """The statuses the ticket has shown."""
        return self.field_periods("status")

    @cached_property
    def status_periods(self) -> list[FieldPeriod]:
        """The statuses that count: as if a solve that the closure guard takes back had never been."""
        void = self.policy.closure.taken_back(self) if self.policy.closure else []
        found: list[FieldPeriod] = []
        for period in self.shown_status_periods:
            last = found[-1] if found else None
            if last and (period in void or period.value == last.value):
                found[-1] = replace(last, end=period.end, ended=period.ended, entries=last.entries + period.entries)
            else:
                found.append(period)
        return found

    @cached_property
    def resolved_periods(self) -> list[FieldPeriod]:
        """The times in which the case counted as resolved; a standing confirmation, about to solve it, counts."""
        confirmed = self.policy.closure.confirmed(self) if self.policy.closure else []
        return [period for period in self.status_periods if period.value in RESOLVED] + confirmed

    def since(self, field: str) -> datetime:
        """Since when a field has had its present value."""
        return self.field_periods(field)[-1].start

    @cached_property
    def cycles(self) -> list[ResolutionCycle]:
        """Opening to resolution, reopening to resolution, and so on."""
        bounds: list[tuple[datetime, datetime | None]] = []
        start: datetime | None = self.ticket.created_at
        for period in self.resolved_periods:
            if start is not None and (period.start > start or not bounds):
                bounds.append((start, period.start))
            start = period.end
        if start is not None:
            bounds.append((start, None))
        return [ResolutionCycle(a, b, tuple(self._between(a, b))) for a, b in bounds]

    def _between(self, start: datetime, end: datetime | None) -> Iterator[TimelineEntry]:
        return (e for e in self.ticket.timeline if start <= e.at and (end is None or e.at <= end))

    def open_from(self, at: datetime) -> datetime | None:
        """The first instant from then on at which something is owed to the customer; None: nothing is any more."""
        later = (max(cycle.start, at) for cycle in self.cycles if cycle.end is None or cycle.end > at)
        return next(later, None)

    @property
    def is_open(self) -> bool:
        """Whether something is still owed to the customer."""
        return self.cycles[-1].end is None

    @property
    def severity_history(self) -> list[tuple[datetime, str | None]]:
        """The severity level over time, in the pack's own words; the first since creation."""
        if not self._levels:
            self._levels = [(self.ticket.created_at, None)]  # asked about itself meanwhile, there is none yet
            self._levels = self.policy.severity.over_time(self)
        return self._levels

    @property
    def level(self) -> str | None:
        return self.severity_history[-1][1]

    def level_at(self, at: datetime) -> str | None:
        """The severity level at an instant, changes of that instant included."""
        return next(
            (level for since, level in reversed(self.severity_history) if since <= at), self.severity_history[0][1]
        )

    @cached_property
    def reached_levels(self) -> list[ReachedLevel]:
        """The stages of the escalation schedule that the open or last cycle has reached."""
        return self.policy.escalation.reached(self) if self.policy.escalation else []

    def paused_spans(self, clock: str) -> list[tuple[datetime, datetime | None]]:
        """The times in which gates and reactions make a clock rest."""
        if clock not in self._rests:
            self._rests[clock] = self._resting(clock)
        return self._rests[clock]

    def _resting(self, clock: str) -> list[tuple[datetime, datetime | None]]:
        gates = [gate for gate in self.policy.gates if clock in gate.pauses]
        reactions = [reaction for reaction in self.policy.routes if clock in reaction.pauses]
        return [(turn.opened, turn.ended) for gate in gates for turn in self.approval_rounds(gate)] + [
            span for reaction in reactions for span in reaction.spans(self)
        ]

    @cached_property
    def ends_at(self) -> datetime | None:
        """The first instant that the contract no longer covers, or None."""
        return self.policy.support_period.ends_at(self) if self.policy.support_period else None

    def is_covered(self, at: datetime) -> bool:
        """Whether the contract covers an instant; clocks run only then."""
        return self.ends_at is None or at < self.ends_at

    def approval_rounds(self, gate: ApprovalGate) -> list[ApprovalRound]:
        """Every question a gate has put on this ticket, and its end."""
        if gate.name not in self._turns:
            self._turns[gate.name] = []  # asked about itself meanwhile, it has not been put yet
            self._turns[gate.name] = gate.turns(self)
        return self._turns[gate.name]

    # -- what holds ----------------------------------------------------------------------------------------------

    def lookup(self, name: str, at: datetime | None = None) -> conditions.Value:
        """The value of a name that a condition may use, at an instant (default: now)."""
        return conditions.value_of(self, name, self.now if at is None else at)

    def plan_at(self, at: datetime) -> FactValue:
        """The account's plan at an instant."""
        return self.ticket.value_at("plan", at) if self.ticket.changes("plan") else self.account.plan

    def holds(self, when: Predicate, at: datetime | None = None) -> bool:
        return when.holds(lambda name: self.lookup(name, at))

    def holding_spans(self, when: Predicate) -> list[tuple[datetime, datetime | None]]:
        """The times in which a condition held, from the timeline; the last is open while it holds."""
        return conditions.holding_spans(self, when)

    def change_points(self, when: Predicate) -> set[datetime]:
        """Every instant until now at which a condition may have turned, creation included."""
        return conditions.change_points(self, when)

    def next_changes(self, when: Predicate) -> Iterator[Wake]:
        """The next openings and closings of the calendars a condition reads."""
        return conditions.next_changes(self, when)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages of the ticket: the one of the requester's locale, and the one its text clearly is in."""
        locale = self.ticket.requester.locale.replace("_", "-").split("-")[0].lower()
        spoken = self.text_languages if len(self.text_languages) == 1 else frozenset()
        return spoken | frozenset(filter(None, (locale,)))

    @cached_property
    def text_languages(self) -> frozenset[str]:
        """The languages one of which its text is surely in."""
        return likely_languages(f"{self.ticket.subject} {self.ticket.description}")

    def calendar(self, name: str | None) -> Calendar:
        """A calendar of the pack, for this account; None is the pack's first."""
        return self.policy.calendar_for(name, self.account)

    @property
    def zone(self) -> ZoneInfo:
        """The customer's time zone, else the pack's."""
        return ZoneInfo(self.account.time_zone or self.policy.time_zone)

    def priority_of(self, level: str | None) -> Priority | None:
        """The vendor-neutral priority of a severity level."""
        return self.policy.severity.levels.get(level) if level else None
