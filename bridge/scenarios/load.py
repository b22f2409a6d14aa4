"""Reading stories: every word of a file is checked against the policy of its story before anything is played.

A fault names file, line, column, what was found and what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bridge.account import Account
from bridge.errors import InputError
from bridge.policy.calendars import duration
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.scenarios.language import ROLES, Changes, Expectation, Scenario
from bridge.scenarios.resolve import Story, read_fact
from bridge.yamlio.validate import Document, Fault, KeyPath, expected, read_all, reject, validate

LONGEST = timedelta(days=3660)
"""How far a story may reach after the creation of its ticket."""

LoadPolicy = Callable[[str, Mapping[str, Any]], Policy]


def read_stories(paths: Iterable[Path], *, load_policy: LoadPolicy = load_policy) -> list[Story]:
    """All stories of some files; a file holds one story, a list of them, or several YAML documents.

    ``load_policy`` gets the policy's name or path and the overrides. Raises ``InputError`` with every fault of every
    file, and then there is no story at all.
    """
    stories: list[Story] = []
    faults: list[str] = []
    for path in paths:
        try:
            parts = [part for document in read_all(path) for part in document.parts()]
        except InputError as error:
            faults.append(str(error))
            continue
        if not parts:
            faults.append(f"{path}: found no story; write at least policy, ticket and until")
        for part in parts:
            try:
                stories.append(story_of(part, load_policy=load_policy))
            except InputError as error:
                faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))
    return stories


def story_of(document: Document, *, load_policy: LoadPolicy = load_policy) -> Story:
    """One story from a document. Raises ``InputError`` with every fault in it."""
    scenario = validate(document, Scenario)
    story = Story(scenario, _governing(scenario, document, load_policy), document)
    if faults := list(_faults(story)):
        reject(faults)
    return story


def _governing(scenario: Scenario, document: Document, load: LoadPolicy) -> Policy:
    name, beside = scenario.policy, Path(document.name).parent / scenario.policy
    if Path(name).suffix in (".yaml", ".yml") and beside.is_file():
        name = str(beside)
    try:
        load(name, {})
    except InputError as error:
        reject(document.fault(("policy",), line) for line in str(error).splitlines())
    try:
        return load(name, scenario.overrides)
    except InputError as error:
        reject(document.fault(("overrides",), line) for line in str(error).splitlines())


def _faults(story: Story) -> Iterator[Fault]:
    """Everything in a story that is not a word of its policy, or a time outside the story."""
    if story.is_backlog and story.scenario.backlog == "adopt":
        told = "found a ticket created before it; adopting a backlog is not available in this version yet; "
        told += "allowed: backlog: ignore or backlog: judge, or a time that is not after the ticket's creation"
        yield story.document.fault(("in_force_since",), told)
    yield from _ticket_faults(story)
    yield from _account_faults(story)
    for index, event in enumerate(story.scenario.events):
        yield from _time_faults(story, ("events", index, "at"), event.at)
        if event.set_:
            yield from _set_faults(story, ("events", index, "set"), event.set_)
    yield from _time_faults(story, ("until",), story.scenario.until)
    for key in ("expect", "never"):
        for index, expectation in enumerate(getattr(story.scenario, key)):
            yield from _expectation_faults(story, (key, index), expectation)
    for index, row in enumerate(story.scenario.clocks):
        yield from _clause_faults(story, ("clocks", index, "clause"), row.clause)


def _ticket_faults(story: Story) -> Iterator[Fault]:
    words = story.scenario.ticket
    yield from _type_faults(story, ("ticket", "type"), words.type)
    yield from _fact_faults(story, ("ticket", "facts"), words.facts, beside=())


def _set_faults(story: Story, path: KeyPath, changes: Changes) -> Iterator[Fault]:
    yield from _type_faults(story, (*path, "type"), changes.type)
    yield from _fact_faults(story, path, changes.model_extra or {}, beside=Changes.model_fields)


def _type_faults(story: Story, path: KeyPath, found: str | None) -> Iterator[Fault]:
    if found is not None and found not in story.policy.ticket_types:
        yield story.document.fault(path, expected(found, story.policy.ticket_types))


def _fact_faults(story: Story, path: KeyPath, facts: dict[str, Any], *, beside: Iterable[str]) -> Iterator[Fault]:
    for name, value in facts.items():
        if name not in story.policy.facts:
            known = (*beside, *story.policy.facts)
            yield story.document.fault((*path, name), f"unknown fact: {expected(name, known)}", key=True)
            continue
        try:
            read_fact(story.policy.facts[name], value, story.scenario.ticket.at)
        except (ValueError, OverflowError) as error:
            yield story.document.fault((*path, name), str(error))


def _account_faults(story: Story) -> Iterator[Fault]:
    account = story.account or Account()
    for role in account.roles:
        if role not in _roles(story):
            yield story.document.fault(("account", "roles", role), expected(role, _roles(story)), key=True)
    try:
        story.policy.for_account(account)
    except (InputError, ValidationError) as error:
        for line in str(error).splitlines():
            yield story.document.fault(("account", "overrides"), line)


def _roles(story: Story) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*ROLES, *story.policy.roles, *story.policy.role_directory)))


def _expectation_faults(story: Story, path: KeyPath, found: Expectation) -> Iterator[Fault]:
    yield from _clause_faults(story, (*path, "clause"), found.clause)
    if found.action == "notify" and found.value is not None and found.value not in _roles(story):
        yield story.document.fault((*path, "notify"), expected(found.value, _roles(story)))
    if found.at is not None:
        yield from _time_faults(story, (*path, "at"), found.at)


def _clause_faults(story: Story, path: KeyPath, clause: str | None) -> Iterator[Fault]:
    """``XX-00``, by which a pack says that it governs the ticket, is a clause of every pack, listed or not."""
    clauses = story.policy.clauses
    governing = {f"{each.rpartition('-')[0]}-00" for each in clauses}
    if clause is not None and clause not in {*clauses, *governing}:
        yield story.document.fault(path, expected(clause, clauses))


def _time_faults(story: Story, path: KeyPath, when: timedelta | datetime) -> Iterator[Fault]:
    created = story.scenario.ticket.at
    after = when if isinstance(when, timedelta) else when - created
    if not timedelta() <= after <= LONGEST:
        found = f"+{duration.format_length(when)}" if isinstance(when, timedelta) else f"{when:%Y-%m-%dT%H:%M:%SZ}"
        span = f"from the creation ({created:%Y-%m-%dT%H:%M:%SZ}) to +{LONGEST.days}d"
        yield story.document.fault(path, f"found {found}; allowed: {span}")
