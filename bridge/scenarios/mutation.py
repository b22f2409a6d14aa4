"""Do the scenarios guard the pack? Each number, unit, calendar, role, status ... is changed, one at a time.

A change that breaks no scenario survives: either nothing in the pack depends on that value, or a scenario is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from pydantic import ValidationError

from bridge.errors import BridgeError, InputError
from bridge.history.rows import ClockRow, FindingRow, Row
from bridge.policy.lint import Level, lint
from bridge.policy.load import pack_file
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.scenarios.check import check
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.mutants import Alteration, alterations, altered
from bridge.scenarios.outcome import Outcome
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.run import scenario_files
from bridge.scenarios.simulate import simulate
from bridge.yamlio.document import YamlDocument, read
from bridge.yamlio.problems import KeyPath, dotted


@dataclass(frozen=True)
class Mutant:
    """One changed word of a pack."""

    where: str
    """``file:line:column``."""
    change: Alteration

    def __str__(self) -> str:
        return f"{self.where} {dotted(self.change.path)}: {self.change.was!r} -> {self.change.becomes!r}"


@dataclass(frozen=True)
class MutationResult:
    """What became of the mutants of one pack."""

    pack: str
    survivors: tuple[Mutant, ...]
    """Changes that no scenario noticed, in the order of the file."""
    tried: int


def mutants(document: YamlDocument) -> list[Mutant]:
    """Every mutant of a pack, in the order of the file."""
    changes = alterations(document.value, Policy.of(document.value))
    return [Mutant(document.where(change.path, key=change.is_key), change) for change in changes]


def try_mutants(
    pack: str, scenarios: Sequence[Path], *, sample: int | None = None, seed: int = 0, jobs: int = 2
) -> MutationResult:
    """Play the scenarios of a pack against its mutants: all, or a random sample of them.

    Raises ``InputError`` when a file is not valid, when there is no scenario, or when one fails without any change.
    """
    chosen = mutants(read(pack_file(pack)))
    if sample is not None and sample < len(chosen):
        picked = set(Random(seed).sample(range(len(chosen)), sample))  # noqa: S311 - a sample, not a secret
        chosen = [mutant for index, mutant in enumerate(chosen) if index in picked]
    run = MutationRun.of(pack, scenarios)
    noticed = map(run.notices, chosen) if jobs == 1 else _together(run, chosen, jobs)
    survivors = [mutant for mutant, seen in zip(chosen, noticed, strict=True) if not seen]
    return MutationResult(run.policy.pack, tuple(survivors), len(chosen))


@dataclass(frozen=True)
class MutationRun:
    """The scenarios of a pack, which notice a change or do not."""

    policy: Policy
    scenarios: tuple[ResolvedScenario, ...]
    clauses: tuple[frozenset[str], ...]
    """For each scenario the clauses that act in it."""

    @classmethod
    def of(cls, pack: str, paths: Iterable[Path]) -> MutationRun:
        document = read(pack_file(pack))
        policy = Policy.of(document.value)
        scenarios = tuple(
            scenario for scenario in load_scenarios(scenario_files(paths)) if scenario.policy.pack == policy.pack
        )
        if not scenarios:
            raise InputError(f"{document.name}: found no scenario of {policy.pack}; give some with --scenarios")
        outcomes = [simulate(scenario) for scenario in scenarios]
        for scenario, outcome in zip(scenarios, outcomes, strict=True):
            if differences := check(scenario, outcome):
                raise InputError(f"{differences[0]}\nscenario {scenario.name!r} fails without any change; fix it first")
        return cls(policy, scenarios, tuple(map(_acting, outcomes)))

    def notices(self, mutant: Mutant) -> bool:
        """Whether the changed pack cannot be loaded, or breaks a scenario."""
        clause = _clause(self.policy.source, mutant.change.path)
        order = sorted(range(len(self.scenarios)), key=lambda index: clause not in self.clauses[index])
        try:
            policy = Policy.of(altered(self.policy.source, mutant.change))
            if any(True for _ in lint(policy, only=Level.ERROR)):
                return True
            return any(_breaks(self.scenarios[index], policy) for index in order)
        except (BridgeError, ValidationError, ArithmeticError, LookupError, ValueError):
            return True  # the changed pack makes no sense


def _acting(outcome: Outcome) -> frozenset[str]:
    kinds: tuple[Iterable[Row | ClockRow | FindingRow], ...] = (outcome.timeline, outcome.clocks, outcome.findings)
    return frozenset(row.clause for rows in kinds for row in rows)


def _breaks(scenario: ResolvedScenario, policy: Policy) -> bool:
    overrides = scenario.written.overrides
    mutant = replace(scenario, policy=Policy.of(merged(policy.source, overrides)) if overrides else policy)
    return bool(check(mutant, simulate(mutant)))


def _clause(source: Any, path: KeyPath) -> str:
    """The clause of the innermost rule around a place."""
    found = ""
    for step in path:
        if isinstance(source, dict) and isinstance(source.get("clause"), str):
            found = source["clause"]
        source = source[step]
    return found


_inherited: list[MutationRun] = []
"""The run that the processes of a pool inherit: loading its scenarios again in each would take longer than playing."""


def _together(run: MutationRun, chosen: Sequence[Mutant], jobs: int) -> list[bool]:
    _inherited[:] = [run]
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        return list(pool.map(_notices, chosen, chunksize=4))


def _notices(mutant: Mutant) -> bool:
    return _inherited[0].notices(mutant)
