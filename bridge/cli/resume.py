"""``resume``: write again after a stop, once what will be written was shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.context import check_named_connection, open_database
from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines

if TYPE_CHECKING:
    from bridge.ports.stops import Stop
    from bridge.ports.withheld import WithheldAction


NEXT = "what was withheld is reviewed at once by the running server, and what is still true is written"


@click.command()
@click.option("--connection", metavar="NAME", help="Resume only this connection; without it, everything.")
@click.option("--because", default="", metavar="TEXT", help="Why, for the audit log.")
@click.option("--plan", "only_plan", is_flag=True, help="Show what will be written, and stay stopped.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def resume(connection: str | None, because: str, *, only_plan: bool, yes: bool, as_json: bool) -> Exit:
    """Write to tickets again after a stop.

    What was withheld is shown first. In a terminal the command asks before it goes on. Tickets that were held up are
    reviewed at once, and only what is still true is written.
    """
    from getpass import getuser

    from bridge.runtime.stops import Stops
    from bridge.runtime.ticket_clock import wall_clock

    with open_database() as store:
        check_named_connection(connection, (stop.scope for stop in store.stops()))
        stops = Stops(store)
        ending = stops.to_resume(connection)
        waiting = stops.held_up(ending)
        if not as_json:
            print_lines(_lines(ending, waiting))
        go_on = bool(ending) and not only_plan and (yes or as_json or _confirmed())
        ended = stops.resume(connection, getuser(), because.strip(), wall_clock()) if go_on else []
    if as_json:
        withheld = [_as_json(each) for each in waiting]
        print_json({"resumed": [each.as_json() for each in ended], "stops": len(ending), "withheld": withheld})
    elif ended:
        print_lines((f"{each.what} resumed; {NEXT}", "bold green") for each in ended)
    return Exit.OK


def _confirmed() -> bool:
    """Ask the person at the terminal; a program that calls the command has decided already."""
    return not sys.stdin.isatty() or click.confirm("Write again?")


def _lines(ending: Sequence[Stop], waiting: Sequence[WithheldAction]) -> Iterator[Styled | list[Styled]]:
    from bridge.explain import describe_action

    if not ending:
        yield "nothing is stopped"
        return
    yield from ((f"{each.what}: {each}", "bold") for each in ending)
    for each in waiting:
        yield [
            f"  {each.ref}  ",
            (f"{each.action.cite.clause:7}", "cyan"),
            f"  {describe_action(each.action)}",
            (f": {each.action.because}" if each.action.because else "", "dim"),
        ]
    yield f"{len(waiting)} planned {'action is' if len(waiting) == 1 else 'actions are'} withheld"


def _as_json(each: WithheldAction) -> dict[str, Any]:
    from bridge.ports.withheld import withheld_json

    return withheld_json(each)
