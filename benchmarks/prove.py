"""How many harmful edits ``policybridge prove`` finds, how fast, and whether it accuses harmless ones.

An edit is a mutant of a shipped pack. It counts as harmful if in a shipped scenario a customer is worse off under it:
the search knows nothing of those. Beside it, scenarios drawn at random from the same words in the same time.

Times are processor time of one process, so that a busy machine changes nothing.

    python -m benchmarks.prove [--packs maas360,...] [--each 20] [--harmless 10] [--seconds 60] [--random]
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import click
from pydantic import ValidationError

from bridge.errors import BridgeError
from bridge.policy.lint import Level, lint
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.mutants import Alteration, alterations, altered
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.run import scenario_files
from bridge.scenarios.search.candidate import Candidate, resolved
from bridge.scenarios.search.edit import Edit
from bridge.scenarios.search.harms import Course, HarmKind, find_harm
from bridge.scenarios.search.prove import Prover
from bridge.scenarios.search.starts import starts_of
from bridge.scenarios.search.words import words_of
from bridge.scenarios.simulate import simulate
from bridge.yamlio.problems import dotted

SCENARIOS = Path(__file__).parents[1] / "mappings" / "scenarios"
KINDS = list(HarmKind)
DRAWN_EVENTS = 5
DRAWN_WITHIN = timedelta(days=20)


@dataclass(frozen=True)
class Try:
    """One edit, and what became of it."""

    pack: str
    name: str
    kind: str
    events: int
    seconds: float
    at_random: bool
    """Whether scenarios drawn at random in the same time found something."""


def course(scenario: ResolvedScenario, policy: Policy) -> Course:
    """What a pack does in a scenario."""
    outcome = simulate(scenario, policy=policy)
    return Course(outcome.timeline, outcome.clocks, outcome.final.priority, scenario.until)


def harmful(pack: str, number: int, seed: int) -> Iterator[Alteration]:
    """Mutants under which a customer of a shipped scenario is worse off, drawn at random."""
    old = load_policy(pack)
    played = [each for each in load_scenarios(scenario_files([SCENARIOS / pack])) if not each.written.overrides]
    before = [course(each, old) for each in played]
    changes = list(alterations(old.source, old))
    Random(seed).shuffle(changes)  # noqa: S311 - a sample, not a secret
    found = 0
    for change in changes:
        if found == number:
            return
        if (new := _valid(old, change)) and _harms(played, before, new):
            found += 1
            yield change


def _valid(old: Policy, change: Alteration) -> Policy | None:
    try:
        new = Policy.of(altered(old.source, change))
    except (ValidationError, BridgeError, ValueError, LookupError):
        return None
    return None if any(True for _ in lint(new, only=Level.ERROR)) else new


def _harms(played: Sequence[ResolvedScenario], before: Sequence[Course], new: Policy) -> bool:
    try:
        return any(find_harm(was, course(each, new), KINDS) for each, was in zip(played, before, strict=True))
    except (BridgeError, ValidationError, ValueError, LookupError):
        return False


def rewrites(pack: str, number: int, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Packs that are written differently and mean the same."""
    source = load_policy(pack).source
    chance = Random(seed)  # noqa: S311 - a sample, not a secret
    for index in range(number):
        copy = deepcopy(source)
        name, rewrite = _REWRITES[index % len(_REWRITES)]
        rewrite(copy, chance)
        yield name, copy


def _other_texts(pack: dict[str, Any], chance: Random) -> None:
    name = chance.choice(list(pack["templates"]))
    pack["templates"][name] += "\nKind regards"


def _other_units(pack: dict[str, Any], _chance: Random) -> None:
    hours = {f"{number}h": f"{60 * number}m" for number in range(1, 100)} | {"7d": "168h", "2d": "48h"}
    _replace(pack, lambda value: hours.get(value, value) if isinstance(value, str) else value)


def _nested_conditions(pack: dict[str, Any], _chance: Random) -> None:
    _conditions(pack, lambda when: {"any": [when]})


def _reversed_keys(pack: dict[str, Any], _chance: Random) -> None:
    _conditions(pack, lambda when: dict(reversed(when.items())))


def _other_version(pack: dict[str, Any], _chance: Random) -> None:
    pack["version"], pack["title"] = "99", "Another title"
    for clause in pack["clauses"].values():
        clause["text"] += "."


