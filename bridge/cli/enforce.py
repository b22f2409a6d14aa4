"""``enforce``: let a connection write what its policies say, once what that means was shown."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from bridge.cli.context import open_installation
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines
from bridge.cli.preview import chosen_connections, preview_lines, run_preview
from bridge.errors import InputError

if TYPE_CHECKING:
    from app import Bridge
    from bridge.runtime.preview_summary import PreviewSummary


@click.command()
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be done (the default).")
@click.option("--apply", "apply_it", is_flag=True, help="Show it, ask, and begin.")
@click.option("--connection", metavar="NAME", help="Only this connection; without it, all of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def enforce(connection: str | None, *, only_plan: bool, apply_it: bool, yes: bool, as_json: bool) -> Exit:
    """Enforce the policies on a connection.

    The preview of the next 7 days is shown first. With --apply the command asks for confirmation and writes
    `mode: enforce` into policybridge.yaml if it is not there yet; what was withheld so far is then written at once,
    even by servers that are already running. It also confirms a change of the mode in the file.
    """
    if only_plan and apply_it:
        raise InputError("--plan: found --apply as well; allowed: one of them")
    with open_installation() as bridge:
        names = [name for name in chosen_connections(bridge, connection) if not _is_enforced(bridge, name)]
        summary = _shown(bridge, names, quietly=as_json) if names else None
        go_on = bool(names) and apply_it and (yes or _confirmed())
        if go_on:
            for name in names:
                enforce_now(bridge, name)
    if as_json:
        shown = summary.as_json() if summary else {}
        print_json({"connections": names, "enforced": names if go_on else [], **shown})
    elif not names:
        click.echo("every connection enforces its policies already")
    elif go_on:
        print_lines((f"connection {name} enforces its policies now", "bold green") for name in names)
    return Exit.OK


def enforce_now(bridge: Bridge, connection: str) -> None:
    """Begin, in the file and in every process. Raises ``InputError`` where the file cannot be written."""
    from getpass import getuser

    from bridge.config.mode_edit import write_mode

    write_mode(bridge.settings.config, connection, "enforce")
    bridge.modes.confirm(connection, getuser(), bridge.clock())


def _is_enforced(bridge: Bridge, connection: str) -> bool:
    current = bridge.modes.current(connection)
    return current.mode == bridge.configuration.connections[connection].mode == "enforce"


def _shown(bridge: Bridge, names: Collection[str], *, quietly: bool) -> PreviewSummary:
    from bridge.ports.forecasts import ForecastFilter
    from bridge.runtime.preview_summary import summarize

    run, which = run_preview(bridge, names, enforced=names), ForecastFilter(names)
    if not quietly:
        print_lines(preview_lines(bridge, which, run.at))
    return summarize(bridge.store, which, run.at)


def _confirmed() -> bool:
    """Ask the person at the terminal. Raises ``InputError`` where there is none."""
    if not sys.stdin.isatty():
        raise InputError("--apply: no terminal to ask in; add --yes to begin without asking")
    return click.confirm("Enforce this now?")
