"""What a scenario expected against what came of it: one readable mismatch for each difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from traceback import extract_tb, format_exception_only
from typing import Any

from bridge.evaluate import evaluate as judged
from bridge.policy.calendars import duration
from bridge.scenarios.language import ClockExpectation, Expectation
from bridge.scenarios.lint import lint_scenario
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.simulate import ClockRow, Evaluate, Outcome, Row, SimulationError, simulate

NEAREST = 3
"""How many of the bridge's acts a mismatch shows."""


@dataclass(frozen=True)
class Mismatch:
    """One expectation that was not met."""

    where: str
    """``file:line:column`` of the expectation."""
    expected: str
    found: tuple[str, ...]
    """What happened instead, the nearest first."""

    def __str__(self) -> str:
        lines = [f"{self.where}", f"  - expected {self.expected}"]
        return "\n".join([*lines, *(f"  + found    {line}" for line in self.found or ("nothing of the kind",))])


@dataclass(frozen=True)
class ScenarioResult:
    """A scenario, what came of it, and where that differs from what it expected."""

    scenario: ResolvedScenario
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
        return [str(doubt) for doubt in lint_scenario(self.scenario)]

    def as_json(self) -> dict[str, Any]:
        """The outcome as of ``--json``, with ``passed``, ``mismatches``, ``error`` and ``warnings`` beside it."""
        policy = self.scenario.policy
        unplayed = {"scenario": self.scenario.name, "policy": policy.pack, "version": policy.version}
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


def run(paths: Iterable[Path], *, evaluate: Evaluate = judged) -> list[ScenarioResult]:
    """Play and check every scenario of some files and folders, in order; one that cannot be played has failed.

    Raises ``InputError`` before anything is played when one of them is not valid.
    """
    return [_trial(scenario, evaluate) for scenario in load_scenarios(scenario_files(paths))]


def _trial(scenario: ResolvedScenario, evaluate: Evaluate) -> ScenarioResult:
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
    told = " ".join(format_exception_only(error)[-1].split())
    return (
        f"{scenario.document.where()} scenario {scenario.name!r}: {told} ({Path(last.filename).name}:{last.lineno}); "
        "this is a bug in Policybridge: please report it with what "
        f"`policybridge simulate {scenario.document.name}` prints"
    )


def scenario_files(paths: Iterable[Path]) -> list[Path]:
    """Files as given; of a folder all ``.yaml`` and ``.yml`` files in it and below it but its policy files, sorted."""
    return [file for path in paths for file in (sorted(_scenarios_below(path)) if path.is_dir() else [path])]


def _scenarios_below(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.suffix in (".yaml", ".yml") and not _is_policy(file))


