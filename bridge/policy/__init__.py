"""A policy pack: the words of a support document as rules, one concept a module. Pure but for reading pack files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from bridge.account import Account
from bridge.decision import Clock
from bridge.policy.calendar import Calendar, CalendarSpec
from bridge.policy.category import Categories
from bridge.policy.closure import Closure
from bridge.policy.contacts import Contacts
from bridge.policy.entitlement import ContactList, ContractTerms, Language, Onboarding, SupportPeriod
from bridge.policy.escalation import Schedule
from bridge.policy.gate import Gate
from bridge.policy.intake import Intake
from bridge.policy.notice import StatusNotice
from bridge.policy.predicate import Predicate
from bridge.policy.reminders import Reminders
from bridge.policy.report import Report
from bridge.policy.route import Duplicates, Reaction
from bridge.policy.rule import PackPart, Rule
from bridge.policy.severity import SeverityTable
from bridge.policy.shift import Shifts
from bridge.policy.status import Statuses
from bridge.policy.target import ClockRule
from bridge.policy.tier import Tiers
from bridge.policy.transition import Transitions
from bridge.policy.voice import Voice
from bridge.policy.window import Window
from bridge.policy.workflow import Workflow
from bridge.ticket import Instant, Message, TimelineEntry

PLACEHOLDER = re.compile(r"\{(\w+)\}", re.ASCII)
APPROVAL_LINK = "(approval link)"
"""What ``{approval_link}`` becomes: the runtime puts the link in its place, or leaves the sentence out."""
CONFIRMATION_LINK = "(confirmation link)"
"""What ``{confirmation_link}`` becomes, where the customer can confirm that the case is resolved."""
WORDS = frozenset(
    {"approval_link", "because", "cadence", "clause", "closes_in", "confirmation_link", "level", "offer", "proposed"}
    | {"remark", "requester", "role", "stage", "status", "subject", "terms", "ticket", "title"}
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
    keeps_zone: bool = False
    """The hours are the vendor's own: they stay in this zone wherever the account is."""
    joins: tuple[str, ...] = ()
    """In place of hours: names of other calendars of the pack; open whenever one of them is."""

    @property
    def _stated_elsewhere(self) -> bool:
        return bool(self.joins)

    @model_validator(mode="after")
    def _joins_alone(self) -> PackCalendar:
        if self.joins and self.model_fields_set - {"clause", "joins", "time_zone"}:
            raise ValueError("allowed: beside joins only clause and time_zone; hours stand in the joined calendars")
        return self


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
    transitions: tuple[Transitions, ...] = ()
    status_notice: StatusNotice | None = None
    shifts: Shifts | None = None
    categories: tuple[Categories, ...] = ()
    windows: tuple[Window, ...] = ()
    routes: tuple[Reaction, ...] = ()
    gates: tuple[Gate, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    duplicates: Duplicates | None = None
    reports: tuple[Report, ...] = ()
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
        yield from self._single(self.escalation)
        yield from (*self.transitions, *self.waiting, *self.workflows, *self.gates)
        yield from self._single(self.closure, self.status_notice)

    def _single(self, *rules: Rule | Schedule | None) -> Iterator[Rule | Schedule]:
        return (rule for rule in rules if rule)

    def owes(self, entry: TimelineEntry) -> bool:
        """Whether this is a message of the bridge that a workflow clause itself owes; only such a one meets a clock."""
        if not isinstance(entry, Message):
            return False
        owing = {step.clause or flow.clause for flow in self.workflows for step in flow.stages if step.owes()}
        return any(key.split("/")[0] in owing for key in entry.keys)

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
            return self, f"overrides of account {account.name!r} left out, they do not fit: {where}: {first['msg']}"

    def calendar_for(self, name: str | None, account: Account) -> Calendar:
        """A calendar by name, the first by default, as it holds for an account."""
        spec = self.calendars[name or next(iter(self.calendars))]
        if spec.from_account and account.calendar:
            zone = account.time_zone or spec.time_zone
            return Calendar.of(CalendarSpec.model_validate({"time_zone": zone, **account.calendar}))
        return Calendar.of(_calendar_spec(json.dumps(self._hours(spec, account), default=str)))

    def _hours(self, spec: PackCalendar, account: Account) -> dict[str, Any]:
        words = spec.model_dump(exclude={"clause", "from_account", "joins", "keeps_zone"}, exclude_defaults=True)
        if spec.from_account and account.time_zone and not spec.keeps_zone:
            words["time_zone"] = account.time_zone
        if spec.joins:
            words["union"] = [self._hours(self.calendars[name], account) for name in spec.joins]
        return words

    @field_validator("calendars")
    @classmethod
    def _joined_once(cls, calendars: dict[str, PackCalendar]) -> dict[str, PackCalendar]:
        for name, spec in calendars.items():
            if any(calendars[other].joins for other in spec.joins if other in calendars):
                raise ValueError(f"allowed: {name} may join calendars that have hours of their own")
        return calendars

    def elapsed(self, clock: Clock, account: Account, until: datetime) -> int:
        """Counted seconds of a clock at an instant: the open time in its stretches."""
        calendar = self.calendar_for(clock.calendar, account)
        spans = ((begin, min(end or until, until)) for begin, end in clock.spans if begin < until)
        return int(sum(calendar.measure(begin, end).total_seconds() for begin, end in spans))

    def render(self, template: str, case: Voice, **words: object) -> str:
        """A template with its placeholders filled in; text of the ticket is only ever filled in, never a template."""
        known: dict[str, object] = {
            **{fact: value for fact in self.facts if (value := case.lookup(fact)) is not None},
            "ticket": case.ticket.ref.id,
            "subject": case.ticket.subject,
            "level": case.level or "without severity",
            "requester": case.ticket.requester.name or case.ticket.requester.email,
            "title": self.title,
            "terms": case.account.terms,
            "approval_link": APPROVAL_LINK,
            "confirmation_link": CONFIRMATION_LINK,
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