_REWRITES = (
    ("other texts", _other_texts),
    ("other units", _other_units),
    ("nested conditions", _nested_conditions),
    ("keys in another order", _reversed_keys),
    ("another version and title", _other_version),
)


def _replace(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        for key, inner in value.items():
            value[key] = _replace(inner, change)
        return value
    if isinstance(value, list):
        value[:] = [_replace(inner, change) for inner in value]
        return value
    return change(value)


def _conditions(value: Any, change: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "when" and isinstance(inner, dict) and inner:
                value[key] = change(inner)
            else:
                _conditions(inner, change)
    elif isinstance(value, list):
        for inner in value:
            _conditions(inner, change)


def prove(job: tuple[str, str, dict[str, Any], float, bool]) -> Try:
    """Search for a scenario on which somebody is worse off."""
    pack, name, source, seconds, draws = job
    old, new = load_policy(pack), Policy.of(source)
    began = time.process_time()
    proof = Prover(lambda: time.process_time() - began > seconds).compare(old, new, KINDS, pack)
    took = time.process_time() - began
    return Try(pack, name, proof.kind, proof.events, took, draws and drawn(old, new, max(took, 1.0)))


def drawn(old: Policy, new: Policy, seconds: float) -> bool:
    """Whether one of the scenarios is harmful that can be drawn at random in some time."""
    chance, began = Random(0), time.process_time()  # noqa: S311 - a sample, not a secret
    edit = Edit.between(old, old)
    words, starts = words_of(old), starts_of(old, old, edit, limit=200)
    while time.process_time() - began < seconds:
        start = chance.choice(starts)
        delays = sorted(chance.uniform(0, DRAWN_WITHIN.total_seconds()) for _ in range(chance.randint(0, DRAWN_EVENTS)))
        events = tuple((start.at + timedelta(seconds=int(each)), chance.choice(words)) for each in delays)
        candidate = Candidate(start, events)
        try:
            scenario = resolved(candidate.scenario(old.pack, start.at + DRAWN_WITHIN), old)
            if find_harm(course(scenario, old), course(scenario, new), KINDS):
                return True
        except BridgeError:
            continue
    return False


@click.command()
@click.option("--packs", "names", default=",".join(packs()), show_default=True)
@click.option("--each", default=20, show_default=True, help="Harmful edits of each pack.")
@click.option("--harmless", default=10, show_default=True, help="Harmless rewrites of each pack.")
@click.option("--seconds", default=60.0, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--jobs", default=2, show_default=True)
@click.option("--random", "draws", is_flag=True, help="Compare with scenarios drawn at random.")
def main(names: str, each: int, harmless: int, seconds: float, seed: int, jobs: int, *, draws: bool) -> None:
    """Print what was found."""
    work = []
    for pack in names.split(","):
        source = load_policy(pack).source
        for change in harmful(pack, each, seed):
            text = f"{dotted(change.path)}: {change.was!r} -> {change.becomes!r}"
            work.append((pack, text, altered(source, change), seconds, draws))
    rewritten = [
        (pack, name, source, seconds, False)
        for pack in names.split(",")
        for name, source in rewrites(pack, harmless, seed)
    ]
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        found = []
        for tried in pool.map(prove, work):
            found.append(tried)
            click.echo(
                f"{tried.seconds:5.1f} s  {tried.events}  {tried.kind or 'NOT FOUND':24} {tried.pack} {tried.name}"
            )
        quiet = list(pool.map(prove, rewritten))
    hits = [tried for tried in found if tried.kind]
    click.echo(f"harmful edits: {len(hits)} of {len(found)} found, ")
    if hits:
        times = sorted(tried.seconds for tried in hits)
        click.echo(
            f"  median {median(times):.1f} s, longest {times[-1]:.1f} s, at most {max(t.events for t in hits)} events"
        )
    if draws:
        click.echo(f"  drawn at random in the same time: {sum(tried.at_random for tried in found)}")
    for tried in quiet:
        if tried.kind:
            click.echo(f"FALSE ALARM {tried.pack} {tried.name}: {tried.kind}")
    click.echo(f"harmless rewrites: {sum(bool(tried.kind) for tried in quiet)} of {len(quiet)} accused")


if __name__ == "__main__":
    main()