def _is_policy(file: Path) -> bool:
    """Whether a file begins as a policy file does; one that cannot be read is no policy, and is told as a scenario."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.startswith("pack:") for line in lines)


def check(scenario: ResolvedScenario, outcome: Outcome) -> list[Mismatch]:
    """Compare an outcome with ``expect``, ``never``, ``final`` and ``clocks`` of its scenario."""
    return [
        *_missing(scenario, outcome.timeline),
        *_forbidden(scenario, outcome.timeline),
        *_different_end(scenario, outcome),
        *_different_clocks(scenario, outcome.clocks),
    ]


def _missing(scenario: ResolvedScenario, timeline: Sequence[Row]) -> Iterator[Mismatch]:
    for index, wanted in enumerate(scenario.written.expect):
        if not any(_meets(scenario, wanted, row) for row in timeline):
            near = sorted(timeline, key=lambda row: _distance(scenario, wanted, row))[:NEAREST]
            found = tuple(_told(row, scenario, wanted) for row in near if _distance(scenario, wanted, row)[0] < 3)
            yield Mismatch(scenario.document.where(("expect", index)), _wording(scenario, wanted), found)


def _forbidden(scenario: ResolvedScenario, timeline: Sequence[Row]) -> Iterator[Mismatch]:
    for index, wanted in enumerate(scenario.written.never):
        if found := [row for row in timeline if _meets(scenario, wanted, row)]:
            told = tuple(_told(row) for row in found)
            yield Mismatch(scenario.document.where(("never", index)), f"never {_wording(scenario, wanted)}", told)


def _meets(scenario: ResolvedScenario, wanted: Expectation, row: Row) -> bool:
    return _same_act(wanted, row) and wanted.clause in (None, row.clause) and _in_time(scenario, wanted, row.at)


def _same_act(wanted: Expectation, row: Row) -> bool:
    if wanted.action != row.action:
        return False
    found, value = str(row.value), wanted.value
    if wanted.action == "set_field" and value is not None and "=" not in str(value):
        found = found.partition("=")[0]
    return value is None or str(value) == found


def _in_time(scenario: ResolvedScenario, wanted: Expectation, at: datetime) -> bool:
    """Times are compared by the second; ``within`` reaches forward only, a promise kept too early is another one."""
    if wanted.at is None and wanted.within is None:
        return True
    since = scenario.instant(wanted.at or timedelta())
    return since <= at.replace(microsecond=0) <= since + (wanted.within or timedelta())


def _distance(scenario: ResolvedScenario, wanted: Expectation, row: Row) -> tuple[int, float]:
    """How far an act is from the wanted one: the same, the same clause, the same kind, another; then by time."""
    since = scenario.instant(wanted.at) if wanted.at is not None else row.at
    apart = abs((row.at - since).total_seconds())
    if _same_act(wanted, row):
        return 0, apart
    if wanted.clause == row.clause:
        return 1, apart
    return (2 if wanted.action == row.action else 3), apart


def _wording(scenario: ResolvedScenario, wanted: Expectation) -> str:
    value = "(any value)" if wanted.value is None else wanted.value
    timed = wanted.at is not None or wanted.within is not None
    parts = [f"{scenario.instant(wanted.at or timedelta()):%Y-%m-%dT%H:%M:%SZ}" if timed else "at any time"]
    parts += [f"within {duration.format_length(wanted.within)}"] if wanted.within else []
    return " ".join([*parts, wanted.clause or "any clause", wanted.action, str(value)])


def _told(row: Row, scenario: ResolvedScenario | None = None, wanted: Expectation | None = None) -> str:
    text = f"{row.at:%Y-%m-%dT%H:%M:%SZ} {row.clause} {row.action} {row.value}"
    if scenario and wanted and wanted.at is not None and _same_act(wanted, row):
        late = row.at - scenario.instant(wanted.at)
        text += f" ({duration.format_length(abs(late))} {'late' if late > timedelta() else 'early'})" if late else ""
    return f"{text}: {row.because}" if row.because else text


def _different_end(scenario: ResolvedScenario, outcome: Outcome) -> Iterator[Mismatch]:
    final = scenario.written.final
    for key in sorted(final.model_fields_set) if final else ():
        wanted, found = getattr(final, key), getattr(outcome.final, key)
        where = scenario.document.where(("final", key))
        if key == "tags":
            if missing := sorted(wanted - set(found)):
                yield Mismatch(where, f"at the end tags {', '.join(missing)}", (f"tags {', '.join(found) or 'none'}",))
        elif key == "fields":
            for name, value in wanted.items():
                if found.get(name) != value:
                    at = scenario.document.where(("final", key, name))
                    yield Mismatch(at, f"at the end field {name}={value}", (f"{name}={found.get(name, '')}",))
        elif wanted != found:
            yield Mismatch(where, f"at the end {key} {wanted}", (f"{key} {found}",))


def _different_clocks(scenario: ResolvedScenario, clocks: Sequence[ClockRow]) -> Iterator[Mismatch]:
    for index, wanted in enumerate(scenario.written.clocks):
        given = _given(scenario, wanted)
        rows = [row for row in clocks if row.name == wanted.name]
        if not any(all(getattr(row, key) == value for key, value in given.items()) for row in rows):
            yield Mismatch(
                scenario.document.where(("clocks", index)),
                f"clock {_pairs(given)}",
                tuple(f"clock {_pairs({key: getattr(row, key) for key in given})}" for row in rows),
            )


def _given(scenario: ResolvedScenario, wanted: ClockExpectation) -> dict[str, Any]:
    given = {key: getattr(wanted, key) for key in ClockExpectation.model_fields if key in wanted.model_fields_set}
    times = ("started_at", "due_at", "met_at")
    return {
        key: scenario.instant(value) if key in times and value is not None else value for key, value in given.items()
    }


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(
        f"{key} {value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else f"{key} {value}"
        for key, value in values.items()
    )
