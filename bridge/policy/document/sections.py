"""The sections of the document: the tables people know from the policy first, then every other rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from bridge.decision.display import role_title
from bridge.policy.calendars.account_calendar import PackCalendar
from bridge.policy.document.layout import Cell, Document, Section, Table
from bridge.policy.document.level_tables import escalation_sections, response_section, severity_section
from bridge.policy.document.titles import in_language
from bridge.policy.document.wording import (
    clauses,
    described,
    heading,
    shown_elsewhere,
    spaced,
    text_at,
    worded,
)
from bridge.policy.evaluation.reader import NO_WORDS
from bridge.policy.evaluation.sentence import Sentence, listed, series
from bridge.policy.evaluation.terms import term
from bridge.policy.model import Policy
from bridge.policy.pack_parts import ASSIGNEE

HEADLINES = {
    "contact_list": "Contacts",
    "reactions": "Reactions",
    "waiting": "Waiting for the customer",
    "maintenance_windows": "Maintenance windows",
}
RULES = (
    "plans", "amendments", "waiting", "closure", "reopening", "intake", "gates", "workflows", "transitions",
    "status_notice", "reactions", "categories", "tiers", "shifts", "maintenance_windows", "duplicates", "merges",
    "contact_list", "language", "support_period", "onboarding", "contract_terms", "reports", "digests",
)  # fmt: skip
"""Sections of a pack whose rules are listed key by key, in the order of the document."""


def document(policy: Policy) -> Document:
    """The document of a pack."""
    sections = [severity_section(policy), response_section(policy), *escalation_sections(policy)]
    sections += [_statuses(policy), _calendars(policy)]
    sections += [_rules(policy, name) for name in RULES]
    sections += [_messages(policy), _roles(policy), _informs(policy), _interpretations(policy), _clauses(policy)]
    filled = tuple(section for section in sections if any(table.rows for table in section.tables))
    language = policy.language_of_templates
    words = policy.translated_words.get(language, NO_WORDS)
    sections = [in_language(section, language, words) for section in filled]
    return Document(policy.title, policy.version, policy.effective, policy.digest, tuple(sections), language)


def _statuses(policy: Policy) -> Section:
    if policy.statuses is None:
        return Section("Statuses")
    rows = tuple(((label,), (term(status.value),)) for status, label in policy.statuses.labels.items())
    text = Sentence(
        "A ticket has one of these statuses; any other is left alone and reported (%(clause)s).",
        clause=policy.statuses.clause,
    )
    return Section("Statuses", (Table(("Status", "Meaning"), rows),), (text,))


def _calendars(policy: Policy) -> Section:
    rows = tuple(
        ((spaced(name),), _hours(spec), (spec.time_zone,), _closed(policy, name, spec), (spec.clause,))
        for name, spec in policy.calendars.items()
    )
    head = ("Calendar", "Open", "Time zone", "More", "Clause")
    default = Sentence("Default calendar: %(name)s.", name=spaced(next(iter(policy.calendars))))
    return Section("Calendars", (Table(head, rows),), (default,))


def _hours(spec: PackCalendar) -> Cell:
    if spec.hours == "always":
        return (term("always"),)
    own = (spec.hours or {}).items()
    inner = [series([part.time_zone, worded(part.hours)], ": ") for part in spec.union]
    return (*(series([days, listed(list(spans))], " ") for days, spans in own), *inner)


def _closed(policy: Policy, name: str, spec: PackCalendar) -> Cell:
    hidden = frozenset({"clause", "hours", "time_zone", "union"})
    of_parts = (
        series([part.time_zone, line], ": ")
        for index, part in enumerate(spec.union)
        for line in described(part, text_at(policy, "calendars", name, "union", index), without=hidden)
    )
    return (*described(spec, text_at(policy, "calendars", name), without=hidden), *of_parts)


def _rules(policy: Policy, section: str) -> Section:
    """The rules of a section, one line per key."""
    value = getattr(policy, section)
    parts: Iterable[BaseModel] = value if isinstance(value, tuple) else [value] if value else []
    rows = []
    for index, part in enumerate(parts):
        source = text_at(policy, section, *((index,) if isinstance(value, tuple) else ()))
        name = str(getattr(part, "name", "") or section)
        details = described(part, source, without=shown_elsewhere(part)) or (Sentence("as the clause says"),)
        rows.append(((heading(name),), details, tuple(clauses(part))))
    return Section(HEADLINES.get(section, heading(section)), (Table(("Rule", "Details", "Clause"), tuple(rows)),))


def _messages(policy: Policy) -> Section:
    rows = tuple(((spaced(name),), tuple(text.strip().splitlines())) for name, text in policy.templates.items())
    for language, texts in policy.translations.items():
        rows += tuple(((f"{spaced(name)} ({language})",), tuple(t.strip().splitlines())) for name, t in texts.items())
    for language, words in policy.translated_words.items():
        rows += (
            (
                (Sentence("words in %(language)s", language=language),),
                tuple(f"{word}: {text}" for word, text in words.items()),
            ),
        )
    return Section("Templates", (Table(("Template", "Text"), rows),))


def _roles(policy: Policy) -> Section:
    names = dict.fromkeys((*policy.role_directory, *policy.roles))
    rows = tuple(((role_title(name),), tuple(_contacts(policy, name))) for name in names)
    return Section("Roles", (Table(("Role", "Contact"), rows),))


def _contacts(policy: Policy, name: str) -> Iterator[str]:
    nobody = Sentence("the assignee of the ticket") if name == ASSIGNEE else Sentence("named in the account")
    yield policy.roles.get(name, nobody)
    yield from (f"{plan}: {given[name]}" for plan, given in policy.plan_roles.items() if name in given)


def _informs(policy: Policy) -> Section:
    rows = tuple(((inform.clause,), (inform.text,), (inform.shown_in,)) for inform in policy.informational)
    return Section("For information", (Table(("Clause", "Text", "Shown"), rows),))


def _interpretations(policy: Policy) -> Section:
    rows = tuple(((e.clause,), (e.question,), (e.reading,), (e.override,)) for e in policy.interpretations)
    head = ("Clause", "Open question", "Reading", "Override for another reading")
    return Section("Interpretations", (Table(head, rows),))


def _clauses(policy: Policy) -> Section:
    rows = tuple(((ident,), (text.heading,), (text.text,)) for ident, text in policy.clauses.items())
    return Section("Clauses", (Table(("Clause", "Heading in the document", "Text"), rows),))
