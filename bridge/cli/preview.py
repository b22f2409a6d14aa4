"""``preview``: everything that would be done now and in the next seven days; nothing is written."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.context import open_installation
from bridge.cli.exits import Exit
from bridge.cli.output import Lines, Styled, json_option, print_lines, printable
from bridge.errors import InputError
from bridge.redaction import redact

if TYPE_CHECKING:
    from datetime import datetime

    from app import Bridge
    from bridge.ports.forecasts import ForecastAction, ForecastFilter, PreviewRun
    from bridge.runtime.preview_summary import PreviewSummary
    from bridge.runtime.previews import Progress

LISTED = 200
"""Actions that are listed for people; `--json` and `--csv` have all of them."""
LISTED_ACCOUNTS = 10
COLUMNS = ("due", "ticket", "account", "pack", "clause", "kind", "action", "value", "text", "reason", "withheld")


@click.command()
@click.option("--pack", metavar="PACK", help="Show only what follows from this policy.")
@click.option("--connection", metavar="NAME", help="Preview only this connection.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a line of CSV for each action.")
def preview(pack: str | None, connection: str | None, *, as_json: bool, as_csv: bool) -> Exit:
    """Show everything that would be done in the next 7 days.

    It is what the policies would do now and later if nothing else happened, on every ticket that was seen. A connection
    in shadow mode is previewed as if it enforced its policies. Nothing is written. If a preview is interrupted, run it
    again: it continues where it stopped.
    """
    if as_json and as_csv:
        raise InputError("--csv: found --json as well; allowed: one of them")
    from bridge.ports.forecasts import ForecastFilter

    with open_installation() as bridge:
        names = chosen_connections(bridge, connection)
        _check_pack(bridge, pack)
        run, which = run_preview(bridge, names), ForecastFilter(names, pack or "")
        if as_json:
            _print_json(bridge, which, run.at)
        elif as_csv:
            _print_csv(bridge.store.forecast_actions(which))
        else:
            print_lines(preview_lines(bridge, which, run.at))
    return Exit.OK


def chosen_connections(bridge: Bridge, connection: str | None) -> list[str]:
    """The connection that was named, or all. Raises ``InputError``."""
    from bridge.runtime.known_names import check_connection

    if connection:
        check_connection(connection, bridge.helpdesks)
    return [connection] if connection else list(bridge.helpdesks)


def run_preview(bridge: Bridge, connections: Collection[str], enforced: Collection[str] = ()) -> PreviewRun:
    """Make the forecasts, and tell on standard error how far it is."""
    run = bridge.previews.run(connections, bridge.clock(), time.sleep, enforced=enforced, notice=_tell)
    if run.is_resumed:
        click.echo(f"resumed the preview of {run.at:%Y-%m-%d %H:%M} UTC", err=True)
    return run


def preview_lines(bridge: Bridge, which: ForecastFilter, now: datetime) -> Lines:
    """The forecasts for people: numbers first, then what is due next."""
    from bridge.runtime.preview_summary import summarize

    summary = summarize(bridge.store, which, now)
    yield [(f"From {now:%Y-%m-%d %H:%M} UTC, for 7 days, if nothing else happens", "bold")]
    for name in which.connections:
        yield f"  connection {name}: {_describe_mode(bridge, name)}"
    yield from _tables(summary)
    listed = list(bridge.store.forecast_actions(which, LISTED + 1))
    yield from map(_line, listed[:LISTED])
    if len(listed) > LISTED:
        yield (f"the first {LISTED} are listed; `policybridge preview` with --json or --csv has all of them", "dim")


def _describe_mode(bridge: Bridge, connection: str) -> str:
    current = bridge.modes.current(connection)
    if current.unconfirmed:
        return f"mode {current.mode}; {current.unconfirmed}"
    return f"mode {current.mode}{', previewed as enforce' if current.mode == 'shadow' else ''}"


def _tables(summary: PreviewSummary) -> Lines:
    from bridge.decision.kinds import ActionKind, describe_counts
    from bridge.ports.forecasts import SOON

    yield ""
    yield [(f"{'':34}{'in an hour':>12}{'in a day':>10}{'in 7 days':>11}", "dim")]
    for kind in ActionKind:
        numbers = [summary.due[name][kind] for name in SOON]
        weight = "bold" if kind is ActionKind.PUBLIC_MESSAGES and numbers[-1] else ""
        yield [(f"{kind.label:34}{numbers[0]:>12}{numbers[1]:>10}{numbers[2]:>11}", weight)]
    yield f"on {summary.tickets} {'ticket' if summary.tickets == 1 else 'tickets'}"
    for cause, count in sorted(summary.withheld.items()):
        yield f"withheld now ({cause}): {count}"
    yield ""
    for (pack, clause), counts in sorted(summary.by_clause.items()):
        yield [(f"  {clause:8}", "cyan"), f"{pack}: {describe_counts(counts)}"]
    accounts = summary.accounts()
    for account, counts in accounts[:LISTED_ACCOUNTS]:
        yield f"  account {account or '(none)'}: {describe_counts(counts)}"
    if len(accounts) > LISTED_ACCOUNTS:
        yield (f"  and {len(accounts) - LISTED_ACCOUNTS} more accounts", "dim")
    yield ""


def _line(each: ForecastAction) -> list[Styled]:
    from bridge.explain import describe_action

    return [
        (f"{each.due:%Y-%m-%d %H:%M}  ", "dim"),
        f"{each.ref}  ",
        (f"{each.action.cite.clause:7}", "cyan"),
        f"  {describe_action(each.action)}",
        (f": {each.action.because}" if each.action.because else "", "dim"),
        (f"  (withheld: {each.because})" if each.cause else "", "yellow"),
    ]


def _print_json(bridge: Bridge, which: ForecastFilter, now: datetime) -> None:
    """Print one object, action by action: there may be hundreds of thousands."""
    from bridge.ports.forecasts import HORIZON
    from bridge.runtime.preview_summary import summarize

    head = {
        "now": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "until": f"{now + HORIZON:%Y-%m-%dT%H:%M:%SZ}",
        "connections": [_connection_json(bridge, name) for name in which.connections],
        **summarize(bridge.store, which, now).as_json(),
    }
    click.echo("{\n" + "".join(f"{_dump(key)}: {_dump(value)},\n" for key, value in head.items()), nl=False)
    click.echo('"actions": [', nl=False)
    for place, each in enumerate(bridge.store.forecast_actions(which)):
        click.echo(f"{',' if place else ''}\n{_dump(each.as_json())}", nl=False)
    click.echo("\n]\n}")


def _connection_json(bridge: Bridge, name: str) -> dict[str, Any]:
    current = bridge.modes.current(name)
    configured = bridge.configuration.connections[name].mode
    return {"connection": name, "configured": configured, "mode": current.mode, "unconfirmed": current.unconfirmed}


def _dump(value: Any) -> str:
    return redact(json.dumps(value, ensure_ascii=sys.stdout.encoding.lower() != "utf-8"))


def _print_csv(actions: Iterable[ForecastAction]) -> None:
    rows = csv.DictWriter(sys.stdout, COLUMNS, extrasaction="ignore")
    rows.writeheader()
    for each in actions:
        values = each.as_json() | {"withheld": each.because}
        rows.writerow({name: printable(str(values[name] or "")) for name in COLUMNS})


def _check_pack(bridge: Bridge, pack: str | None) -> None:
    packs = [policy.pack for policy in bridge.previews.pinning.policies]
    if pack and pack not in packs:
        raise InputError(f"--pack: found {pack!r}; allowed: {', '.join(packs)}")


def _tell(progress: Progress) -> None:
    if progress.waits_s:
        click.echo(f"{progress.done} tickets; waiting {progress.waits_s:.0f} s: {progress.because}", err=True)
    elif sys.stderr.isatty():
        click.echo(f"\r{progress.done} tickets", nl=False, err=True)
