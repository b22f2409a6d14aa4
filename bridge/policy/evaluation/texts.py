"""Texts of a pack, filled in for one ticket, in the language and the way of writing of whoever reads them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from datetime import datetime
from functools import cached_property
from typing import Protocol
from zoneinfo import ZoneInfo

from bridge.account import Account
from bridge.decision import Clock
from bridge.decision.linked_text import LinkedText
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.evaluation.reader import NO_WORDS, as_written, is_english, language_for, locale_for
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.evaluation.template import PACK_WORDS, fill, unwrapped
from bridge.policy.evaluation.ticket_languages import TicketLanguages
from bridge.ticket import FactValue, Ticket


def deadline_words(clock: Clock | None) -> dict[str, object]:
    """What templates may say of a clock that is due: its name, and when."""
    if clock is None or clock.due_at is None:
        return {"clock": "", "deadline": Sentence("no deadline")}
    return {"clock": clock.name.replace("_", " "), "deadline": clock.due_at}


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


class TextBuilder(ABC):
    """Fills in the texts of a pack for one ticket; the base of what builds outcomes."""

    ticket: Ticket
    account: Account
    languages: TicketLanguages
    policy: PolicyTexts

    @property
    @abstractmethod
    def level(self) -> str | None:
        """The severity level, in the pack's own word."""

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

    def render(self, template: str, *, is_mail: bool = False, **values: object) -> LinkedText:
        """A template with its placeholders filled in; text of the ticket is only ever filled in, never a template.

        ``is_mail``: each paragraph is one line, which the reader's program wraps.
        """
        known: dict[str, object] = {**self._words_of_ticket, **values}
        text = self.policy.templates[template]
        if "deadline" not in values and ("{deadline}" in text or "{clock}" in text):
            known |= deadline_words(self.next_deadline)
        if is_mail and self.policy.translations:
            text, known = self._for_reader(template, known)
        else:
            known = self._for_agents(known)
        return fill(unwrapped(text) if is_mail else text, known, self.policy.links)

    @cached_property
    def _words_of_ticket(self) -> Mapping[str, object]:
        """What every template may say of the ticket."""
        return {
            **{fact: value for fact in self.policy.facts if (value := self.lookup(fact)) is not None},
            "ticket": self.ticket.number or self.ticket.ref.id,
            "subject": self.ticket.subject,
            "level": self.level or Sentence("without severity"),
            "requester": self.ticket.requester.name or self.ticket.requester.email,
            "title": self.policy.title,
            "terms": self.account.terms,
            **self.policy.links,
        }

    def _for_reader(self, template: str, known: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """The text and the values in the reader's language, zone and way of writing."""
        own, written = self.policy.language_of_templates, self.policy.translations
        language = language_for(self.languages.of_reader, written, own)
        text = written.get(language, {}).get(template) or self.policy.templates[template]
        locale = locale_for(self.languages.of_reader, language)
        return text, self._written(known, language, locale, self.zone)

    def _for_agents(self, known: Mapping[str, object]) -> dict[str, object]:
        """The values in the language of the templates; in English, times are as records have them."""
        own, zone = self.policy.language_of_templates, ZoneInfo(self.policy.time_zone)
        if not is_english(own):
            return self._written(known, own, own, zone)
        return {
            name: f"{word.astimezone(zone):%Y-%m-%d %H:%M} {zone}" if isinstance(word, datetime) else word
            for name, word in known.items()
        }

    def said(self, sentence: str) -> str:
        """A sentence of the program to the agents, in the language of the templates."""
        return str(self._for_agents({"reason": sentence})["reason"])

    def _written(self, known: Mapping[str, object], language: str, locale: str, zone: ZoneInfo) -> dict[str, object]:
        facts, words = self.policy.facts, self.policy.translated_words.get(language, NO_WORDS)
        instants = {name: at for name in known if name in facts and (at := facts[name].instant(known[name]))}
        translatable = {*facts, *PACK_WORDS}
        return {
            name: as_written(word, locale, zone, words if name in translatable else NO_WORDS)
            for name, word in {**known, **instants}.items()
        }
