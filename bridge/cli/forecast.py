"""``forecast``: what is about to happen in the next hours if nobody acts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.figures import figures_table
from bridge.cli.output import Lines, json_option, print_json, print_lines

if TYPE_CHECKING:
    from datetime import datetime

    from app import Bridge
    from bridge.runtime.forecast_summary import ForecastSummary

LISTED = 15
"""Accounts and people that are listed for people; `--json` has all."""


@click.command()
@click.option("--hours", default=24, show_default=True, type=click.IntRange(1, 168), metavar="N", help="How far ahead.")
@click.option("--connection", metavar="NAME", help="Only this connection.")
@json_option
def forecast(hours: int, connection: str | None, *, as_json: bool) -> Exit:
    """Show what is about to happen if nobody acts.

    The figures are by hour, account, role and assignee: promises about to be broken, messages, closings, notices. They
    come from a preview, which is made first; nothing is written to a helpdesk.
    """
    from bridge.cli.context import open_installation
    from bridge.cli.preview import chosen_connections, run_preview

    with open_installation() as bridge:
        names = chosen_connections(bridge, connection)
        start = run_preview(bridge, names).at
        summary = _summary(bridge, names, start + timedelta(hours=hours))
    if as_json:
        until = start + timedelta(hours=hours)
        print_json({"now": f"{start:%Y-%m-%dT%H:%M:%SZ}", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}", **summary.as_json()})
    else:
        print_lines(_lines(summary, start, hours))
    return Exit.OK


def _summary(bridge: Bridge, connections: list[str], until: datetime) -> ForecastSummary:
    from bridge.ports.forecasts import ForecastFilter
    from bridge.runtime.forecast_summary import ForecastSummary, assignees

    actions = bridge.store.forecast_actions(ForecastFilter(connections))
    return ForecastSummary.of(actions, assignees(bridge.store), until)


def _lines(summary: ForecastSummary, start: datetime, hours: int) -> Lines:
    yield [(f"From {start:%Y-%m-%d %H:%M} UTC, for {hours} hours, if nobody acts", "bold")]
    count = len(summary.tickets)
    yield f"  {count} {'ticket' if count == 1 else 'tickets'} on which something happens"
    yield ""
    hours_of_day = {f"{hour:%Y-%m-%d %H:%M}": counts for hour, counts in sorted(summary.by_hour.items())}
    yield from figures_table("hour", hours_of_day)
    grouped = {"account": summary.by_account, "role": summary.by_role_title, "assignee": summary.by_person}
    for title, groups in grouped.items():
        worst = sorted(groups.items(), key=lambda each: (-each[1]["breached"], -each[1].total(), each[0]))
        yield from figures_table(title, {name or "(none)": counts for name, counts in worst[:LISTED]})
