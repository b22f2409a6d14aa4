"""One ticket under one policy at one instant: what every rule is evaluated against.

A :class:`Context` derives what several rules need (periods of a status, severity over time, cycles between opening and
solving) from the timeline, once. It stores nothing and reads no clock.
"""

from __future__ import annotations

# ruff: noqa: ARG002  # what a rule does not answer takes its arguments all the same
from bisect import bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from bridge.account import Account
from bridge.decision import Clock, KeptClocks
from bridge.decision.clocks import next_due
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.evaluation import conditions
from bridge.policy.evaluation.adoption import as_adopted
from bridge.policy.evaluation.approval_rounds import ApprovalRound
from bridge.policy.evaluation.condition_values import Value, awaited_history
from bridge.policy.evaluation.conditions import Span, joined_spans
from bridge.policy.evaluation.contact import UnreadConversation, unread_conversations
from bridge.policy.evaluation.derivations import Derivations
from bridge.policy.evaluation.fact_spec import FactSpec, in_listed_values
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.language_detection import likely_languages, script_language
from bridge.policy.evaluation.notifications import NotificationBuilder
from bridge.policy.evaluation.outcomes import PolicyTexts, RuleOutcome, Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.resolution_cycles import ResolutionCycle, resolution_cycles
from bridge.policy.evaluation.timeline_index import TimelineIndex
from bridge.ticket import RESOLVED, FactValue, Priority, Ticket, fact_field

T = TypeVar("T")
R = TypeVar("R", bound="EvaluatedRule")


class EvaluatedRule:
    """What a review asks of each rule of a policy. A rule answers what concerns it; the rest stays as it is here."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        """What follows from this rule for the ticket, now and (as ``Wake``) later."""
        raise NotImplementedError

    def paused_spans(self, context: Context, clock: str) -> Iterable[Span]:
        """The times in which this rule pauses a clock."""
        return ()

    def void_periods(self, context: Context) -> Sequence[FieldPeriod]:
        """Periods of a status that count as if they had never been."""
        return ()

    def confirmed_periods(self, context: Context) -> Sequence[FieldPeriod]:
        """A resolution that the status does not show yet."""
        return ()

    def unanswered_periods(self, context: Context) -> Iterable[FieldPeriod]:
        """The times of waiting that this rule has ended because no answer came."""
        return ()

    def deadlines(self, context: Context) -> Iterable[Clock]:
        """The clocks of this rule."""
        return ()

    def covered_until(self, context: Context) -> datetime | None:
        """The first instant from which nothing is promised any more, or None."""
        return None

    @property
    def approval(self) -> str | None:
        """Name of the approval that this rule asks for, as conditions use it."""
        return None

    def rounds(self, context: Context) -> list[ApprovalRound]:
        """Every request for its approval, oldest first."""
        return []


class SeveritySource(Protocol):
    """The rule from which the severity level follows."""

    @property
    def clause(self) -> str:
        """Id of its clause."""

    @property
    def levels(self) -> Mapping[str, Priority]:
        """Level in the pack's own word -> the priority it is shown as, most severe first."""

    def over_time(self, context: Context) -> list[tuple[datetime, str | None]]:
        """The level since creation and after every change of it."""

    def derived(self, context: Context, at: datetime) -> str | None:
        """The level that facts give, choices of people left out."""

    def unknown_choice(self, context: Context) -> str | None:
        """The fact in which people choose the level, if its present value is no level."""


class PlanSource(Protocol):
    """A plan, and the tickets that have it."""

    @property
    def name(self) -> str:
        """Name of the plan."""

    @property
    def when(self) -> Predicate:
        """The tickets that have it."""


class GoverningPolicy(PolicyTexts, Protocol):
    """What a context needs of a policy."""

    @property
    def digest(self) -> str:
        """SHA-256 of its effective text."""

    @property
    def time_zone(self) -> str:
        """Zone of accounts that name none."""

    @property
    def start_tier(self) -> int:
        """The tier in which tickets start."""

    @property
    def ticket_types(self) -> tuple[str, ...]:
        """The types of ticket that it knows."""

    @property
    def calendars(self) -> Mapping[str, object]:
        """Its calendars by name, the default first."""

    @property
    def plans(self) -> Sequence[PlanSource]:
        """Plans by ticket, the first that applies counts."""

    @property
    def severity(self) -> SeveritySource:
        """What the severity level follows from."""

    def rules(self) -> Iterator[EvaluatedRule]:
        """Every rule, in the order of evaluation."""

    def calendar_for(self, name: str | None, account: Account) -> Calendar:
        """A calendar as it holds for an account."""


