"""What rules yield, and how it is built: wants, messages, notes, notifications, each with its clause and reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from bridge.account import Account
from bridge.decision import (
    TAG_PREFIX,
    Citation,
    Clock,
    DesiredValue,
    DueMessage,
    Finding,
    MessageKind,
    OnOverride,
    RuleResult,
    Severity,
    Tag,
    Target,
)
from bridge.decision.effects import recorded_value
from bridge.decision.linked_text import LinkedText
from bridge.decision.targets import target_text
from bridge.policy.calendars.duration import Length, humanize
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.evaluation.reader import as_written, language_for, locale_for
from bridge.policy.evaluation.template import PACK_WORDS, fill, unwrapped
from bridge.policy.evaluation.timeline_index import TimelineIndex
from bridge.ticket import FactValue, Ticket


def deadline_words(clock: Clock | None, zone: str) -> dict[str, object]:
    """What templates may say of a clock that is due: its name, and when, in a time zone."""
    if clock is None or clock.due_at is None:
        return {"clock": "", "deadline": "no deadline"}
    due = clock.due_at.astimezone(ZoneInfo(zone))
    return {"clock": clock.name.replace("_", " "), "deadline": f"{due:%Y-%m-%d %H:%M} {zone}"}


@dataclass(frozen=True)
class Wake:
    """The decision may change by itself at this instant."""

    at: datetime


RuleOutcome = DesiredValue | DueMessage | Clock | Finding | RuleResult | Wake
"""What a rule yields when it is evaluated."""


class PolicyTexts(Protocol):
    """What outcomes need of a policy: what they cite, its templates, and whom its roles name."""

    @property
    def pack(self) -> str:
        """Name of the pack."""

    @property
    def version(self) -> str:
        """Version of its text."""

    @property
    def title(self) -> str:
        """Title of the document."""

    @property
    def time_zone(self) -> str:
        """Zone in which people read times."""

    @property
    def facts(self) -> Mapping[str, FactSpec]:
        """The facts that it reads, by name."""

    @property
    def roles(self) -> Mapping[str, str]:
        """Role -> address or channel, where an account names none."""

    @property
    def plan_roles(self) -> Mapping[str, Mapping[str, str]]:
        """Plan -> its own contacts by role."""

    @property
    def links(self) -> Mapping[str, str]:
        """Name -> address; every template may use a name as a placeholder."""

    @property
    def templates(self) -> Mapping[str, str]:
        """Name -> text with placeholders."""

    @property
    def language_of_templates(self) -> str:
        """The language of its templates."""

    @property
    def translations(self) -> Mapping[str, Mapping[str, str]]:
        """Language -> template -> its text."""

    @property
    def translated_words(self) -> Mapping[str, Mapping[str, str]]:
        """Language -> a word or reason of the pack -> how messages to customers write it."""

    def sentence(self, clause: str) -> str:
        """What the document says in a clause; empty if the pack does not quote it."""


class OutcomeBuilder(ABC):
    """Builds what rules yield about one ticket; the base of what builds notifications."""

    ticket: Ticket
    timeline: TimelineIndex
    account: Account
    policy: PolicyTexts

    @property
    @abstractmethod
    def level(self) -> str | None:
        """The severity level, in the pack's own word."""

    @property
    @abstractmethod
    def reader_languages(self) -> Iterator[str]:
        """The languages of whoever reads a message, the most likely first."""

    @property
    @abstractmethod
    def zone(self) -> ZoneInfo:
        """The customer's time zone, else the pack's."""

    @property
    @abstractmethod
    def next_deadline(self) -> Clock | None:
        """The clock that is due next; None: nothing is due."""

    @abstractmethod
    def lookup(self, name: str, at: datetime | None = None) -> FactValue | Set[str]:
        """The value of a name that a condition may use."""

    def cite(self, clause: str) -> Citation:
        return _citation(self.policy.pack, self.policy.version, clause)

    def key(self, clause: str, since: datetime, what: str) -> str:
        """The name of an occasion: what is said for which clause since when."""
        return f"{clause}/{since:%Y%m%dT%H%M%SZ}/{what}"

    def want(
        self,
        target: Target,
        value: bool | int | str | None,
        *,
        clause: str,
        since: datetime,
        because: str,
        to: tuple[str, ...] = (),
        shown: str = "",
        on_override: OnOverride = OnOverride.RESPECT,
    ) -> DesiredValue:
        """A target should hold a value since the occasion ``since``; None: it should be empty.

        ``shown``: what a text field shows people in its place.
        """
        key = self.key(clause, since, f"{target_text(target)}={recorded_value(value)}")
        return DesiredValue(
            cite=self.cite(clause),
            because=because,
            target=target,
            value=value,
            since=since,
            key=key,
            to=to,
            shown=shown,
            on_override=on_override,
        )

    def tag(self, name: str, *, clause: str, since: datetime, because: str) -> DesiredValue:
        """A tag of the bridge should be on the ticket."""
        return self.want(Tag(f"{TAG_PREFIX}{name}"), True, clause=clause, since=since, because=because)

    def _due_message(
        self,
        kind: MessageKind,
        template: str,
        *,
        clause: str,
        since: datetime,
        because: str,
        step: int | str = 0,
        due: datetime | None = None,
        **values: object,
    ) -> DueMessage:
        """A text of the pack, said once for this occasion, due with it or at ``due``.

        ``step`` tells steps of one occasion apart.
        """
        is_public = kind is MessageKind.PUBLIC_MESSAGE
        rendered = self.render(template, is_mail=is_public, clause=clause, reason=because, **values)
        return DueMessage(
            cite=self.cite(clause),
            because=because,
            kind=kind,
            template=template,
            text=rendered.text,
            links=rendered.links,
            due_at=due or since,
            key=self.key(clause, since, f"{kind}:{step or template}"),
        )

    def message(
        self,
        template: str,
        *,
        clause: str,
        since: datetime,
        because: str,
        step: int | str = 0,
        due: datetime | None = None,
        gives_way: bool = True,
        **values: object,
    ) -> DueMessage:
        """A message to the customer, due with the occasion or at ``due``."""
        message = self._due_message(
            MessageKind.PUBLIC_MESSAGE,
            template,
            clause=clause,
            since=since,
            because=because,
            step=step,
            due=due,
            **values,
        )
        return message.model_copy(update={"gives_way": gives_way})

    def render(self, template: str, *, is_mail: bool = False, **values: object) -> LinkedText:
        """A template with its placeholders filled in; text of the ticket is only ever filled in, never a template.

        ``is_mail``: each paragraph is one line, which the reader's program wraps.
        """
        known: dict[str, object] = {
            **{fact: value for fact in self.policy.facts if (value := self.lookup(fact)) is not None},
            "ticket": self.ticket.number or self.ticket.ref.id,
            "subject": self.ticket.subject,
            "level": self.level or "without severity",
            "requester": self.ticket.requester.name or self.ticket.requester.email,
            "title": self.policy.title,
            "terms": self.account.terms,
            **self.policy.links,
            **values,
        }
        text = self.policy.templates[template]
        if "deadline" not in values and ("{deadline}" in text or "{clock}" in text):
            known |= deadline_words(self.next_deadline, self.policy.time_zone)
        if is_mail and self.policy.translations:
            text, known = self._for_reader(template, known)
        known = {name: humanize(word) if isinstance(word, Length) else word for name, word in known.items()}
        return fill(unwrapped(text) if is_mail else text, known, self.policy.links)

    def _for_reader(self, template: str, known: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """The text and the values in the reader's language, zone and way of writing."""
        own, written = self.policy.language_of_templates, self.policy.translations
        language = language_for(self.reader_languages, written, own)
        text = written.get(language, {}).get(template) or self.policy.templates[template]
        facts = self.policy.facts
        instants = {name: at for name in known if name in facts and (at := facts[name].instant(known[name]))}
        words = self.policy.translated_words.get(language, {})
        translated = {
            name: words[str(known[name])] for name in {*facts, *PACK_WORDS} & known.keys() if str(known[name]) in words
        }
        locale = locale_for(self.reader_languages, language)
        values = {**known, **instants, **translated}
        return text, {name: as_written(word, locale, self.zone) for name, word in values.items()}

    def is_shown_on_ticket(self, key: str) -> bool:
        """Whether the ticket itself shows that something has been said or written."""
        return key in self.timeline.keys

    def note(
        self,
        template: str,
        *,
        clause: str,
        since: datetime,
        because: str,
        step: str = "",
        due: datetime | None = None,
        **values: object,
    ) -> DueMessage:
        """An internal note to the agents, due with the occasion or at ``due``."""
        return self._due_message(
            MessageKind.INTERNAL_NOTE,
            template,
            clause=clause,
            since=since,
            because=because,
            step=step,
            due=due,
            **values,
        )

    def remark(self, name: str, text: str, *, clause: str, since: datetime) -> DueMessage:
        """An internal note whose text is the same in every policy; said once for the occasion ``since``."""
        return DueMessage(
            cite=self.cite(clause),
            because=text,
            kind=MessageKind.INTERNAL_NOTE,
            template=name,
            text=f"{text[:1].upper()}{text[1:]}",
            due_at=since,
            key=self.key(clause, since, f"{MessageKind.INTERNAL_NOTE}:{name}"),
        )

    def finding(self, code: str, *, clause: str, because: str, severity: Severity = Severity.INFO) -> Finding:
        return Finding(cite=self.cite(clause), because=because, code=code, severity=severity)

    def applied(self, rule: str, *, clause: str, applied: bool, because: str) -> RuleResult:
        return RuleResult(cite=self.cite(clause), because=because, rule=rule, applied=applied)


@lru_cache(maxsize=1_000)
def _citation(pack: str, version: str, clause: str) -> Citation:
    """A citation, made once: there are few of them, and each is checked when it is made."""
    return Citation(pack=pack, version=version, clause=clause)
