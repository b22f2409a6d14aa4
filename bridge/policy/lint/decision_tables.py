"""Choices between rows: gaps, overlaps, and what can never be reached; each ticket the rows can tell apart is tried."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, groupby
from operator import itemgetter

from bridge.policy.condition_space import ConditionSpace, Matches, describe_point, holds_at
from bridge.policy.evaluation.predicate import Predicate, compared_values
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.pack_parts import conditions
from bridge.policy.references import Path


def _rows(policy: Policy) -> Matches:
    """The severity table over every ticket that it rates."""
    table = policy.severity
    whens = [row.when for row in table.rows]
    space = ConditionSpace.of(policy, [*whens, *([table.unless] if table.unless else [])])
    return Matches.of(whens, (p for p in space.points() if not (table.unless and holds_at(table.unless, p))))


def _row_name(policy: Policy, index: int) -> str:
    return f"row {index + 1} ({policy.severity.rows[index].level})"


@check("PB201", Level.ERROR, "a row that is never reached")
def unreachable_rows(policy: Policy) -> Iterator[Found]:
    matches = _rows(policy)
    for index in range(len(policy.severity.rows)) if matches.points else ():
        if matches.first[index] or _contradicted_row(policy, matches, index) is not None:
            continue
        because = f"its tickets already match {_rows_before(policy, matches, index)}"
        because = because if matches.holding[index] else "its condition can never be true"
        fix = "move it above the wider rows" if matches.holding[index] else "correct its condition"
        found = f"{_row_name(policy, index)}: {because}"
        yield Found(("severity", "rows", index), found, "rows that some tickets reach", f"{fix}, or remove it")


def _rows_before(policy: Policy, matches: Matches, index: int) -> str:
    """The rows that come first for the tickets of a row."""
    return " and ".join(_row_name(policy, i) for i in range(index) if matches.first[i] & matches.holding[index])


@check("PB202", Level.ERROR, "an overlap of two levels")
def contradicting_rows(policy: Policy) -> Iterator[Found]:
    matches = _rows(policy)
    for index in range(len(policy.severity.rows)):
        twin = _contradicted_row(policy, matches, index)
        if twin is not None and not matches.first[index]:
            found = f"{_row_name(policy, index)} for exactly the tickets of {_row_name(policy, twin)}"
            fix = "remove one row, or narrow its condition"
            yield Found(("severity", "rows", index), found, "one level per ticket", fix)


def _contradicted_row(policy: Policy, matches: Matches, index: int) -> int | None:
    """An earlier row for the same tickets with another level."""
    rows, mine = policy.severity.rows, matches.holding[index]
    same = (i for i in range(index) if mine and matches.holding[i] == mine and rows[i].level != rows[index].level)
    return next(same, None)


@check("PB203", Level.WARNING, "an overlap in which the milder level wins")
def milder_rows(policy: Policy) -> Iterator[Found]:
    for earlier, overlaps in groupby(_overlaps(policy, milder_first=True), key=itemgetter(0)):
        later, examples = zip(*((index, example) for _, index, example in overlaps), strict=True)
        milder_than = ", ".join(_row_name(policy, index) for index in later)
        found = f"{_row_name(policy, earlier)} before {milder_than}, and both match where {examples[0]}"
        fix = "put the more severe row first, or narrow the condition of the earlier row"
        yield Found(("severity", "rows", earlier), found, "the more severe row first", fix)


@check("PB204", Level.NOTE, "rows that overlap")
def overlapping_rows(policy: Policy) -> Iterator[Found]:
    pairs = [f"{earlier + 1} and {later + 1}" for earlier, later, _ in _overlaps(policy, milder_first=False)]
    if pairs:
        found = f"a ticket can match both rows {', or '.join(pairs)}"
        allowed = "rows that overlap, because the first row that matches counts"
        yield Found(("severity", "rows"), found, allowed, "nothing to do if the more severe row comes first")


def _overlaps(policy: Policy, *, milder_first: bool) -> Iterator[tuple[int, int, str]]:
    """Rows of different levels that are both reached and hold together: the earlier, the later, an example.

    A row for a type of tickets is an exception by its nature, and may be milder.
    """
    matches, rows, order = _rows(policy), policy.severity.rows, list(policy.severity.levels)
    for earlier, later in combinations(range(len(rows)), 2):
        common = matches.first[earlier] & matches.holding[later]
        if not common or not matches.first[later] or rows[earlier].level == rows[later].level:
            continue
        typed = "type" in _reads(rows[earlier].when) and "type" not in _reads(rows[later].when)
        milder = order.index(rows[earlier].level) > order.index(rows[later].level) and not typed
        if milder == milder_first:
            yield earlier, later, describe_point(matches.points[min(common)])


def _reads(when: Predicate) -> set[str]:
    return {name for _, name, _ in when.names()}


def _gaps(policy: Policy) -> tuple[int, int, str]:
    """Tickets on which everything is known and no row holds: how many, of how many, an example."""
    table = policy.severity
    whens = [row.when for row in table.rows]
    space = ConditionSpace.of(policy, [*whens, *([table.unless] if table.unless else [])], known=True)
    matches = Matches.of(whens, (p for p in space.points() if not (table.unless and holds_at(table.unless, p))))
    missed = matches.unmatched() if whens else []
    return len(missed), len(matches.points), describe_point(missed[0]) if missed else ""


@check("PB205", Level.ERROR, "a gap in the severity table")
def gaps(policy: Policy) -> Iterator[Found]:
    table = policy.severity
    if table.default or table.unknown_tag or (table.chosen_in and not table.rows):
        return
    if not table.rows:
        found = "no rows, no default and no chosen_in, so no ticket gets a level"
        yield Found(("severity",), found, "rows, chosen_in or default", "add the rows of the document")
        return
    missed, of, example = _gaps(policy)
    if missed:
        unless = ", while nobody has chosen a level" if table.chosen_in else ""
        found = f"{missed} of {of} combinations without a row, such as {example}{unless}"
        fix = "add a row or a default, or mark such tickets with unknown_tag"
        yield Found(("severity", "rows"), found, "a level for every combination", fix)


@check("PB206", Level.NOTE, "tickets without a level")
def marked_gaps(policy: Policy) -> Iterator[Found]:
    table = policy.severity
    if table.default or not table.unknown_tag:
        return
    missed, of, example = _gaps(policy)
    if missed:
        found = f"{missed} of {of} combinations without a row, such as {example}"
        marked = f"gaps that are marked (policy_{table.unknown_tag})"
        yield Found(("severity", "rows"), found, marked, "add a row where the document gives a level")


@check("PB207", Level.ERROR, "an alternative that is never reached")
def unreachable_alternatives(policy: Policy) -> Iterator[Found]:
    for path, whens in _alternatives(policy):
        matches = Matches.of(whens, ConditionSpace.of(policy, whens).points())
        for index in range(len(whens)) if matches.points else ():
            if matches.holding[index] and not matches.first[index]:
                found = f"alternative {index + 1}, whose tickets already match earlier alternatives"
                yield Found((*path, index), found, "alternatives that some tickets reach", "move it up, or remove it")


def _alternatives(policy: Policy) -> Iterator[tuple[Path, list[Predicate]]]:
    for index, clock in enumerate(policy.clocks):
        yield ("clocks", index, "conditional_calendars"), [other.when for other in clock.conditional_calendars]
    for number, flow in enumerate(policy.workflows):
        for index, step in enumerate(flow.stages):
            yield ("workflows", number, "stages", index, "status"), [choice.when for choice in step.status]


@check("PB208", Level.WARNING, "reactions that contradict each other")
def contradicting_routes(policy: Policy) -> Iterator[Found]:
    routes = [(index, route) for index, route in enumerate(policy.reactions) if route.group and not route.hand_back]
    for (_, one), (index, other) in combinations(routes, 2):
        if one.group == other.group:
            continue
        both = [one.when, other.when]
        common = next(
            (p for p in ConditionSpace.of(policy, both).points() if all(holds_at(when, p) for when in both)), None
        )
        if common is not None:
            found = f"{one.name!r} to {one.group} and {other.name!r} to {other.group} where {describe_point(common)}"
            fix = "narrow one of the conditions; otherwise the one that became true last wins"
            yield Found(("reactions", index, "when"), found, "one group per ticket", fix)


@check("PB209", Level.WARNING, "a level that is never assigned")
def levels_never_given(policy: Policy) -> Iterator[Found]:
    table = policy.severity
    if table.chosen_in:
        return
    given = {row.level for row in table.rows} | {table.default}
    for level in table.levels:
        if table.rows and level not in given:
            fix = "add a row for it, or remove the level"
            yield Found(("severity", "levels", level), f"level {level} without a row", "levels that have a row", fix)


@check("PB210", Level.ERROR, "a condition that can never be true")
def dead_conditions(policy: Policy) -> Iterator[Found]:
    for path, when in conditions(policy):
        if path[:2] == ("severity", "rows"):
            continue
        points = list(ConditionSpace.of(policy, [when]).points())
        if points and not any(holds_at(when, point) for point in points):
            found = f"{when.worded()!r}, which no ticket can match"
            yield Found(path, found, "conditions that some tickets match", "correct it, or remove its rule")


@check("PB211", Level.ERROR, "two waiting rules for one status")
def shared_waiting(policy: Policy) -> Iterator[Found]:
    for (_, one), (index, other) in combinations(enumerate(policy.waiting), 2):
        for status in sorted(one.statuses & other.statuses):
            found = f"{status.value} in both {one.name!r} and {other.name!r}"
            fix = "use another status in one of them"
            yield Found(("waiting", index, "statuses"), found, "one waiting rule per status", fix)


@check("PB212", Level.WARNING, "an account under two plans")
def accounts_under_two_plans(policy: Policy) -> Iterator[Found]:
    whens = [row.when for row in policy.plans]
    matches = Matches.of(whens, ConditionSpace.of(policy, whens).points())
    for index, row in enumerate(policy.plans):
        for account in _accounts(row.when.names()):
            its = {number for number in matches.holding[index] if matches.points[number].get("account") == account}
            if its and not its & matches.first[index]:
                earlier = next(i for i in range(index) if its & matches.first[i])
                found = f"{account}, which has the plan {policy.plans[earlier].name} already"
                fix = "remove it from one of them; the first plan whose condition is true counts"
                yield Found(("plans", index, "when"), found, "each account under one plan", fix)


def _accounts(names: tuple[tuple[tuple[str | int, ...], str, object], ...]) -> list[str]:
    """The accounts that a condition names."""
    return [str(value) for _, name, test in names if name == "account" for value in compared_values(test)]
