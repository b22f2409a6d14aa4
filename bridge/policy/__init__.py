"""A policy pack: the words of a support document as rules, one concept a module. Pure but for reading pack files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from bridge.account import Account
from bridge.decision import Clock
from bridge.policy.calendar import Calendar, CalendarSpec
from bridge.policy.case import Case, PackPart, Rule
from bridge.policy.category import Categories
from bridge.policy.closure import Closure
from bridge.policy.entitlement import ContactList, ContractTerms, Language, Onboarding, SupportPeriod
from bridge.policy.escalation import Schedule
from bridge.policy.followup import Contacts, Reminders
from bridge.policy.gate import Gate
from bridge.policy.intake import Intake
from bridge.policy.notice import StatusNotice
from bridge.policy.predicate import Predicate
from bridge.policy.route import Duplicates, Reaction
from bridge.policy.severity import SeverityTable
from bridge.policy.shift import Shifts
from bridge.policy.status import Statuses
from bridge.policy.target import ClockRule
from bridge.policy.tier import Tiers
from bridge.policy.transition import Transitions
from bridge.policy.window import Window
from bridge.policy.workflow import Workflow
from bridge.ticket import Message, TimelineEntry

PLACEHOLDER = re.compile(r"\{(\w+)\}", re.ASCII)
WORDS = frozenset(
    {"because", "cadence", "clause", "closes_in", "level", "offer", "proposed", "remark", "requester", "role", "stage"}
    | {"status", "subject", "terms", "ticket", "title"}
)
"""Placeholders a template may use."""


class FactSpec(PackPart):
    """A fact the pack reads: its type, and its allowed values where they are listed."""

    type: Literal["word", "bool", "number", "text", "instant"] = "text"
    values: tuple[str, ...] | None = None
    asks: str = ""
    """What the fact says, for people who map a field to it."""


class PackCalendar(CalendarSpec):
    """Business hours of a pack; an account's contract may replace them."""

    clause: str
    from_account: bool = False
    """Use the account's own calendar where it has one, and the account's time zone otherwise."""


class ClauseText(PackPart):
    """A clause of the document, for people."""

    at: str
    """Heading under which it stands."""
    says: str


class Inform(PackPart):
    """A clause with nothing to automate, and where it is shown."""

    clause: str
    text: str
    shown: str


class Interpretation(PackPart):
    """A point the document leaves open, the reading taken, and the override for another one."""

    clause: str
    question: str
    reading: str
    override: str = ""


WaitingLadder = Annotated[Reminders | Contacts, Field(discriminator="form")]


