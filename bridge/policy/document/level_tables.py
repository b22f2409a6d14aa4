"""The tables that people know from the policy, by severity: definitions, response times and escalation."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision.display import role_title
from bridge.policy.clock_calendars import calendars_of
from bridge.policy.document.layout import Cell, Section, Table
from bridge.policy.document.wording import (
    clauses,
    described,
    heading,
    inside,
    length,
    shown_elsewhere,
    spaced,
    text_at,
    when_late,
    worded,
)
from bridge.policy.evaluation.sentence import Sentence, listed, series
from bridge.policy.evaluation.terms import term
from bridge.policy.model import Policy
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.clock_targets import Target
from bridge.policy.rules.escalation import EscalationLevel
from bridge.policy.rules.severity import SeverityRow
from bridge.policy.rules.severity_choice import SeverityChoice
from bridge.ticket import Priority, Status

POINTS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")
IN_TABLES = frozenset({"conditional_calendars", "plan_targets", "targets"})
IN_SEVERITY_TABLE = frozenset({"levels", "rows", "chosen_in"})


def severity_section(policy: Policy) -> Section:
    """Severity levels: one row per level, with its definition."""
    table = policy.severity
    rows = [_row(table.levels[row.level], row, table.clause) for row in table.rows]
    given = {row.level for row in table.rows}
    for level, priority in table.levels.items():
        if level not in given:
            rows.append(((level,), (term(priority.value),), (), (), (table.clause,)))
    more = described(table, text_at(policy, "severity"), without=shown_elsewhere(table) | IN_SEVERITY_TABLE)
    head = ("Severity", "Priority", "Definition", "Applies when", "Clause")
    text = (*_chosen(policy, table.chosen_in), *map(heading, more))
    return Section("Severity levels", (Table(head, tuple(rows)),), text)


def _chosen(policy: Policy, choice: SeverityChoice | None) -> Iterator[str]:
    """Where people choose the severity, and what a change of it needs."""
    if choice is None:
        return
    if choice.fact:
        yield Sentence("Chosen in: the fact %(fact)s", fact=spaced(choice.fact))
    else:
        yield Sentence("Chosen in: the priority of the ticket")
    yield from map(heading, described(choice, text_at(policy, "severity", "chosen_in"), without=frozenset({"fact"})))


def _row(priority: Priority, row: SeverityRow, clause: str) -> tuple[Cell, ...]:
    definition = (heading(row.reason),) if row.reason else ()
    return (row.level,), (term(priority.value),), definition, (row.when.worded(),), (row.clause or clause,)


def response_section(policy: Policy) -> Section:
    """Response times: one row per level, one column per clock and plan, and the details of each clock."""
    columns = [(clock, plan) for clock in policy.clocks for plan in (None, *clock.plan_targets)]
    head = ("Severity", *(series([heading(clock.name), *([plan] if plan else [])]) for clock, plan in columns))
    levels = policy.severity.levels if columns else ()
    many = _count_on_several(policy)
    rows = [((level,), *(_target(policy, *column, level, with_hours=many) for column in columns)) for level in levels]
    clocks: list[tuple[Cell, ...]] = []
    for index, clock in enumerate(policy.clocks):
        lines = described(clock, text_at(policy, "clocks", index), without=shown_elsewhere(clock) | IN_TABLES)
        others = (
            Sentence("calendar where %(condition)s: %(name)s", condition=c.when.worded(), name=spaced(c.calendar))
            for c in clock.conditional_calendars
        )
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
        return (Sentence("no target"),)
    target: Target = targets[level]
    index = policy.clocks.index(clock)
    text = text_at(policy, "clocks", index, *(("plan_targets", plan) if plan else ("targets",)), level)
    within = length(target.within, inside(text, "within") if isinstance(text, dict) else text)
    hours = list(_hours_of(policy, clock, level, plan)) if with_hours else []
    return (series([within, *hours[:1]], " "), *hours[1:], *((target.clause,) if target.clause else ()))


def _hours_of(policy: Policy, clock: ClockRule, level: str, plan: str | None) -> Iterator[str]:
    """The calendar on which a target counts; several with their conditions, where more than level and plan decide."""
    found = calendars_of(policy, clock, level, plan)
    for name, when in sorted(found.items(), key=lambda each: each[1] is not None):
        if when and len(found) > 1:
            yield Sentence("(%(name)s where %(condition)s)", name=spaced(name), condition=when.worded())
        else:
            yield f"({spaced(name)})"


def escalation_sections(policy: Policy) -> Iterator[Section]:
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
        source = text_at(policy, "escalation", "on_request")
        details = described(schedule.on_request, source, without=shown_elsewhere(schedule.on_request))
        row = (details, tuple(clauses(schedule.on_request)))
        yield Section("Escalation on request", (Table(("Details", "Clause"), (row,)),))


def _stage(policy: Policy, index: int, stage: EscalationLevel) -> Cell:
    source = text_at(policy, "escalation", "stages", index)
    lines: list[str] = [_reached(stage, length(stage.after, inside(source, "after")))]
    lines += [_resting(stage.paused_in)] if stage.paused_in is not None else []
    lines += [Sentence("The %(role)s is contacted", role=role_title(name)) for name in stage.notify]
    lines += (
        [Sentence("Ownership of the ticket is transferred to tier %(tier)s", tier=stage.tier)] if stage.tier else []
    )
    if stage.update_every:
        every = length(stage.update_every, inside(source, "update_every"))
        if relaxed := stage.relaxed_update_every:
            slower = length(relaxed, inside(source, "relaxed_update_every"))
            every = Sentence("%(time)s, or every %(slower)s once the customer agrees", time=every, slower=slower)
        readers = listed([Sentence("the customer"), *(role_title(name) for name in stage.updates_to)])
        lines.append(Sentence("Status updates to %(readers)s every %(time)s", readers=readers, time=every))
    return (*lines, *([stage.suggestion] if stage.suggestion else []))


def _reached(stage: EscalationLevel, after: Sentence) -> Sentence:
    words = {"time": after, "clause": stage.clause}
    if not stage.when.root:
        return Sentence("If the ticket is not resolved in %(time)s (%(clause)s):", **words)
    words["condition"] = stage.when.worded()
    return Sentence("If the ticket is not resolved in %(time)s, where %(condition)s (%(clause)s):", **words)


def _resting(statuses: frozenset[Status]) -> Sentence:
    return Sentence("Its time does not count in: %(statuses)s", statuses=worded(statuses))
