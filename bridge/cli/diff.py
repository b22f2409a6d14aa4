"""``diff``: the tickets of the past that two policies treat differently."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.backtest import period_json, problem_lines
from bridge.cli.exits import Exit
from bridge.cli.history_options import (
    chosen_pack,
    history_option,
    open_history,
    period,
    period_options,
    processes_option,
    results_option,
)
from bridge.cli.output import Lines, json_option, print_json, print_lines
from bridge.cli.progress import counted, resumable

if TYPE_CHECKING:
    from bridge.history.difference import Change, Difference
    from bridge.history.policy_diff import DiffSummary, TicketDifference

SHOWN = 20
"""Tickets that are listed for people."""
SHOWN_OF_EACH = 6
"""Differences of one ticket, and lines of each side, that are shown to people."""


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@period_options
@history_option
@click.option(
    "--never", multiple=True, metavar="CHANGE", help="Exit with 1 if a ticket changes like this; may be repeated."
)
@results_option
@processes_option
@json_option
def diff(
    old: str,
    new: str,
    start: str | None,
    end: str | None,
    history: str,
    never: tuple[str, ...],
    results: Path | None,
    processes: int | None,
    *,
    as_json: bool,
) -> Exit:
    """Compare two policies on past tickets.

    OLD and NEW are packs or pack files. Tickets are sorted by how much a customer would notice, and each difference is
    explained from both sides. Nothing is written to a helpdesk.
    """
    from bridge.history.policy_diff import DiffSummary, PolicyDiff, read_never

    forbidden, summary = read_never(never), DiffSummary()
    policies = chosen_pack(old), chosen_pack(new)
    with resumable(results, "--results FILE"), open_history(history, start, results) as source:
        span = period(start, end, source.taken_at)
        for found in counted(PolicyDiff(source, *policies, span, processes or 0).run(results), source.count):
            summary.add(found)
        summary.trouble(source.troubles)
    violations = summary.violations(forbidden)
    if as_json:
        print_json({**period_json(span), **summary.as_json(), "violations": violations})
    else:
        print_lines(
            [
                *_lines(summary, f"{old} ({policies[0].version}) -> {new} ({policies[1].version})"),
                *_verdict(violations, forbidden),
            ]
        )
    return Exit.FINDINGS if violations or summary.faults else Exit.OK


def _lines(summary: DiffSummary, title: str) -> Lines:
    yield [(title, "bold"), "; times in UTC; nothing was written"]
    yield f"  {summary.read} tickets read, {summary.compared} compared, {summary.different} different"
    yield from problem_lines(summary)
    yield ""
    for change, count in summary.counted:
        past = f"; on {summary.past[change]} of them the promise had ended, and its verdict is the same"
        yield f"  {count:>7}  {change}{past if summary.past[change] else ''}"
    if summary.open_with_other_due:
        yield f"  {summary.open_with_other_due:>7}  of them are open, and what is promised now gets another due time"
    for found in summary.listed[:SHOWN]:
        yield ""
        yield from _ticket(found)
    if summary.different > SHOWN:
        yield ""
        yield (f"{summary.different - SHOWN} more tickets differ less; --json has the first 200 of all", "dim")


def _ticket(found: TicketDifference) -> Lines:
    account = f", {found.account}" if found.account else ""
    yield [(found.ticket, "bold"), f"{account}, created {found.created_at:%Y-%m-%d %H:%M}{', open' * found.is_open}"]
    noticed = [each for each in found.differences if not each.is_past]
    for each in noticed[:SHOWN_OF_EACH]:
        yield from _difference(each)
    if len(noticed) > SHOWN_OF_EACH:
        yield (f"  and {len(noticed) - SHOWN_OF_EACH} more differences", "dim")
    yield from _past([each for each in found.differences if each.is_past])


def _past(ended: list[Difference]) -> Lines:
    """Promises whose verdict is the same, in one line: nobody notices by which time they were due."""
    from bridge.policy.calendars.duration import readable

    if ended:
        what = f"{len(ended)} ended {'promise' if len(ended) == 1 else 'promises'} had another due time"
        by = max(each.seconds for each in ended)
        up_to = "up to " * (len(ended) > 1)
        yield (f"  {what}{f', by {up_to}{readable(by)},' if by else ''} and the same verdict", "dim")


def _difference(each: Difference) -> Lines:
    from bridge.policy.calendars.duration import readable

    by = f", by {readable(each.seconds)}" if each.seconds else ""
    yield [(f"  {each.change}{by}", "yellow"), f": {each.moved}" if each.moved else ""]
    for side, lines in (("old", each.old), ("new", each.new)):
        for line in lines[:SHOWN_OF_EACH] or ("nothing",):
            yield [(f"    {side}  ", "dim"), line]
        if len(lines) > SHOWN_OF_EACH:
            yield (f"    {side}  and {len(lines) - SHOWN_OF_EACH} more", "dim")


def _verdict(violations: dict[Change, int], never: frozenset[Change]) -> Lines:
    for change, count in violations.items():
        yield (f"never {str(change)!r}: {count} {'ticket' if count == 1 else 'tickets'}", "bold red")
    if never and not violations:
        yield (f"never: no ticket has {', '.join(sorted(never))}", "green")
