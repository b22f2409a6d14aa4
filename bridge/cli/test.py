"""``test``: play scenarios and compare with what they expect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.cli.scenario_files import count, scenario_files, shipped_scenarios

if TYPE_CHECKING:
    from bridge.scenarios.run import ScenarioResult


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@json_option
def test(paths: tuple[Path, ...], *, as_json: bool) -> Exit:
    """Play scenarios and check what they expect.

    The expectations are those under expect, never, final and clocks. PATH is a scenario file, or a folder to search
    for them; without PATH the shipped scenarios are checked.
    """
    from bridge.scenarios.run import run

    trials = run(scenario_files(paths or (shipped_scenarios(),)))
    failed = sum(not trial.passed for trial in trials)
    if as_json:
        scenarios = [trial.as_json() for trial in trials]
        print_json({"passed": len(trials) - failed, "failed": failed, "scenarios": scenarios})
    else:
        print_lines(_lines(trials, failed))
    return Exit.FINDINGS if failed else Exit.OK


def _lines(trials: Sequence[ScenarioResult], failed: int) -> Iterator[Styled | list[Styled]]:
    for trial in trials:
        sign: Styled = ("✓", "bold green") if trial.passed else ("✗", "bold red")
        yield [sign, f" {trial.scenario.name}"]
        for warning in trial.warnings:
            yield [("  warning  ", "yellow"), warning]
        for refusal in trial.refusals:
            yield [("  refused  ", "yellow"), refusal]
        yield from (f"  {line}" for line in trial.error.splitlines())
        for mismatch in trial.mismatches:
            yield from str(mismatch).splitlines()
    played = count(len(trials), "scenario")
    yield (f"{played}, {failed} failed", "bold red") if failed else (f"{played}, all passed", "bold green")
