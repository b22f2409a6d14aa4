"""Reading scenarios: every name in a file is checked against the policy of its scenario before anything is played.

A problem names file, line, column, what was found and what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from bridge.account import Account
from bridge.errors import InputError
from bridge.policy.calendars import duration
from bridge.policy.load import load_policy, override_problems, removal_problems
from bridge.policy.model import Policy
from bridge.scenarios.expectations import Expectation
from bridge.scenarios.language import ROLES, Changes, MergedTicket, Scenario
from bridge.scenarios.resolve import ResolvedScenario, read_fact
from bridge.yamlio.document import LARGE, YamlDocument, read_all
from bridge.yamlio.problems import FileProblem, KeyPath, expected, reject, shown
from bridge.yamlio.validate import validate

LONGEST = timedelta(days=3660)
"""How far a scenario may reach after the creation of its ticket."""

LoadPolicy = Callable[[str, Mapping[str, Any]], Policy]


class Unreadable(NamedTuple):
    """A scenario, or a file of them, that cannot be read, and every problem in it."""

    name: str
    problems: str


def load_scenarios(paths: Iterable[Path], *, load_policy: LoadPolicy = load_policy) -> list[ResolvedScenario]:
    """All scenarios of some files; a file holds one scenario, a list of them, or several YAML documents.

    ``load_policy`` gets the policy's name or path and the overrides. Raises ``InputError`` with every problem of every
    file, and then there is no scenario at all.
    """
    found = list(read_scenarios(paths, load_policy=load_policy))
    if problems := [each.problems for each in found if isinstance(each, Unreadable)]:
        raise InputError("\n".join(problems))
    return [each for each in found if isinstance(each, ResolvedScenario)]


def read_scenarios(
    paths: Iterable[Path], *, load_policy: LoadPolicy = load_policy
) -> Iterator[ResolvedScenario | Unreadable]:
    """All scenarios of some files, each by itself, readable or not."""
    for path in paths:
        try:
            parts = [part for document in read_all(path, most=LARGE) for part in document.parts()]
        except InputError as error:
            yield Unreadable(str(path), str(error))
            continue
        if not parts:
            yield Unreadable(str(path), f"{path}: found no scenario; write at least policy, ticket and until")
        for part in parts:
            try:
                yield resolve_scenario(part, load_policy=load_policy)
            except InputError as error:
                yield Unreadable(_name_of(part, path), str(error))


def _name_of(document: YamlDocument, path: Path) -> str:
    """What a scenario that cannot be read calls itself, or its file."""
    named = document.value.get("name") if isinstance(document.value, dict) else None
    return str(named or path)


def resolve_scenario(document: YamlDocument, *, load_policy: LoadPolicy = load_policy) -> ResolvedScenario:
    """One scenario from a document. Raises ``InputError`` with every problem in it."""
    written = validate(document, Scenario)
    scenario = ResolvedScenario(written, _policy_of(written, document, load_policy), document)
    if problems := list(_problems(scenario)):
        reject(problems)
    return scenario


def _policy_of(scenario: Scenario, document: YamlDocument, load: LoadPolicy) -> Policy:
    name, beside = scenario.policy, Path(document.name).parent / scenario.policy
    if Path(name).suffix in (".yaml", ".yml") and beside.is_file():
        name = str(beside)
    try:
        load(name, {})
    except InputError as error:
        reject(document.problem(("policy",), line) for line in str(error).splitlines())
    if unknown := removal_problems(document, name, scenario.overrides, "overrides"):
        reject(unknown)
    try:
        return load(name, scenario.overrides)
    except InputError as error:
        reject(override_problems(document, ("overrides",), scenario.overrides, error))


def _problems(scenario: ResolvedScenario) -> Iterator[FileProblem]:
    """Every name in a scenario that its policy does not have, and every time outside the scenario."""
    yield from _ticket_problems(scenario)
    yield from _account_problems(scenario)
    for index, event in enumerate(scenario.written.events):
        yield from _time_problems(scenario, ("events", index, "at"), event.at)
        if event.set_:
            yield from _set_problems(scenario, ("events", index, "set"), event.set_)
        if event.merge:
            yield from _merge_problems(scenario, ("events", index, "merge"), event.merge, event.at)
    yield from _time_problems(scenario, ("until",), scenario.written.until)
    for key in ("expect", "never"):
        for index, expectation in enumerate(getattr(scenario.written, key)):
            yield from _expectation_problems(scenario, (key, index), expectation)
    for index, row in enumerate(scenario.written.clocks):
        yield from _clause_problems(scenario, ("clocks", index, "clause"), row.clause)


def _ticket_problems(scenario: ResolvedScenario) -> Iterator[FileProblem]:
    words = scenario.written.ticket
    yield from _type_problems(scenario, ("ticket", "type"), words.type)
    yield from _fact_problems(scenario, ("ticket", "facts"), words.facts, beside=())


def _merge_problems(
    scenario: ResolvedScenario, path: KeyPath, merged: MergedTicket, when: timedelta | datetime
) -> Iterator[FileProblem]:
    if merged.id == scenario.ticket.ref.id:
        text = f"found {merged.id!r}, the ticket of this scenario, and no ticket can be merged into itself"
        yield scenario.document.problem((*path, "id"), f"{text}; allowed: the id of another ticket")
    if merged.at > scenario.instant(when):
        text = f"found {shown(merged.at)}, after the merge; allowed: a time before it"
        yield scenario.document.problem((*path, "at"), text)


def _set_problems(scenario: ResolvedScenario, path: KeyPath, changes: Changes) -> Iterator[FileProblem]:
    yield from _type_problems(scenario, (*path, "type"), changes.type)
    yield from _fact_problems(scenario, path, changes.model_extra or {}, beside=Changes.model_fields)


def _type_problems(scenario: ResolvedScenario, path: KeyPath, found: str | None) -> Iterator[FileProblem]:
    if found is not None and found not in scenario.policy.ticket_types:
        yield scenario.document.problem(path, expected(found, scenario.policy.ticket_types))


def _fact_problems(
    scenario: ResolvedScenario, path: KeyPath, facts: dict[str, Any], *, beside: Iterable[str]
) -> Iterator[FileProblem]:
    for name, value in facts.items():
        if name not in scenario.policy.facts:
            known = (*beside, *scenario.policy.facts)
            yield scenario.document.problem((*path, name), f"unknown fact: {expected(name, known)}", key=True)
            continue
        try:
            read_fact(scenario.policy.facts[name], value, scenario.written.ticket.at)
        except (ValueError, OverflowError) as error:
            yield scenario.document.problem((*path, name), str(error))


def _account_problems(scenario: ResolvedScenario) -> Iterator[FileProblem]:
    account = scenario.account or Account()
    for role in account.roles:
        if role not in _roles(scenario):
            yield scenario.document.problem(("account", "roles", role), expected(role, _roles(scenario)), key=True)
    try:
        scenario.policy.for_account(account)
    except (InputError, ValidationError) as error:
        for line in str(error).splitlines():
            yield scenario.document.problem(("account", "overrides"), line)


def _roles(scenario: ResolvedScenario) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*ROLES, *scenario.policy.roles, *scenario.policy.role_directory)))


def _expectation_problems(scenario: ResolvedScenario, path: KeyPath, found: Expectation) -> Iterator[FileProblem]:
    yield from _clause_problems(scenario, (*path, "clause"), found.clause)
    if found.action == "notify" and found.value is not None and found.value not in _roles(scenario):
        yield scenario.document.problem((*path, "notify"), expected(found.value, _roles(scenario)))
    if found.at is not None:
        yield from _time_problems(scenario, (*path, "at"), found.at)


def _clause_problems(scenario: ResolvedScenario, path: KeyPath, clause: str | None) -> Iterator[FileProblem]:
    """``XX-00``, by which a pack says that it governs the ticket, is a clause of every pack, listed or not."""
    clauses = scenario.policy.clauses
    governing = {f"{each.rpartition('-')[0]}-00" for each in clauses}
    if clause is not None and clause not in {*clauses, *governing}:
        yield scenario.document.problem(path, expected(clause, clauses))


def _time_problems(scenario: ResolvedScenario, path: KeyPath, when: timedelta | datetime) -> Iterator[FileProblem]:
    created = scenario.written.ticket.at
    after = when if isinstance(when, timedelta) else when - created
    if not timedelta() <= after <= LONGEST:
        found = f"+{duration.format_length(when)}" if isinstance(when, timedelta) else f"{when:%Y-%m-%dT%H:%M:%SZ}"
        span = f"from the creation ({created:%Y-%m-%dT%H:%M:%SZ}) to +{LONGEST.days}d"
        yield scenario.document.problem(path, f"found {found}; allowed: {span}")
