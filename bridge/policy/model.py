"""A policy pack: the words of a support document as rules, one concept a module. Pure but for reading pack files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from bridge.account import Account, SupportPlan
from bridge.decision import Clock
from bridge.policy.calendars.account_calendar import CalendarsInForce, PackCalendar
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.evaluation.evaluated_rule import NamedRules, named_rules
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.reader import LanguageTag
from bridge.policy.nodes import PackTree
from bridge.policy.overrides import merged
from bridge.policy.renamed import in_current_terms, renamed_terms
from bridge.policy.rules.amendments import AmendmentRule
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.policy.rules.categories import Categories
from bridge.policy.rules.clauses import ClauseText, InformationalClause, Interpretation
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.closure import ClosureRule
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.digest import Digest
from bridge.policy.rules.duplicates import DuplicateDetection
from bridge.policy.rules.entitlement import ContactListRule, ContractTermsRule, LanguageRule, SupportPeriodRule
from bridge.policy.rules.escalation import EscalationSchedule
from bridge.policy.rules.intake import IntakeRule
from bridge.policy.rules.maintenance_window import MaintenanceWindow
from bridge.policy.rules.merges import MergeRule
from bridge.policy.rules.onboarding import OnboardingRule
from bridge.policy.rules.plans import PlanRow
from bridge.policy.rules.reactions import Reaction
from bridge.policy.rules.reminders import Reminders
from bridge.policy.rules.reopening import ReopeningRule
from bridge.policy.rules.report_spec import ReportSpec
from bridge.policy.rules.severity import SeverityTable
from bridge.policy.rules.shifts import ShiftRotation
from bridge.policy.rules.status_notice import StatusNotice
from bridge.policy.rules.statuses import StatusLabels
from bridge.policy.rules.tiers import TierRule
from bridge.policy.rules.transitions import Transitions
from bridge.policy.rules.workflow import Workflow
from bridge.policy.self_reference import self_references
from bridge.ticket import Instant

WaitingClause = Annotated[Reminders | ContactAttempts, Field(discriminator="kind")]


class Policy(PackTree):
    """A whole pack, validated. ``source`` is the effective text, overrides included, from which it can be rebuilt."""

    pack: str
    title: str
    version: str
    effective: date
    """Day on which this version comes into force, in the pack's time zone."""
    change: Literal["new_only", "from_cutover", "retroactive"] = "new_only"
    """What an edit means for tickets that were there before it; the pack's first version governs them all."""
    cutover: Instant | None = None
    """``from_cutover``: clocks that start from here on follow this text; none: from when it came into force."""
    applies_when: Predicate = Predicate()
    precedence: int = 0
    """Of several packs whose ``applies_when`` holds the one with the highest precedence governs."""
    start_tier: int = 1
    time_zone: str = "UTC"
    """Zone of accounts that name none."""
    ticket_types: tuple[str, ...]
    facts: dict[str, FactSpec] = {}
    plans: tuple[PlanRow, ...] = ()
    """Plans by ticket; a ticket to which none applies has the plan of its account."""
    calendars: dict[str, PackCalendar] = Field(min_length=1)
    """The first is the default of every clock and waiting rule."""

    # The rules, in the order of evaluation: at a tie, the value that the later rule wants counts.
    statuses: StatusLabels | None = None
    severity: SeverityTable
    contract_terms: ContractTermsRule | None = None
    contact_list: ContactListRule | None = None
    language: LanguageRule | None = None
    support_period: SupportPeriodRule | None = None
    onboarding: OnboardingRule | None = None
    duplicates: DuplicateDetection | None = None
    merges: MergeRule | None = None
    tiers: TierRule | None = None
    shifts: ShiftRotation | None = None
    intake: tuple[IntakeRule, ...] = ()
    categories: tuple[Categories, ...] = ()
    maintenance_windows: tuple[MaintenanceWindow, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    clocks: tuple[ClockRule, ...] = ()
    amendments: AmendmentRule | None = None
    escalation: EscalationSchedule | None = None
    transitions: tuple[Transitions, ...] = ()
    waiting: tuple[WaitingClause, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    gates: tuple[ApprovalGate, ...] = ()
    closure: ClosureRule | None = None
    reopening: ReopeningRule | None = None
    status_notice: StatusNotice | None = None

    reports: tuple[ReportSpec, ...] = ()
    digests: tuple[Digest, ...] = ()
    links: dict[str, str] = {}
    """Name -> address; every template may use a name as a placeholder."""
    roles: dict[str, str] = {}
    """Role -> address or channel, where an account names none."""
    plan_roles: dict[str, dict[str, str]] = {}  # plan -> contacts by role, before those under roles
    role_directory: tuple[str, ...] = ()
    templates: dict[str, str]
    language_of_templates: LanguageTag = "en"
    translations: dict[LanguageTag, dict[str, str]] = {}
    """Language -> template -> its text, for messages to customers; words of the pack likewise."""
    translated_words: dict[LanguageTag, dict[str, str]] = {}
    informational: tuple[InformationalClause, ...] = ()
    interpretations: tuple[Interpretation, ...] = ()
    clauses: dict[str, ClauseText]

    _source: dict[str, Any] = PrivateAttr(default_factory=dict)
    _is_recorded: bool = PrivateAttr(default=False)
    _calendars_in_force: CalendarsInForce = PrivateAttr(default_factory=CalendarsInForce)

    @classmethod
    def of(cls, source: Mapping[str, Any]) -> Policy:
        """A policy from its effective text. Raises ``pydantic.ValidationError``."""
        policy = cls.model_validate(source)
        policy._source = dict(source)
        return policy

    @classmethod
    def of_record(cls, source: Mapping[str, Any]) -> Policy:
        """A policy from an effective text that the database holds, by whatever version of this program it was written.

        Old words are read as what they are called now; ``source`` and ``digest`` stay those of the record, because
        pins, reviews and versions refer to it by them. Raises ``pydantic.ValidationError``.
        """
        policy = cls.model_validate(in_current_terms(source))
        policy._source = dict(source)
        policy._is_recorded = True
        return policy

    @property
    def source(self) -> dict[str, Any]:
        """The effective text; of a recorded one in the words in which it was recorded."""
        return self._source

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the effective text."""
        return hashlib.sha256(json.dumps(self._source, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def plan_names(self) -> tuple[str, ...]:
        """The plans that a ticket can have: those of accounts, and those of the pack."""
        return tuple(dict.fromkeys((*get_args(SupportPlan), *(row.name for row in self.plans))))

    def sentence(self, clause: str) -> str:
        """What the document says in a clause; empty if the pack does not quote it."""
        return quoted.text if (quoted := self.clauses.get(clause)) else ""

    @cached_property
    def named_rules(self) -> NamedRules:
        """Every rule by a name that it keeps in later versions, in the order of evaluation."""
        return named_rules({name: getattr(self, name) for name in type(self).model_fields})

    def for_account(self, account: Account) -> Policy:
        """This policy with the contract's own terms merged over it. Raises ``pydantic.ValidationError``."""
        return _overridden(self, json.dumps(account.overrides, sort_keys=True)) if account.overrides else self

    def fitted(self, account: Account) -> tuple[Policy, str]:
        """The policy for an account; where the contract's terms do not fit, without them, and what is wrong."""
        try:
            return self.for_account(account), ""
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            return (
                self,
                f"overrides of account {account.name!r} are ignored because they do not fit: {where}: {first['msg']}",
            )

    def calendar_for(self, name: str | None, account: Account) -> Calendar:
        """A calendar by name, as it holds for an account; the first by default, and for one that is no more."""
        return self._calendars_in_force.of(self.calendars, name, account)

    @model_validator(mode="before")
    @classmethod
    def _refuse_renamed_terms(cls, source: Any) -> Any:
        """Overrides of an account come here without a file. Recorded texts are read by :meth:`of_record`."""
        for word in renamed_terms(source) if isinstance(source, Mapping) else ():
            raise ValueError(f"{'.'.join(map(str, word.path))}: {word.message}")
        return source

    @model_validator(mode="after")
    def _translated_from_its_own(self) -> Policy:
        if self.language_of_templates in self.translations:
            raise ValueError(
                f"translations: found {self.language_of_templates}, the language of templates; allowed: other languages"
            )
        return self

    @field_validator("calendars")
    @classmethod
    def _joined_once(cls, calendars: dict[str, PackCalendar]) -> dict[str, PackCalendar]:
        for name, spec in calendars.items():
            if any(calendars[other].combines for other in spec.combines if other in calendars):
                raise ValueError(f"allowed: {name} may combine calendars that have hours of their own")
        return calendars

    def elapsed(self, clock: Clock, account: Account, until: datetime) -> int:
        """Counted seconds of a clock at an instant: the open time in its stretches."""
        calendar = self.calendar_for(clock.calendar, account)
        spans = ((begin, min(end or until, until)) for begin, end in clock.spans if begin < until)
        return int(sum(calendar.measure(begin, end).total_seconds() for begin, end in spans))


@lru_cache(maxsize=512)
def _rebuilt(source: str, *, is_recorded: bool) -> Policy:
    return Policy.of_record(json.loads(source)) if is_recorded else Policy.of(json.loads(source))


def _overridden(policy: Policy, overrides: str) -> Policy:
    terms = json.loads(overrides)
    source = _recorded_under(terms, policy.source) if policy._is_recorded else merged(policy.source, terms)
    policy = _rebuilt(json.dumps(source, default=str), is_recorded=policy._is_recorded)
    if circles := list(self_references(policy.severity, policy.gates)):
        error = PydanticCustomError("self_reference", "this condition depends on its own result")
        lines = [InitErrorDetails(type=error, loc=circle.path, input=circle.name) for circle in circles]
        raise ValidationError.from_exception_data("Policy", lines)
    return policy


def _recorded_under(terms: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded text under the terms of a contract: in its own words, unless text and terms differ in theirs."""
    both, current = merged(source, terms), merged(in_current_terms(source), in_current_terms(terms))
    return both if in_current_terms(both) == current else current
