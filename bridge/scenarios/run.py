"""Playing the scenarios of files and folders, and comparing each with what it expects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from traceback import extract_tb, format_exception_only
from typing import Any

from bridge.evaluate import evaluate as production_evaluate
from bridge.scenarios.check import Mismatch, check
from bridge.scenarios.lint import lint_scenario
from bridge.scenarios.load import Unreadable, read_scenarios
from bridge.scenarios.outcome import Outcome
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.simulate import Evaluate, SimulationError, simulate

_OTHER_KEYS = re.compile(r"^[A-Za-z_][\w-]*:", re.MULTILINE)
_SCENARIO_KEYS = re.compile(r"^(?:- |  )?(?:ticket|until|expect|final):", re.MULTILINE)
"""Keys at the beginning of a line: of a scenario by itself, or of one in a list."""

REFUSED = "amendment_refused"
"""Code of the finding on a waiver, an extension or a promise that does not count."""


@dataclass(frozen=True)
class ScenarioResult:
    """A scenario, what came of it, and where that differs from what it expected."""

    scenario: ResolvedScenario | Unreadable
    outcome: Outcome | None
    """None where it could not be played to its end."""
    mismatches: tuple[Mismatch, ...] = ()
    error: str = ""
    """Why it could not be played, in one line."""

    @property
    def passed(self) -> bool:
        return not (self.mismatches or self.error)

    @cached_property
    def warnings(self) -> list[str]:
        """What the scenario cannot have meant as it stands; it passes or fails all the same."""
        return [] if isinstance(self.scenario, Unreadable) else [str(each) for each in lint_scenario(self.scenario)]

    @property
    def refusals(self) -> list[str]:
        """What people asked for in the scenario and the policy does not allow, each with its reason."""
        found = self.outcome.findings if self.outcome else ()
        return [f"{each.at:%Y-%m-%dT%H:%M:%SZ} {each.clause} {each.because}" for each in found if each.code == REFUSED]

    def as_json(self) -> dict[str, Any]:
        """The outcome as of ``--json``, with ``passed``, ``mismatches``, ``error`` and ``warnings`` beside it."""
        unplayed = {"scenario": self.scenario.name}
        if isinstance(self.scenario, ResolvedScenario):
            unplayed |= {"policy": self.scenario.policy.pack, "version": self.scenario.policy.version}
        differences = [
            {"where": each.where, "expected": each.expected, "found": list(each.found)} for each in self.mismatches
        ]
        return {
            **(self.outcome.model_dump(mode="json") if self.outcome else unplayed),
            "passed": self.passed,
            "mismatches": differences,
            "error": self.error,
            "warnings": self.warnings,
        }


def run(paths: Iterable[Path], *, evaluate: Evaluate = production_evaluate) -> list[ScenarioResult]:
    """Play and check every scenario of some files and folders, in order; what cannot be read or played has failed."""
    return [_play(scenario, evaluate) for scenario in read_scenarios(scenario_files(paths))]


def _play(scenario: ResolvedScenario | Unreadable, evaluate: Evaluate) -> ScenarioResult:
    if isinstance(scenario, Unreadable):
        return ScenarioResult(scenario, None, error=scenario.problems)
    try:
        outcome = simulate(scenario, evaluate=evaluate)
    except SimulationError as error:
        return ScenarioResult(scenario, None, error=str(error))
    except Exception as error:  # a bug in one scenario takes no verdict from the others
        return ScenarioResult(scenario, None, error=_bug(scenario, error))
    return ScenarioResult(scenario, outcome, tuple(check(scenario, outcome)))


def _bug(scenario: ResolvedScenario, error: Exception) -> str:
    """An error of the engine in one line."""
    last = extract_tb(error.__traceback__)[-1]
    text = " ".join(format_exception_only(error)[-1].split())
    return (
        f"{scenario.document.where()} scenario {scenario.name!r}: {text} ({Path(last.filename).name}:{last.lineno}); "
        "this is a bug in Policybridge: please report it with the output of "
        f"`policybridge simulate {scenario.document.name}`"
    )


def scenario_files(paths: Iterable[Path]) -> list[Path]:
    """Files as given; of a folder the scenarios among the ``.yaml`` and ``.yml`` files in it and below it, sorted."""
    return [file for path in paths for file in (sorted(_scenarios_below(path)) if path.is_dir() else [path])]


def _scenarios_below(folder: Path) -> Iterator[Path]:
    """Hidden folders, such as a virtual environment, are left out."""
    found = (file for file in folder.rglob("*") if file.suffix in (".yaml", ".yml"))
    visible = (file for file in found if not any(part.startswith(".") for part in file.relative_to(folder).parts))
    return (file for file in visible if not _is_another_kind(file))


def _is_another_kind(file: Path) -> bool:
    """Whether a file has a key that no scenario has, as policies, configurations and accounts files do.

    One that cannot be read is reported as a scenario.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return _OTHER_KEYS.search(text) is not None and _SCENARIO_KEYS.search(text) is None
