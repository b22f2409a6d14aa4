"""``simulate``: play scenarios on a virtual clock, through the code that runs in production."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Lines, json_option, print_json, print_lines
from bridge.cli.scenario_files import scenario_files

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.scenarios.outcome import Outcome


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def simulate(files: tuple[Path, ...], *, as_json: bool) -> Exit:
    """Play scenarios and print what would happen.

    Expectations are not checked and no helpdesk is contacted. FILE is a scenario file, or a folder of them.
    """
    from bridge.scenarios.lint import lint_scenario
    from bridge.scenarios.load import load_scenarios
    from bridge.scenarios.outcome import as_json as outcomes_as_json
    from bridge.scenarios.simulate import simulate as play

    scenarios = load_scenarios(scenario_files(files))
    for doubt in (doubt for scenario in scenarios for doubt in lint_scenario(scenario)):
        click.echo(f"warning  {doubt}", err=True)
    outcomes = [play(scenario) for scenario in scenarios]
    if as_json:
        print_json(outcomes_as_json(outcomes))
    else:
        print_lines(line for outcome in outcomes for line in _lines(outcome))
    return Exit.OK


def _lines(outcome: Outcome) -> Lines:
    from bridge.policy.calendars.duration import readable

    yield [(outcome.scenario, "bold"), f", by {outcome.policy} {outcome.version}"]
    for row in outcome.timeline:
        action = f"  {row.action} {row.value}"
        yield [(f"  {_stamp(row.at)}  ", "dim"), (f"{row.clause:7}", "cyan"), action, (f": {row.because}", "dim")]
    for clock in outcome.clocks:
        due = f", due {_stamp(clock.due_at)}" if clock.due_at else ""
        met = f", met {_stamp(clock.met_at)}" if clock.met_at else ""
        used = f"{readable(clock.elapsed_s)} elapsed, target {readable(clock.target_s)}"
        yield ["  clock ", (f"{clock.clause:7}", "cyan"), f"  {clock.name} {clock.state}{due}{met}; {used}"]
    for found in outcome.findings:
        yield [f"  {found.severity} ", (f"{found.clause:7}", "cyan"), f"  {found.code}: {found.because}"]
    final = outcome.final
    fields = "".join(f", {name} {value}" for name, value in sorted(final.fields.items()))
    group = f", group {final.group}" if final.group else ""
    yield f"  at the end: priority {final.priority or 'none'}, status {final.status}, tier {final.tier}{group}{fields}"
    yield f"  tags {', '.join(final.tags) or 'none'}"


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
