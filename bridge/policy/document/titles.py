"""The document in the language in which the pack is written: its headings, and every sentence of the program in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.policy.document.layout import Document, Section
from bridge.policy.evaluation.reader import NO_WORDS, said_in
from bridge.policy.evaluation.sentence import Sentence

TITLES: dict[str, Sentence] = {
    title: title
    for title in (
        Sentence("Severity levels"),
        Sentence("Response times"),
        Sentence("Escalation schedule"),
        Sentence("Escalation on request"),
        Sentence("Statuses"),
        Sentence("Calendars"),
        Sentence("Plans"),
        Sentence("Amendments"),
        Sentence("Waiting for the customer"),
        Sentence("Closure"),
        Sentence("Reopening"),
        Sentence("Intake"),
        Sentence("Gates"),
        Sentence("Workflows"),
        Sentence("Transitions"),
        Sentence("Status notice"),
        Sentence("Reactions"),
        Sentence("Categories"),
        Sentence("Tiers"),
        Sentence("Shifts"),
        Sentence("Maintenance windows"),
        Sentence("Duplicates"),
        Sentence("Merges"),
        Sentence("Contacts"),
        Sentence("Contact list"),
        Sentence("Language"),
        Sentence("Support period"),
        Sentence("Onboarding"),
        Sentence("Contract terms"),
        Sentence("Reports"),
        Sentence("Digests"),
        Sentence("Templates"),
        Sentence("Roles"),
        Sentence("For information"),
        Sentence("Interpretations"),
        Sentence("Clauses"),
        Sentence("Severity"),
        Sentence("Priority"),
        Sentence("Definition"),
        Sentence("Applies when"),
        Sentence("Clause"),
        Sentence("Clock"),
        Sentence("Details"),
        Sentence("Status"),
        Sentence("Meaning"),
        Sentence("Calendar"),
        Sentence("Open"),
        Sentence("Time zone"),
        Sentence("More"),
        Sentence("Rule"),
        Sentence("Template"),
        Sentence("Text"),
        Sentence("Role"),
        Sentence("Contact"),
        Sentence("Shown"),
        Sentence("Open question"),
        Sentence("Reading"),
        Sentence("Override for another reading"),
        Sentence("Heading in the document"),
        Sentence("First point of escalation"),
        Sentence("Second point of escalation"),
        Sentence("Third point of escalation"),
        Sentence("Fourth point of escalation"),
        Sentence("Fifth point of escalation"),
        Sentence("Sixth point of escalation"),
        Sentence("Text signed"),
        Sentence("Signed"),
        Sentence("Date"),
    )
}
"""Every heading that is not a name of the pack."""


def in_language(section: Section, language: str, words: Mapping[str, str] = NO_WORDS) -> Section:
    """A section with everything that is not the pack's own in a language; ``words``: the pack's own in it."""

    def said(text: str) -> str:
        return said_in(language, TITLES.get(text, text), words)

    tables = (
        replace(
            table,
            head=tuple(map(said, table.head)),
            rows=tuple(tuple(tuple(map(said, cell)) for cell in row) for row in table.rows),
        )
        for table in section.tables
    )
    return replace(section, title=said(section.title), text=tuple(map(said, section.text)), tables=tuple(tables))


def issued(document: Document) -> str:
    """Version and first day of a document."""
    sentence = Sentence("Version %(version)s, effective %(day)s", version=document.version, day=document.effective)
    return said_in(document.language, sentence)


def titled(title: str, language: str) -> str:
    """A heading in a language; a name of the pack stays as it is."""
    return said_in(language, TITLES.get(title, title))
