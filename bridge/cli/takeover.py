"""``takeover``: make this installation the one that writes, where two have met."""

from __future__ import annotations

import click

from bridge.cli.context import open_database
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines


@click.command()
@json_option
def takeover(*, as_json: bool) -> Exit:
    """Make this installation the one that writes.

    Where two installations write to one helpdesk, the one that came second stops. Stop the other one first, then run
    this command next to the database that is to continue. If the other one still runs, it stops when it sees the next
    write of this one.
    """
    from getpass import getuser

    from bridge.runtime.other_installations import OtherInstallations
    from bridge.runtime.ticket_clock import TicketClock

    with open_database() as store:
        identity, ended = OtherInstallations(store, TicketClock()).take_over(getuser())
    if as_json:
        print_json({"installation": str(identity.id), "resumed": [each.as_json() for each in ended]})
    else:
        print_lines((f"{each.what} resumed", "bold green") for each in ended)
        print_lines(
            [f"this installation, {identity.id}, writes from now on; withheld tickets are reviewed within seconds"]
        )
        print_lines(["another one that still runs stops writing when it sees the next write of this one"])
    return Exit.OK
