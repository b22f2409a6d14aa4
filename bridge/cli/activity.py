"""``activity``: what the bridge wrote, and under which clause."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from bridge.cli.context import configured_clauses, open_database
from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines, printable
from bridge.errors import InputError

if TYPE_CHECKING:
    from bridge.explain.action_list import ListedAction


@click.command()
@click.option(
    "--since",
    metavar="WHEN",
    default="24h",
    show_default=True,
    help="Since when: 12h, 2d, or an instant.",
)
@click.option("--clause", metavar="ID", help="Only what follows from this clause.")
@click.option("--account", metavar="NAME", help="Only tickets of this customer, by name or key.")
@click.option("--kind", metavar="KIND", help="Only actions of this kind, such as public_messages or closings.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets.")
@json_option
def activity(
    since: str, clause: str | None, account: str | None, kind: str | None, *, as_csv: bool, as_json: bool
) -> Exit:
    """Show what was written to tickets.

    The list is read from recorded reviews; the helpdesk is not contacted. It ends with the number of actions of each
    kind.
    """
    from bridge.runtime.activity import ActivityFilter, parse_kind
    from bridge.runtime.activity import activity as activity_of
    from bridge.runtime.since import parse_since
    from bridge.runtime.ticket_clock import wall_clock

    if as_csv and as_json:
        raise InputError("--csv: found together with --json; allowed: one of them")
    wanted = ActivityFilter(parse_since(since, wall_clock()), clause, account, parse_kind(kind, "--kind"))
    with open_database() as store:
        listed = activity_of(store, wanted, configured_clauses() if clause else ())
        if as_csv:
            _print_csv(listed)
        elif as_json:
            _print_json(list(listed), f"{wanted.since:%Y-%m-%dT%H:%M:%SZ}")
        else:
            print_lines(_lines(listed, f"{wanted.since:%Y-%m-%d %H:%M} UTC"))
    return Exit.OK


def _print_csv(listed: Iterable[ListedAction]) -> None:
    from bridge.explain.action_list import COLUMNS, spreadsheet_row

    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(COLUMNS)
    for each in listed:
        table.writerow(map(printable, spreadsheet_row(each)))


def _print_json(listed: list[ListedAction], since: str) -> None:
    from bridge.explain.action_list import count_kinds

    print_json({"since": since, "totals": count_kinds(listed), "actions": [each.as_json() for each in listed]})


def _lines(listed: Iterable[ListedAction], since: str) -> Iterator[Styled | list[Styled]]:
    from bridge.decision.kinds import ActionKind, describe_counts
    from bridge.explain import describe_action
    from bridge.explain.action_list import with_new_reasons

    totals = dict.fromkeys(ActionKind, 0)
    for each, because in with_new_reasons(listed):
        totals[each.kind] += 1
        yield [
            f"{each.at:%Y-%m-%d %H:%M}  {each.ref}  ",
            (f"{each.action.cite.clause:7}", "cyan"),
            f"  {describe_action(each.action)}",
            (f": {because}" if because else "", "dim"),
        ]
    yield (f"since {since}: {describe_counts(totals)} written", "bold")