class Context(NotificationBuilder):
    """A ticket, its account, the policy that governs it, and the instant of the review."""

    policy: GoverningPolicy

    def __init__(
        self, ticket: Ticket, account: Account, policy: GoverningPolicy, now: datetime, kept: KeptClocks | None = None
    ) -> None:
        self.fetched = ticket
        """The ticket as the helpdesk has it; what rules read begins at its adoption, if it was adopted."""
        self.ticket = in_listed_values(as_adopted(ticket), policy.facts)
        self.timeline = TimelineIndex(self.ticket)
        self.account = account
        self.policy = policy
        self.kept = (kept or KeptClocks()).since(ticket.adopted_at)
        """Clocks of other versions of the policy, which stay as they are."""
        self.now = max(now, ticket.timeline[-1].at) if ticket.timeline else max(now, ticket.created_at)
        self._rules = tuple(policy.rules())
        self._rules_by_kind: dict[type[Any], list[Any]] = {}
        self._calendars: dict[str | None, Calendar] = {}
        self._derivations = Derivations()

    def derived(self, key: Hashable, work: Callable[[], T], named: Callable[[], str] | None = None) -> T:
        """What ``work`` yields, worked out once for a key. Raises ``SelfReference`` when it depends on itself."""
        return self._derivations.derive(key, work, named)

    def rules(self, kind: type[R]) -> list[R]:
        """The rules of one type, in the order of the policy."""
        if kind not in self._rules_by_kind:
            self._rules_by_kind[kind] = [rule for rule in self._rules if isinstance(rule, kind)]
        found: list[R] = self._rules_by_kind[kind]
        return found

    @cached_property
    def whole(self) -> Context:
        """The ticket with what happened before its adoption, for what that excuses."""
        if self.fetched.adopted_at is None:
            return self
        whole = self.fetched.model_copy(update={"adopted_at": None})
        return Context(whole, self.account, self.policy, self.now)

    # -- what happened -------------------------------------------------------------------------------------------

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
        void = [period for rule in self._rules for period in rule.void_periods(self)]
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
        return frozenset(waited.end for rule in self._rules for waited in rule.unanswered_periods(self))

    @cached_property
    def awaited_history(self) -> list[tuple[datetime, bool]]:
        """Whether the customer owed the next step, over time."""
        return awaited_history(self.whole, self.ticket.created_at)

    @cached_property
    def resolved_periods(self) -> list[FieldPeriod]:
        """The times in which the ticket counted as resolved; a standing confirmation, about to solve it, counts."""
        confirmed = [period for rule in self._rules for period in rule.confirmed_periods(self)]
        return [period for period in self.status_periods if period.value in RESOLVED] + confirmed

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

    # -- what follows from the policy ----------------------------------------------------------------------------

    @property
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
    def covered_until(self) -> datetime | None:
        """The first instant from which the contract promises nothing any more, or None."""
        ends = (rule.covered_until(self) for rule in self._rules)
        return min(filter(None, ends), default=None)

    def is_covered(self, at: datetime) -> bool:
        """Whether the contract covers an instant; clocks run only then."""
        return self.covered_until is None or at < self.covered_until

    @cached_property
    def _approvals(self) -> dict[str, EvaluatedRule]:
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

    @property
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
    def plan_conditions(self) -> Sequence[Predicate]:
        """The conditions that the plan follows from."""
        return [row.when for row in self.policy.plans]

    def holds(self, when: Predicate, at: datetime | None = None) -> bool:
        """Whether a condition holds at an instant (default: now)."""
        return conditions.holds(self, when, self.now if at is None else at)

    @cached_property
    def doubtful_facts(self) -> Mapping[str, FactSpec]:
        """The facts that have, or had, a value the policy does not know."""
        return {
            name: spec
            for name, spec in self.policy.facts.items()
            if not all(spec.knows(value) for _, value in self.ticket.history(fact_field(name)))
        }

    @cached_property
    def unknown_facts(self) -> Mapping[str, FactValue]:
        """The facts whose present value the policy does not know, with that value."""
        present = {name: self.ticket.value(fact_field(name)) for name in self.doubtful_facts}
        return {name: value for name, value in present.items() if not self.doubtful_facts[name].knows(value)}

    def surely_holds(self, when: Predicate, at: datetime) -> bool | None:
        """Whether a condition holds at an instant; None where that depends on what an unknown value means."""
        if not self.doubtful_facts:
            return self.holds(when, at)
        return conditions.surely_holds(self, when, at, self.doubtful_facts)

    def holding_spans(self, when: Predicate) -> list[Span]:
        """The times in which a condition held, from the timeline; the last is open while it holds."""
        return self.derived(
            ("condition", id(when)),
            lambda: conditions.holding_spans(self, when),
            lambda: f"the condition {when.worded()!r}",
        )

    def change_points(self, when: Predicate) -> set[datetime]:
        """Every instant until now at which a condition may have changed, creation included."""
        return conditions.change_points(self, when)

    def next_changes(self, when: Predicate) -> Iterator[Wake]:
        """The next openings and closings of the calendars that a condition reads."""
        return map(Wake, conditions.next_changes(self, when))

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages of the ticket: the one of the requester's locale, and the one its text clearly is in."""
        locale = self.ticket.requester.locale.replace("_", "-").split("-")[0].lower()
        spoken = self.text_languages if len(self.text_languages) == 1 else frozenset()
        return spoken | frozenset(filter(None, (locale,)))

    @property
    def reader_languages(self) -> Iterator[str]:
        """The languages of whoever reads a message: the requester's, the account's, then that of the ticket's text."""
        yield from filter(None, (self.ticket.requester.locale,))
        yield from self.account.agreed_languages
        yield from self.text_languages if len(self.text_languages) == 1 else ()

    @cached_property
    def text_languages(self) -> frozenset[str]:
        """The languages one of which its text is surely in.

        A subject in a script of its own decides, such as Japanese over an English description; where subject and
        description are in different languages otherwise, the description.
        """
        subject, description = self.ticket.subject, self.ticket.description
        if language := script_language(subject):
            return frozenset({language})
        return likely_languages(f"{subject} {description}") or likely_languages(description)

    def calendar(self, name: str | None) -> Calendar:
        """A calendar of the pack, for this account; None is the pack's first."""
        if name not in self._calendars:
            self._calendars[name] = self.policy.calendar_for(name, self.account)
        return self._calendars[name]

    @cached_property
    def zone(self) -> ZoneInfo:
        """The customer's time zone, else the pack's."""
        return ZoneInfo(self.account.time_zone or self.policy.time_zone)
