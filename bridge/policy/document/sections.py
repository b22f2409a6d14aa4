"""The sections of the document: the tables people know from the policy first, then every other rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from bridge.policy.clock_calendars import calendars_of
from bridge.policy.document.layout import Cell, Document, Section, Table
from bridge.policy.document.wording import (
    clauses,
    described,
    heading,
    inside,
    length,
    listed,
    role,
    shown_elsewhere,
    spaced,
    when_late,
    worded,
)
from bridge.policy.model import PackCalendar, Policy
from bridge.policy.rules.clock import ClockRule, Target
from bridge.policy.rules.escalation import EscalationLevel
from bridge.policy.rules.severity import SeverityRow
from bridge.policy.rules.severity_choice import SeverityChoice
from bridge.ticket import Priority, Status

POINTS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")
IN_TABLES = frozenset({"conditional_calendars", "plan_targets", "targets"})
IN_SEVERITY_TABLE = frozenset({"levels", "rows", "chosen_in"})
HEADLINES = {
    "contact_list": "Contacts",
    "reactions": "Reactions",
    "waiting": "Waiting for the customer",
    "maintenance_windows": "Maintenance windows",
}
RULES = (
    "plans", "amendments", "waiting", "closure", "reopening", "intake", "gates", "workflows", "transitions",
    "status_notice", "reactions", "categories", "tiers", "shifts", "maintenance_windows", "duplicates", "contact_list",
    "language", "support_period", "onboarding", "contract_terms", "reports", "digests",
)  # fmt: skip
"""Sections of a pack whose rules are listed key by key, in the order of the document."""


def document(policy: Policy) -> Document:
    """The document of a pack."""
    sections = [_severity(policy), _response(policy), *_escalation(policy), _statuses(policy), _calendars(policy)]
    sections += [_rules(policy, name) for name in RULES]
    sections += [_messages(policy), _roles(policy), _informs(policy), _interpretations(policy), _clauses(policy)]
    filled = tuple(section for section in sections if any(table.rows for table in section.tables))
    return Document(policy.title, policy.version, policy.effective, policy.digest, filled)


def _severity(policy: Policy) -> Section:
    table = policy.severity
    rows = [_row(table.levels[row.level], row, table.clause) for row in table.rows]
    given = {row.level for row in table.rows}
    for level, priority in table.levels.items():
        if level not in given:
            rows.append(((level,), (priority.value,), (), (), (table.clause,)))
    more = described(table, _source(policy, "severity"), without=shown_elsewhere(table) | IN_SEVERITY_TABLE)
    head = ("Severity", "Priority", "Definition", "Applies when", "Clause")
    text = (*_chosen(policy, table.chosen_in), *map(heading, more))
    return Section("Severity levels", (Table(head, tuple(rows)),), text)


def _chosen(policy: Policy, choice: SeverityChoice | None) -> Iterator[str]:
    """Where people choose the severity, and what a change of it needs."""
    if choice is None:
        return
    yield f"Chosen in: {f'the fact {spaced(choice.fact)}' if choice.fact else 'the priority of the ticket'}"
    yield from map(heading, described(choice, _source(policy, "severity", "chosen_in"), without=frozenset({"fact"})))


def _row(priority: Priority, row: SeverityRow, clause: str) -> tuple[Cell, ...]:
    definition = (heading(row.reason),) if row.reason else ()
    return (row.level,), (priority.value,), definition, (row.when.worded(),), (row.clause or clause,)


def _response(policy: Policy) -> Section:
    """Response times: one row per level, one column per clock and plan, and the details of each clock."""
    columns = [(clock, plan) for clock in policy.clocks for plan in (None, *clock.plan_targets)]
    head = ("Severity", *(f"{heading(clock.name)}{f', {plan}' if plan else ''}" for clock, plan in columns))
    levels = policy.severity.levels if columns else ()
    many = _count_on_several(policy)
    rows = [((level,), *(_target(policy, *column, level, with_hours=many) for column in columns)) for level in levels]
    clocks: list[tuple[Cell, ...]] = []
    for index, clock in enumerate(policy.clocks):
        lines = described(clock, _source(policy, "clocks", index), without=shown_elsewhere(clock) | IN_TABLES)
        others = (f"calendar where {c.when.worded()}: {spaced(c.calendar)}" for c in clock.conditional_calendars)
        clocks.append(((heading(clock.name),), (*lines, *others), tuple(clauses(clock))))
    more = Table(("Clock", "Details", "Clause"), tuple(clocks))
    return Section("Response times", (Table(head, tuple(rows)), more))


def _count_on_several(policy: Policy) -> bool:
    """Whether not all targets count on one calendar, so that each has to name its own."""
    tables = [(clock, plan) for clock in policy.clocks for plan in (None, *clock.plan_targets)]
    found = (
        calendars_of(policy, clock, level, plan)
        for clock, plan in tables
        for level in (clock.plan_targets[plan] if plan else clock.targets)
    )
    return len({name for names in found for name in names}) > 1


def _target(policy: Policy, clock: ClockRule, plan: str | None, level: str, *, with_hours: bool) -> Cell:
    targets = clock.plan_targets[plan] if plan else clock.targets
    if level not in targets:
        return ("no target",)
    target: Target = targets[level]
    index = policy.clocks.index(clock)
    text = _source(policy, "clocks", index, *(("plan_targets", plan) if plan else ("targets",)), level)
    within = length(target.within, inside(text, "within") if isinstance(text, dict) else text)
    hours = list(_hours_of(policy, clock, level, plan)) if with_hours else []
    return (" ".join([within, *hours[:1]]), *hours[1:], *((target.clause,) if target.clause else ()))


def _hours_of(policy: Policy, clock: ClockRule, level: str, plan: str | None) -> Iterator[str]:
    """The calendar on which a target counts; several with their conditions, where more than level and plan decide."""
    found = calendars_of(policy, clock, level, plan)
    for name, when in sorted(found.items(), key=lambda each: each[1] is not None):
        yield f"({spaced(name)}{f' where {when.worded()}' if when and len(found) > 1 else ''})"


def _escalation(policy: Policy) -> Iterator[Section]:
    """Escalation: one row per level, one column per point of escalation."""
    schedule = policy.escalation
    if schedule is None:
        return
    highest = max((stage.stage for stage in schedule.stages), default=0)
    head = ("Severity", *(f"{POINTS[number]} point of escalation" for number in range(highest)))
    rows = []
    for level in policy.severity.levels:
        cells = {s.stage: _stage(policy, index, s) for index, s in enumerate(schedule.stages) if s.level == level}
        if cells:
            rows.append(((level,), *(cells.get(number + 1, ()) for number in range(highest))))
    late: tuple[str, ...] = (heading(when_late(schedule.if_late)),) if schedule.stages else ()
    late += (_resting(schedule.paused_in),) if schedule.paused_in else ()
    yield Section("Escalation schedule", (Table(head, tuple(rows)),), late)
    if schedule.on_request:
        source = _source(policy, "escalation", "on_request")
        details = described(schedule.on_request, source, without=shown_elsewhere(schedule.on_request))
        row = (details, tuple(clauses(schedule.on_request)))
        yield Section("Escalation on request", (Table(("Details", "Clause"), (row,)),))


def _stage(policy: Policy, index: int, stage: EscalationLevel) -> Cell:
    source = _source(policy, "escalation", "stages", index)
    only = f", where {stage.when.worded()}" if stage.when.root else ""
    lines = [f"If the ticket is not resolved in {length(stage.after, inside(source, 'after'))}{only} ({stage.clause}):"]
    lines += [_resting(stage.paused_in)] if stage.paused_in is not None else []
    lines += [f"The {role(name)} is contacted" for name in stage.notify]
    lines += [f"Ownership of the ticket is transferred to tier {stage.tier}"] if stage.tier else []
    if stage.update_every:
        every = length(stage.update_every, inside(source, "update_every"))
        if relaxed := stage.relaxed_update_every:
            slower = length(relaxed, inside(source, "relaxed_update_every"))
            every += f", or every {slower} once the customer agrees"
        readers = listed(["the customer", *(role(name) for name in stage.updates_to)])
        lines.append(f"Status updates to {readers} every {every}")
    return (*lines, *([stage.suggestion] if stage.suggestion else []))


def _resting(statuses: frozenset[Status]) -> str:
    return f"Its time rests in: {worded(statuses)}"


def _statuses(policy: Policy) -> Section:
    if policy.statuses is None:
        return Section("Statuses")
    rows = tuple(((label,), (spaced(status.value),)) for status, label in policy.statuses.labels.items())
    text = f"A ticket has one of these statuses; any other is left alone and reported ({policy.statuses.clause})."
    return Section("Statuses", (Table(("Status", "Meaning"), rows),), (text,))


def _calendars(policy: Policy) -> Section:
    rows = tuple(
        ((spaced(name),), _hours(spec), (spec.time_zone,), _closed(policy, name, spec), (spec.clause,))
        for name, spec in policy.calendars.items()
    )
    head = ("Calendar", "Open", "Time zone", "More", "Clause")
    return Section("Calendars", (Table(head, rows),), (f"Default calendar: {spaced(next(iter(policy.calendars)))}.",))


def _hours(spec: PackCalendar) -> Cell:
    if spec.hours == "always":
        return ("always",)
    own = (spec.hours or {}).items()
    inner = [f"{part.time_zone}: {worded(part.hours)}" for part in spec.union]
    return (*(f"{days} {listed(list(spans))}" for days, spans in own), *inner)


def _closed(policy: Policy, name: str, spec: PackCalendar) -> Cell:
    hidden = frozenset({"clause", "hours", "time_zone", "union"})
    return described(spec, _source(policy, "calendars", name), without=hidden)


def _rules(policy: Policy, section: str) -> Section:
    """The rules of a section, one line per key."""
    value = getattr(policy, section)
    parts: Iterable[BaseModel] = value if isinstance(value, tuple) else [value] if value else []
    rows = []
    for index, part in enumerate(parts):
        source = _source(policy, section, *((index,) if isinstance(value, tuple) else ()))
        name = str(getattr(part, "name", "") or section)
        details = described(part, source, without=shown_elsewhere(part)) or ("as the clause says",)
        rows.append(((heading(name),), details, tuple(clauses(part))))
    return Section(HEADLINES.get(section, heading(section)), (Table(("Rule", "Details", "Clause"), tuple(rows)),))


def _messages(policy: Policy) -> Section:
    rows = tuple(((spaced(name),), tuple(text.strip().splitlines())) for name, text in policy.templates.items())
    for language, texts in policy.translations.items():
        rows += tuple(((f"{spaced(name)} ({language})",), tuple(t.strip().splitlines())) for name, t in texts.items())
    for language, words in policy.translated_words.items():
        rows += (((f"words in {language}",), tuple(f"{word}: {text}" for word, text in words.items())),)
    return Section("Templates", (Table(("Template", "Text"), rows),))


def _roles(policy: Policy) -> Section:
    names = dict.fromkeys((*policy.role_directory, *policy.roles))
    rows = tuple(((role(name),), tuple(_contacts(policy, name))) for name in names)
    return Section("Roles", (Table(("Role", "Contact"), rows),))


def _contacts(policy: Policy, name: str) -> Iterator[str]:
    yield policy.roles.get(name, "named in the account")
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


def _source(policy: Policy, *path: str | int) -> Any:
    """The text of the pack at a place."""
    found: Any = policy.source
    for step in path:
        found = inside(found, step)
    return found
