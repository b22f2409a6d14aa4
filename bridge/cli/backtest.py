"""``backtest``: what the policies would have done to the tickets of the past; nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.figures import figures_table
from bridge.cli.history_options import (
    chosen_packs,
    history_option,
    native_clocks,
    open_history,
    period,
    period_options,
    processes_option,
    results_option,
)
from bridge.cli.output import Lines, json_option, print_json, print_lines
from bridge.cli.progress import counted, resumable

if TYPE_CHECKING:
    from bridge.history.past_ticket import Period
    from bridge.history.policy_diff import DiffSummary
    from bridge.history.summary import Summary
    from bridge.policy.model import Policy

LISTED_ACCOUNTS = 10


@click.command()
@period_options
@click.option("--pack", "packs", multiple=True, metavar="PACK", help="Evaluate under this pack; may be repeated.")
@history_option
@results_option
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the figures as a self-contained HTML page.",
)
@click.option("--keep", is_flag=True, help="Keep the page for the console, with a preview of the first day.")
@click.option(
    "--native",
    "equal",
    metavar="CLOCK=METRIC",
    multiple=True,
    help="A clock that means the same as a metric of the helpdesk's own SLA; may be repeated.",
)
@processes_option
@json_option
def backtest(
    start: str | None,
    end: str | None,
    packs: tuple[str, ...],
    history: str,
    results: Path | None,
    page: Path | None,
    equal: tuple[str, ...],
    processes: int | None,
    *,
    keep: bool,
    as_json: bool,
) -> Exit:
    """Evaluate past tickets under the policies.

    Each ticket is evaluated as if the bridge had been connected for the whole period, at every instant at which
    something could change. Nothing is written to a helpdesk.
    """
    from bridge.history.backtest import Backtest
    from bridge.history.summary import Summary

    policies = chosen_packs(packs)
    summary = Summary()
    with resumable(results, "--results FILE"), open_history(history, start, results) as source:
        span = period(start, end, source.taken_at)
        run = Backtest(source, policies, span, processes or 0, native_clocks(policies, equal))
        for result in counted(run.run(results), source.count):
            summary.add(result)
        summary.trouble(source.troubles)
        described = source.description
    if page or keep:
        from bridge.cli.install_report import write_report

        write_report(summary, described, span, policies, page, keep=keep)
    if as_json:
        print_json({"history": described, **period_json(span), "packs": packs_json(policies), **summary.as_json()})
    else:
        print_lines([*head_lines("Backtest", described, span, policies), *_lines(summary)])
    return Exit.FINDINGS if summary.faults else Exit.OK


def period_json(span: Period) -> dict[str, str]:
    """A period for programs."""
    return {"from": f"{span.start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{span.end:%Y-%m-%dT%H:%M:%SZ}"}


def packs_json(policies: list[Policy]) -> list[dict[str, str]]:
    """Packs for programs."""
    return [{"pack": policy.pack, "version": policy.version, "digest": policy.digest} for policy in policies]


def head_lines(title: str, history: str, span: Period, policies: list[Policy]) -> Lines:
    """What was evaluated, by what, for people."""
    packs = ", ".join(f"{policy.pack} {policy.version}" for policy in policies)
    yield [(f"{title}: {packs}", "bold"), f", {span.start:%Y-%m-%d %H:%M} to {span.end:%Y-%m-%d %H:%M} UTC"]
    yield f"  history: {history}; nothing was written"


def _lines(summary: Summary) -> Lines:
    yield f"  {summary.read} {_tickets(summary.read)} read, {summary.evaluated} evaluated"
    yield from problem_lines(summary)
    yield ""
    yield from _promises(summary)
    yield from _groups(summary)
    if summary.spoke_after:
        examples = ", ".join(summary.spoke_after_closing)
        yield (
            f"on {summary.spoke_after} {_tickets(summary.spoke_after)} the customer wrote again after the policy would "
            f"have closed the ticket: {examples}",
            "yellow",
        )
    if summary.unannounced:
        examples = ", ".join(summary.unannounced_examples)
        yield (
            f"{summary.unannounced} {_tickets(summary.unannounced)} closed by people without the notices that the "
            f"policy promises before: {examples}",
            "yellow",
        )
    yield from _native(summary)
    yield f"cost: {summary.reviews} reviews and {summary.updates} updates of tickets"


def _native(summary: Summary) -> Lines:
    """What the helpdesk's own SLA said, and how far the clocks that mean the same agree with it."""
    if summary.native_targets:
        yield f"the helpdesk's own SLA: {summary.native_breaches} of {summary.native_targets} targets breached"
        yield f"  {summary.unnoticed} {_tickets(summary.unnoticed)} with a broken promise, and no breach there"
    for clock, metric, compared, agreed, reasons in summary.agreement.pairs():
        yield f"  {clock} and {metric}: {agreed} of {compared} agree ({100 * agreed / compared:.1f}%)"
        for label, count, examples in reasons:
            yield [f"  {count:>7}  {label}", (f", such as {examples[0]}" if examples else "", "dim")]
    yield ""


def problem_lines(summary: Summary | DiffSummary) -> Lines:
    """What was not evaluated or evaluated with doubt, each kind with some tickets."""
    for problem, count in sorted(summary.problems.items()):
        style = "yellow" if problem.is_fault else "dim"
        yield [(f"  {count:>7}  {problem.label}", style)]
        yield from ((f"           {example}", "dim") for example in summary.examples[problem])


def _promises(summary: Summary) -> Lines:
    from bridge.history.summary import BREACHED, MET, RUNNING

    if summary.by_clock:
        yield [(f"  {'promise':40}{'met':>8}{'breached':>10}{'kept':>8}{'running':>9}", "dim")]
    for (pack, clause, name), counts in sorted(summary.by_clock.items()):
        met, breached = counts[MET], counts[BREACHED]
        kept = f"{100 * met / (met + breached):.1f}%" if met + breached else ""
        title = f"{pack} {clause} {name}"
        yield [
            f"  {title:40}{met:>8}",
            (f"{breached:>10}", "red" if breached else ""),
            f"{kept:>8}{counts[RUNNING]:>9}",
        ]
    yield ""


def _groups(summary: Summary) -> Lines:
    clauses = {f"{pack} {clause}": counts for (pack, clause), counts in sorted(summary.by_clause.items())}
    yield from figures_table("clause", clauses)
    yield from figures_table("month", dict(sorted(summary.by_month.items())))
    accounts = sorted(summary.by_account.items(), key=lambda each: (-sum(each[1].values()), each[0]))
    yield from figures_table("account", {name or "(none)": counts for name, counts in accounts[:LISTED_ACCOUNTS]})
    if len(accounts) > LISTED_ACCOUNTS:
        yield (f"  and {len(accounts) - LISTED_ACCOUNTS} more accounts; --json has all of them", "dim")
    yield ""


def _tickets(count: int) -> str:
    return "ticket" if count == 1 else "tickets"
