"""``simulate`` and ``test``: stories played on a virtual clock, over the same path as production."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.scenarios.check import Trial
    from bridge.scenarios.simulate import Outcome

Lines = Iterator[Styled | list[Styled]]


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def simulate(files: tuple[Path, ...], *, as_json: bool) -> Exit:
    """Play stories; print what would happen.

    Nothing is checked and no helpdesk is asked. FILE is a scenario file, or a folder of them.
    """
    from bridge.scenarios.lint import doubts
    from bridge.scenarios.load import read_stories
    from bridge.scenarios.simulate import as_json as outcomes_as_json
    from bridge.scenarios.simulate import simulate as play

    stories = read_stories(_story_files(files))
    for doubt in (doubt for story in stories for doubt in doubts(story)):
        click.echo(f"warning  {doubt}", err=True)
    outcomes = [play(story) for story in stories]
    if as_json:
        print_json(outcomes_as_json(outcomes))
    else:
        print_lines(line for outcome in outcomes for line in _story_of(outcome))
    return Exit.OK


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@json_option
def test(paths: tuple[Path, ...], *, as_json: bool) -> Exit:
    """Play stories; check what they expect.

    Compared are expect, never, final and clocks. PATH is a scenario file, or a folder that is searched for
    them; without PATH the shipped ones are checked.
    """
    from bridge.scenarios.check import run

    trials = run(_story_files(paths or (_shipped_scenarios(),)))
    failed = sum(not trial.passed for trial in trials)
    if as_json:
        stories = [trial.as_json() for trial in trials]
        print_json({"passed": len(trials) - failed, "failed": failed, "stories": stories})
    else:
        print_lines(_verdicts(trials, failed))
    return Exit.FINDINGS if failed else Exit.OK


def _shipped_scenarios() -> Path:
    import mappings

    return Path(mappings.__file__).parent / "scenarios"


def _story_files(paths: Sequence[Path]) -> list[Path]:
    """The files to read; a path without any is an ``InputError``: a test that finds nothing must not pass."""
    from bridge.errors import InputError
    from bridge.scenarios.check import story_files

    for path in paths:
        if not story_files([path]):
            raise InputError(f"{path}: found no story in this folder; give a .yaml file or a folder that holds some")
    return story_files(paths)


def _story_of(outcome: Outcome) -> Lines:
    yield [(outcome.scenario, "bold"), f", by {outcome.policy} {outcome.version}"]
    for row in outcome.timeline:
        act = f"  {row.action} {row.value}"
        yield [(f"  {_stamp(row.at)}  ", "dim"), (f"{row.clause:7}", "cyan"), act, (f": {row.because}", "dim")]
    for clock in outcome.clocks:
        due = f", due {_stamp(clock.due_at)}" if clock.due_at else ""
        met = f", met {_stamp(clock.met_at)}" if clock.met_at else ""
        sums = f"{clock.elapsed_s} of {clock.target_s} s"
        yield ["  clock ", (f"{clock.clause:7}", "cyan"), f"  {clock.name} {clock.state}{due}{met}, {sums}"]
    for found in outcome.findings:
        yield [f"  {found.severity} ", (f"{found.clause:7}", "cyan"), f"  {found.code}: {found.because}"]
    final = outcome.final
    fields = "".join(f", {name} {value}" for name, value in sorted(final.fields.items()))
    group = f", group {final.group}" if final.group else ""
    yield f"  in the end priority {final.priority}, status {final.status}, tier {final.tier}{group}{fields}"
    yield f"  tags {', '.join(final.tags) or 'none'}"


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _verdicts(trials: Sequence[Trial], failed: int) -> Lines:
    for trial in trials:
        sign: Styled = ("✓", "bold green") if trial.passed else ("✗", "bold red")
        yield [sign, f" {trial.story.name}"]
        for warning in trial.warnings:
            yield [("  warning  ", "yellow"), warning]
        if trial.error:
            yield f"  {trial.error}"
        for mismatch in trial.mismatches:
            yield from str(mismatch).splitlines()
    number = f"{len(trials)} stor{'y' if len(trials) == 1 else 'ies'}"
    yield (f"{number}, {failed} failed", "bold red") if failed else (f"{number}, all passed", "bold green")
