"""``backfill``: review the open tickets of a helpdesk that the bridge does not know yet."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import click

from bridge.cli.context import open_installation
from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.cli.preview import chosen_connections
from bridge.errors import BridgeError, HelpdeskError

if TYPE_CHECKING:
    from app import Bridge
    from bridge.ports.outcomes import ReviewOutcome
    from bridge.runtime.backfill import Backfill, OpenTicketList

LINE_EVERY = 100
"""Tickets between two lines of progress where there is no terminal."""


@dataclass
class Work:
    """What was found on one connection, and what became of it."""

    connection: str
    found: OpenTicketList
    outcomes: Counter[ReviewOutcome] = field(default_factory=Counter)
    elsewhere: int = 0
    """Tickets that another process reviewed first."""

    @property
    def done(self) -> int:
        return self.outcomes.total() + self.elsewhere


@click.command()
@click.option("--connection", metavar="NAME", help="Bring in only the tickets of this connection.")
@click.option("--apply/--plan", "apply", default=False, help="Bring them in, or only count them (default).")
@json_option
def backfill(connection: str | None, *, apply: bool, as_json: bool) -> Exit:
    """Bring in the open tickets of a helpdesk.

    Every open ticket that was never reviewed is reviewed once, as after a webhook: in shadow mode nothing is written;
    otherwise older tickets are adopted as `backlog` says. It works beside a running server and without one, and lets
    the calls for other tickets go first. If it is interrupted, run it again: it continues where it stopped.
    """
    with open_installation(begins=apply) as bridge:
        work = [Work(name, _backfill(bridge, name).list_open()) for name in chosen_connections(bridge, connection)]
        try:
            for each in work if apply else ():
                _bring_in(bridge, each)
        except HelpdeskError as error:
            done, all_of_them = sum(each.done for each in work), sum(len(each.found.missing) for each in work)
            left = f"{done} of {all_of_them} tickets were brought in; run the same command again to go on"
            raise BridgeError(f"{error}; {left}") from error
    if as_json:
        print_json({"applied": apply, "connections": [_as_json(each) for each in work]})
    else:
        for each in work:
            print_lines(_lines(each, apply=apply))
    return Exit.FINDINGS if any(outcome.needs_attention for each in work for outcome in each.outcomes) else Exit.OK


def _backfill(bridge: Bridge, connection: str) -> Backfill:
    from bridge.runtime.backfill import Backfill

    def notice(seconds: float, because: str) -> None:
        click.echo(f"{connection}: waiting {seconds:.0f} s: {because}", err=True)

    helpdesk, lease_s = bridge.helpdesks[connection], bridge.settings.lease
    return Backfill(bridge.store, bridge.reconciler, helpdesk, bridge.clock, lease_s, time.sleep, notice)


def _bring_in(bridge: Bridge, work: Work) -> None:
    backfill = _backfill(bridge, work.connection)
    with _progress(work.connection, len(work.found.missing)) as progress:
        for ref in work.found.missing:
            review = backfill.bring_in(ref)
            if review:
                work.outcomes[review.outcome] += 1
            else:
                work.elsewhere += 1
            progress.advance()


class Progress(Protocol):
    """Shows on standard error how far a long command is."""

    def advance(self) -> None:
        """One more ticket is done."""


@dataclass
class _Lines:
    """A line now and then, for logs."""

    connection: str
    total: int
    done: int = 0

    def advance(self) -> None:
        self.done += 1
        if self.done % LINE_EVERY == 0 or self.done == self.total:
            click.echo(f"{self.connection}: {self.done} of {self.total} tickets", err=True)


class _Bar:
    """A bar, for terminals."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def advance(self) -> None:
        self._bar.update(1)


@contextmanager
def _progress(connection: str, total: int) -> Iterator[Progress]:
    if not total or not sys.stderr.isatty():
        yield _Lines(connection, total)
        return
    with click.progressbar(length=total, label=connection, show_pos=True, file=sys.stderr) as bar:
        yield _Bar(bar)


def _lines(work: Work, *, apply: bool) -> Iterator[list[Styled]]:
    found, missing = work.found, len(work.found.missing)
    known = f"{found.seen} open {_tickets(found.seen)}, {found.seen - missing} known"
    if not missing:
        yield [(f"{work.connection}  ", "bold"), f"{known}; nothing to bring in"]
    elif not apply:
        yield [(f"{work.connection}  ", "bold"), f"{known}, {missing} to bring in; add --apply"]
    else:
        yield [(f"{work.connection}  ", "bold"), (f"{known}; {work.done} brought in", "bold green")]
    for outcome, count in sorted(work.outcomes.items()):
        yield [f"  {count:>6}  {outcome.label}"]
    if work.elsewhere:
        yield [f"  {work.elsewhere:>6}  reviewed by another process"]


def _tickets(count: int) -> str:
    return "ticket" if count == 1 else "tickets"


def _as_json(work: Work) -> dict[str, Any]:
    missing = len(work.found.missing)
    return {
        "connection": work.connection,
        "open": work.found.seen,
        "known": work.found.seen - missing,
        "to_bring_in": missing - work.done,
        "brought_in": work.done,
        "outcomes": dict(sorted(work.outcomes.items())),
    }
