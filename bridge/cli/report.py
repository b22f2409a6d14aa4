"""``report``: the service levels that the policies promise, measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.context import open_database
from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import InputError

if TYPE_CHECKING:
    from bridge.report import ReportTable


@click.command()
@click.option("--month", default="", metavar="YYYY-MM", help="Calendar month to report, such as 2026-03.")
@json_option
def report(month: str, *, as_json: bool) -> Exit:
    """Print the reports that the policies define.

    They are computed from recorded reviews; the helpdesk is not contacted. Each figure lists the tickets behind it.
    """
    if month and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise InputError(f"--month: found {month!r}; allowed: a month such as 2026-03")
    found = _tables(month)
    if as_json:
        from dataclasses import asdict

        print_json([asdict(table) for table in found])
    else:
        print_lines(_sections(found))
    return Exit.OK


def _tables(month: str) -> list[ReportTable]:
    from bridge.config.configuration import read_configuration
    from bridge.config.configured_packs import load_packs
    from bridge.config.settings import load_settings
    from bridge.report import tables
    from bridge.runtime.report_input import report_input
    from bridge.runtime.ticket_clock import wall_clock

    packs = load_packs(read_configuration(load_settings().config))
    with open_database() as store:
        return tables([policy for _, policy in packs], list(report_input(store)), wall_clock(), month)


def _sections(found: list[ReportTable]) -> Iterator[Styled | list[Styled]]:
    if not found:
        yield "The configured packs define no reports; add a `reports:` section to a pack."
    for table in found:
        yield [(table.name, "bold"), f"  ({table.pack}, {table.clause})"]
        yield from (f"  {line}" for line in _lines(table.rows))
        yield ""


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    from bridge.report.formatting import figure, heading

    if not rows:
        yield "nothing recorded"
        return
    names = list(rows[0])
    cells = [[heading(name) for name in names], *([figure(name, row[name]) for name in names] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(names))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
