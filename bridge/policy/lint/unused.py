"""What nothing uses: usually a rule that was forgotten, or a word that was changed in one place only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.policy.evaluation.conditions import names_compared
from bridge.policy.evaluation.template import CHANNEL_TEXT, PLACEHOLDER
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.pack_parts import (
    IMPLICIT_TEMPLATES,
    PROSE_SECTIONS,
    citations,
    conditions,
    implicit_templates,
    names_of,
    parts,
)
from bridge.policy.references import Kind
from bridge.policy.rules.intake import IntakeItem


@check("PB701", Level.WARNING, "an unused template")
def unused_templates(policy: Policy) -> Iterator[Found]:
    used = {name for _, name in names_of(policy, Kind.TEMPLATE)} | implicit_templates(policy)
    used |= {"notify"}  # a contract may bring it to use
    used |= {name for name in policy.templates if name.startswith(CHANNEL_TEXT)}  # by the schemes of an installation
    nameable = [name for name in policy.templates if name not in IMPLICIT_TEMPLATES]
    yield from _unused("templates", nameable, used, "use it in a rule, or remove it")
    for name, rule in IMPLICIT_TEMPLATES.items():
        if name in policy.templates and name not in used:
            found = f"{name}, which only {rule} can use"
            fix = "remove it; no rule of this pack can use it"
            yield Found(("templates", name), found, "templates that a rule uses", fix)


@check("PB702", Level.WARNING, "an unused calendar")
def unused_calendars(policy: Policy) -> Iterator[Found]:
    read = {name for _, when in conditions(policy) for name in names_compared(when, Kind.CALENDAR)}
    used = {name for _, name in names_of(policy, Kind.CALENDAR)} | read | {next(iter(policy.calendars), "")}
    yield from _unused("calendars", policy.calendars, used, "use it in a clock or a rule, or remove it")


@check("PB703", Level.WARNING, "an unused fact")
def unused_facts(policy: Policy) -> Iterator[Found]:
    used = {name for _, when in conditions(policy) for _, name, _ in when.names()}
    used |= {name for _, name in names_of(policy, Kind.FACT)}
    used |= {part.item for _, part in parts(policy) if isinstance(part, IntakeItem)}
    used |= {"stage"} if any(gate.approved_stage or gate.refused_stage for gate in policy.gates) else set()
    yield from _unused("facts", policy.facts, used, "use it in a rule or under intake, or remove it")


@check("PB704", Level.WARNING, "a clause that no rule cites")
def unused_clauses(policy: Policy) -> Iterator[Found]:
    used = {clause for path, clause in citations(policy) if path[0] not in PROSE_SECTIONS - {"informational"}}
    yield from _unused("clauses", policy.clauses, used, "cite it in a rule, or list it under informational")


@check("PB705", Level.WARNING, "a link that no template uses")
def unused_links(policy: Policy) -> Iterator[Found]:
    used = {word for text in policy.templates.values() for word in PLACEHOLDER.findall(text)}
    yield from _unused("links", policy.links, used, "use its placeholder in a template, or remove it")


@check("PB706", Level.WARNING, "an empty interpretation")
def empty_interpretations(policy: Policy) -> Iterator[Found]:
    for index, each in enumerate(policy.interpretations):
        for name in ("question", "reading"):
            if not getattr(each, name).strip():
                fix = "state the open question and how it is read"
                yield Found(("interpretations", index, name), "nothing", "a sentence", fix)


def _unused(section: str, known: Iterable[str], used: set[str], fix: str) -> Iterator[Found]:
    for name in known:
        if name not in used:
            yield Found((section, name), f"{name}, which no rule uses", "names that a rule uses", fix)
