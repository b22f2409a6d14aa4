"""One ticket under one policy at one instant: what every rule is evaluated against.

A :class:`Context` derives what several rules need (periods of a status, severity over time, cycles between opening and
solving) from the timeline, once. It stores nothing and reads no clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from bridge.account import Account
from bridge.decision import Clock, Fact, Field, KeptClocks
from bridge.decision.clocks import next_due
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.evaluation import conditions
from bridge.policy.evaluation.adoption import as_adopted
from bridge.policy.evaluation.approval_rounds import ApprovalRound
from bridge.policy.evaluation.condition_source import Value
from bridge.policy.evaluation.condition_values import awaited_history
from bridge.policy.evaluation.conditions import Span, joined_spans
from bridge.policy.evaluation.derivations import Derivations
from bridge.policy.evaluation.evaluated_rule import EvaluatedRule
from bridge.policy.evaluation.fact_spec import FactHistory, in_listed_values
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.governing_policy import GoverningPolicy
from bridge.policy.evaluation.merged import HeadStart
from bridge.policy.evaluation.notifications import NotificationBuilder
from bridge.policy.evaluation.outcomes import Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.ticket_history import TicketHistory
from bridge.policy.evaluation.ticket_languages import TicketLanguages
from bridge.policy.evaluation.timeline_index import TimelineIndex
from bridge.ticket import FactValue, Priority, Ticket, TimelineEntry

R = TypeVar("R", bound="EvaluatedRule[Context]")


class Context(NotificationBuilder, TicketHistory, Derivations):
    """A ticket, its account, the policy that governs it, and the instant of the review."""

    policy: GoverningPolicy[Context]

    def __init__(
        self,
        ticket: Ticket,
        account: Account,
        policy: GoverningPolicy[Context],
        now: datetime,
        kept: KeptClocks | None = None,
    ) -> None:
        super().__init__()
        self.fetched = ticket
        """The ticket as the helpdesk has it; what rules read begins at its adoption, if it was adopted."""
        self.ticket = in_listed_values(as_adopted(ticket), policy.facts)
        self.timeline = TimelineIndex(self.ticket)
        self.account = account
        self.languages = TicketLanguages(self.ticket, account)
        self.facts = FactHistory(self.ticket, policy.facts)
        self.policy = policy
        self.kept = (kept or KeptClocks()).since(ticket.adopted_at)
        """Clocks of other versions of the policy, which stay as they are."""
        self.now = max(now, ticket.timeline[-1].at) if ticket.timeline else max(now, ticket.created_at)
        self._rules = tuple(policy.named_rules.values())
        self._calendars: dict[str | None, Calendar] = {}
        self._change_points: dict[int, tuple[Predicate, set[datetime]]] = {}
        """By the identity of a condition, which is kept so that no other one can have it."""

    def rules(self, kind: type[R]) -> Sequence[R]:
        """The rules of one type, in the order of the policy."""
        return self.policy.named_rules.of_kind(kind)

    @cached_property
    def whole(self) -> Context:
        """The ticket with what happened before its adoption, for what that excuses."""
        if self.fetched.adopted_at is None:
            return self
        whole = self.fetched.model_copy(update={"adopted_at": None})
        return Context(whole, self.account, self.policy, self.now)

    def field(self, name: str) -> Field | Fact:
        """What the pack means by the name of a field: a fact of its own, else a field that the connection names."""
        return Fact(name) if name in self.policy.facts else Field(name)

    # -- what the rules say ----------------------------------------------------------------------------------------

    @property
    def void_periods(self) -> list[FieldPeriod]:
        return [period for rule in self._rules for period in rule.void_periods(self)]

    @property
    def confirmed_periods(self) -> list[FieldPeriod]:
        return [period for rule in self._rules for period in rule.confirmed_periods(self)]

    @property
    def unanswered_periods(self) -> Iterator[FieldPeriod]:
        return (period for rule in self._rules for period in rule.unanswered_periods(self))

    # -- what follows from the policy ----------------------------------------------------------------------------

    @cached_property
    def severity_history(self) -> list[tuple[datetime, str | None]]:
        """The severity level over time, in the pack's own words; the first since creation."""
        return self.derived("the severity level", lambda: self.policy.severity.over_time(self))

    @property
    def level(self) -> str | None:
        return self.severity_history[-1][1]

    def level_at(self, at: datetime) -> str | None:
        """The severity level at an instant, changes of that instant included."""
        begun = bisect_right(self.severity_history, at, key=lambda change: change[0])
        return self.severity_history[max(begun, 1) - 1][1]

    def priority_of(self, level: str | None) -> Priority | None:
        """The vendor-neutral priority of a severity level."""
        return self.policy.severity.levels.get(level) if level else None

    def paused_spans(self, clock: str) -> list[Span]:
        """The times in which rules pause a clock."""
        return self.derived(
            f"the pauses of {clock}",
            lambda: [span for rule in self._rules for span in rule.paused_spans(self, clock)],
        )

    def is_clock_paused(self, clock: str, at: datetime) -> bool:
        """Whether a rule pauses a clock at an instant."""
        joined = self.derived(("joined pauses", clock), lambda: joined_spans(self.paused_spans(clock)))
        begun = bisect_right(joined, at, key=lambda span: span[0])
        return begun > 0 and ((end := joined[begun - 1][1]) is None or at < end)

    @cached_property
    def head_start(self) -> HeadStart | None:
        """The time of a merged ticket that counts on this one, or None."""
        return next((found for rule in self._rules if (found := rule.head_start(self))), None)

    @cached_property
    def said_elsewhere(self) -> list[TimelineEntry]:
        """What was said on merged tickets and counts as said here, oldest first."""
        return sorted((entry for rule in self._rules for entry in rule.said_elsewhere(self)), key=lambda each: each.at)

    @cached_property
    def covered_until(self) -> datetime | None:
        """The first instant from which the contract promises nothing any more, or None."""
        ends = (rule.covered_until(self) for rule in self._rules)
        return min(filter(None, ends), default=None)

    def is_covered(self, at: datetime) -> bool:
        """Whether the contract covers an instant; clocks run only then."""
        return self.covered_until is None or at < self.covered_until

    @cached_property
    def _approvals(self) -> dict[str, EvaluatedRule[Context]]:
        return {rule.approval: rule for rule in self._rules if rule.approval is not None}

    @property
    def approval_names(self) -> Collection[str]:
        """Names of the approvals that the policy asks for."""
        return self._approvals.keys()

    def approval_rounds(self, name: str) -> list[ApprovalRound]:
        """Every request for an approval, oldest first."""
        return self.derived(f"approval {name}", lambda: self._approvals[name].rounds(self))

    @property
    def next_deadline(self) -> Clock | None:
        """The clock that is due next, or overdue; None: nothing is due."""
        return self.derived(
            "the next deadline", lambda: next_due(clock for rule in self._rules for clock in rule.deadlines(self))
        )

    # -- what conditions read ------------------------------------------------------------------------------------

    @cached_property
    def fact_names(self) -> Collection[str]:
        """Names of the facts that the pack reads."""
        return self.policy.facts.keys()

    @property
    def calendar_names(self) -> Collection[str]:
        """Names of the calendars of the pack, its first one first."""
        return self.policy.calendars.keys()

    def lookup(self, name: str, at: datetime | None = None) -> Value:
        """The value of a name that a condition may use, at an instant (default: now)."""
        return conditions.value_of(self, name, self.now if at is None else at)

    def plan_at(self, at: datetime) -> FactValue:
        """The plan at an instant: by the rows of the pack, else the account's."""
        if row := next((row for row in self.policy.plans if self.holds(row.when, at)), None):
            return row.name
        return self.ticket.value_at("plan", at) if self.ticket.changes("plan") else self.account.plan

    @cached_property
    def awaited_history(self) -> list[tuple[datetime, bool]]:
        """Whether the customer owed the next step, over time."""
        return awaited_history(self.whole, self.ticket.created_at)

    @cached_property
    def plan_conditions(self) -> Sequence[Predicate]:
        """The conditions that the plan follows from."""
        return [row.when for row in self.policy.plans]

    def holds(self, when: Predicate, at: datetime | None = None) -> bool:
        """Whether a condition holds at an instant (default: now)."""
        return not when.root or conditions.holds(self, when, self.now if at is None else at)

    def surely_holds(self, when: Predicate, at: datetime) -> bool | None:
        """Whether a condition holds at an instant; None where that depends on what an unknown value means."""
        if not self.facts.doubtful:
            return self.holds(when, at)
        return conditions.surely_holds(self, when, at, self.facts.doubtful, self.facts.is_unknown)

    def holding_spans(self, when: Predicate) -> list[Span]:
        """The times in which a condition held, from the timeline; the last is open while it holds."""
        return self.derived(
            ("condition", id(when)),
            lambda: conditions.holding_spans(self, when),
            lambda: f"the condition {when.worded()!r}",
        )

    def change_points(self, when: Predicate) -> set[datetime]:
        """Every instant until now at which a condition may have changed, creation included."""
        if id(when) not in self._change_points:
            self._change_points[id(when)] = (when, conditions.change_points(self, when))
        return self._change_points[id(when)][1]

    def next_changes(self, when: Predicate) -> Iterator[Wake]:
        """The next openings and closings of the calendars that a condition reads."""
        return map(Wake, conditions.next_changes(self, when))

    def calendar(self, name: str | None) -> Calendar:
        """A calendar of the pack, for this account; None is the pack's first."""
        if name not in self._calendars:
            self._calendars[name] = self.policy.calendar_for(name, self.account)
        return self._calendars[name]

    @cached_property
    def zone(self) -> ZoneInfo:
        """The customer's time zone, else the pack's."""
        return ZoneInfo(self.account.time_zone or self.policy.time_zone)