class Policy(PackPart):
    """A whole pack, validated. ``source`` is the effective text, overrides included, from which it can be rebuilt."""

    pack: str
    title: str
    version: str
    effective: date
    applies_when: Predicate = Predicate()
    start_tier: int = 1
    time_zone: str = "UTC"
    """Zone of accounts that name none."""
    ticket_types: tuple[str, ...]
    facts: dict[str, FactSpec] = {}
    calendars: dict[str, PackCalendar]
    """The first is the default of every clock and ladder."""
    statuses: Statuses | None = None
    severity: SeverityTable
    clocks: tuple[ClockRule, ...] = ()
    escalation: Schedule | None = None
    waiting: tuple[WaitingLadder, ...] = ()
    closure: Closure | None = None
    intake: tuple[Intake, ...] = ()
    contact_list: ContactList | None = None
    language: Language | None = None
    support_period: SupportPeriod | None = None
    onboarding: Onboarding | None = None
    contract_terms: ContractTerms | None = None
    tiers: Tiers | None = None
    transitions: Transitions | None = None
    status_notice: StatusNotice | None = None
    shifts: Shifts | None = None
    categories: tuple[Categories, ...] = ()
    windows: tuple[Window, ...] = ()
    routes: tuple[Reaction, ...] = ()
    gates: tuple[Gate, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    duplicates: Duplicates | None = None
    links: dict[str, str] = {}
    """Name -> address; every template may use a name as a placeholder."""
    roles: dict[str, str] = {}
    """Role -> address or channel, where an account names none."""
    role_directory: tuple[str, ...] = ()
    templates: dict[str, str]
    informs: tuple[Inform, ...] = ()
    interpretations: tuple[Interpretation, ...] = ()
    clauses: dict[str, ClauseText]

    _source: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, source: Mapping[str, Any]) -> Policy:
        """A policy from its effective text, as a review recorded it. Raises ``pydantic.ValidationError``."""
        policy = cls.model_validate(source)
        policy._source = dict(source)
        return policy

    @property
    def source(self) -> dict[str, Any]:
        return self._source

    @property
    def digest(self) -> str:
        """SHA-256 of the effective text."""
        return hashlib.sha256(json.dumps(self._source, sort_keys=True, default=str).encode()).hexdigest()

    def rules(self) -> Iterator[Rule | Schedule]:
        """Every rule that judges cases, in the order of reading a ticket."""
        yield from self._single(self.statuses, self.severity, self.contract_terms, self.contact_list, self.language)
        yield from self._single(self.support_period, self.onboarding, self.duplicates, self.tiers, self.shifts)
        yield from (*self.intake, *self.categories, *self.windows, *self.routes, *self.clocks)
        yield from self._single(self.escalation, self.transitions)
        yield from (*self.waiting, *self.workflows, *self.gates)
        yield from self._single(self.closure, self.status_notice)

    def _single(self, *rules: Rule | Schedule | None) -> Iterator[Rule | Schedule]:
        return (rule for rule in rules if rule)

    def owes(self, entry: TimelineEntry) -> bool:
        """Whether this is a message of the bridge that a workflow clause itself owes; only such a one meets a clock."""
        if not isinstance(entry, Message):
            return False
        owing = {step.clause or flow.clause for flow in self.workflows for step in flow.stages if step.message}
        return any(key.split("/")[0] in owing for key in entry.keys)

    def for_account(self, account: Account) -> Policy:
        """This policy with the contract's own terms merged over it. Raises ``pydantic.ValidationError``."""
        return _overridden(self, json.dumps(account.overrides, sort_keys=True)) if account.overrides else self

    def calendar_for(self, name: str | None, account: Account) -> Calendar:
        """A calendar by name, the first by default, as it holds for an account."""
        spec = self.calendars[name or next(iter(self.calendars))]
        if spec.from_account and account.calendar:
            return Calendar.of(CalendarSpec.model_validate(account.calendar))
        words = spec.model_dump(exclude={"clause", "from_account"}, exclude_defaults=True)
        if spec.from_account and account.time_zone:
            words["time_zone"] = account.time_zone
        return Calendar.of(_calendar_spec(json.dumps(words, default=str)))

    def elapsed(self, clock: Clock, account: Account, until: datetime) -> int:
        """Counted seconds of a clock at an instant: the open time in its stretches."""
        calendar = self.calendar_for(clock.calendar, account)
        spans = ((begin, min(end or until, until)) for begin, end in clock.spans if begin < until)
        return int(sum(calendar.measure(begin, end).total_seconds() for begin, end in spans))

    def render(self, template: str, case: Case, **words: object) -> str:
        """A template with its placeholders filled in; text of the ticket is only ever filled in, never a template."""
        known: dict[str, object] = {
            "ticket": case.ticket.ref.id,
            "subject": case.ticket.subject,
            "level": case.level or "without severity",
            "requester": case.ticket.requester.name or case.ticket.requester.email,
            "title": self.title,
            "terms": case.account.terms,
            **self.links,
            **words,
        }
        text = PLACEHOLDER.sub(lambda found: str(known.get(found[1], "")), self.templates[template])
        return re.sub(r"[ \t]+(?=\n|$)", "", re.sub(r" {2,}", " ", text)).strip()


@lru_cache(maxsize=256)
def _calendar_spec(words: str) -> CalendarSpec:
    return CalendarSpec.model_validate_json(words)


@lru_cache(maxsize=512)
def _rebuilt(source: str) -> Policy:
    return Policy.of(json.loads(source))


def _overridden(policy: Policy, overrides: str) -> Policy:
    return _rebuilt(json.dumps(merged(policy.source, json.loads(overrides)), default=str))


def merged(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides laid over a pack: mappings merge key by key, lists of named things by name; all else is replaced."""
    result = dict(base)
    for key, value in overrides.items():
        result[key] = _laid_over(result.get(key), value)
    return result


def _laid_over(below: Any, value: Any) -> Any:
    if isinstance(below, Mapping) and isinstance(value, Mapping):
        return merged(below, value)
    if isinstance(below, list) and isinstance(value, list) and value and (name := _identity(below, value)):
        known = {item[name]: item for item in below}
        return list((known | {item[name]: _laid_over(known.get(item[name]), item) for item in value}).values())
    return value


def _identity(below: list[Any], value: list[Any]) -> str | None:
    """The key by which the things in two lists are told apart, or None where lists are replaced whole."""
    items = [*below, *value]
    if not all(isinstance(item, Mapping) for item in items):
        return None
    for name in ("name", "item", "clause"):
        ids = [[item.get(name) for item in part] for part in (below, value)]
        if all(None not in part and len(set(part)) == len(part) for part in ids):
            return name
    return None
