"""``release``: let a ticket exceed the caps, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from bridge.cli.context import open_database, seen_ticket_ref
from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines

if TYPE_CHECKING:
    from bridge.ports.withheld import WithheldAction


@click.command()
@click.argument("tickets", metavar="[TICKET...]", nargs=-1)
@json_option
def release(tickets: tuple[str, ...], *, as_json: bool) -> Exit:
    """Release what caps withhold on tickets.

    Without a TICKET the command lists what waits, the most urgent first. A released ticket is reviewed at once, and
    what is still true is written even if that exceeds a cap. TICKET is connection:id, or the id alone if there is only
    one connection.
    """
    from getpass import getuser

    from bridge.decision import WithheldCause
    from bridge.ports.withheld import withheld_json
    from bridge.runtime.releases import release_capped
    from bridge.runtime.ticket_clock import wall_clock

    with open_database() as store:
        refs = [seen_ticket_ref(store, ticket) for ticket in dict.fromkeys(tickets)]
        waiting = [each for each in store.withheld(causes=[WithheldCause.CAP]) if not refs or each.ref in refs]
        released = {str(ref): release_capped(store, ref, getuser(), wall_clock()) for ref in refs}
    if as_json:
        print_json({"released": released, "withheld": [withheld_json(each) for each in waiting]})
    else:
        print_lines(_lines(waiting) if waiting or not refs else [])
        print_lines(f"{ref}: {count} action{'' if count == 1 else 's'} released" for ref, count in released.items())
    return Exit.OK


def _lines(waiting: Sequence[WithheldAction]) -> Iterator[Styled | list[Styled]]:
    from bridge.explain import describe_action

    for each in waiting:
        clause = (f"{each.action.cite.clause:7}", "cyan")
        yield [f"{each.ref}  ", clause, f"  {describe_action(each.action)}", (f"  ({each.because})", "dim")]
    if not waiting:
        yield "no cap withholds anything"
