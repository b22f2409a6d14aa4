"""``mutation``: find changes to a pack that none of its scenarios notices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.cli.scenario_files import pack_scenarios, scenarios_option

if TYPE_CHECKING:
    from bridge.scenarios.mutation import MutationResult


@click.command()
@click.argument("pack", metavar="PACK")
@scenarios_option
@click.option("--sample", metavar="N", type=click.IntRange(min=1), help="Try only N changes, chosen at random.")
@click.option(
    "--seed", metavar="N", type=int, default=0, show_default=True, help="Seed of the random choice of --sample."
)
@click.option(
    "--jobs", metavar="N", type=click.IntRange(min=1), default=2, show_default=True, help="Number of processes."
)
@json_option
def mutation(
    pack: str, scenarios: tuple[Path, ...], sample: int | None, seed: int, jobs: int, *, as_json: bool
) -> Exit:
    """Find values of a pack that no scenario tests.

    One number, unit, calendar, role, status, level, tag, template or condition is changed at a time, and the scenarios
    are played. A change that no scenario notices is listed with its place (exit code 1): either a scenario is missing,
    or the value has no effect.
    """
    from bridge.scenarios.mutation import try_mutants

    trials = try_mutants(pack, pack_scenarios(pack, scenarios), sample=sample, seed=seed, jobs=jobs)
    if as_json:
        print_json({"pack": trials.pack, "tried": trials.tried, "survivors": [str(each) for each in trials.survivors]})
    else:
        print_lines(_lines(trials))
    return Exit.FINDINGS if trials.survivors else Exit.OK


def _lines(trials: MutationResult) -> Iterator[Styled | list[Styled]]:
    yield from (str(mutant) for mutant in trials.survivors)
    number = len(trials.survivors)
    summary = f"{trials.pack}: {trials.tried} changes, {number} not noticed by any scenario"
    yield (summary, "bold red" if number else "bold green")
