"""``stop``: keep the bridge from writing, at once and in every process."""

from __future__ import annotations

import click

from bridge.cli.context import configured_connections, open_database
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines


@click.command()
@click.option("--connection", metavar="NAME", help="Stop only this connection.")
@click.option("--because", default="", metavar="TEXT", help="Why, for the audit log and for others who see it.")
@json_option
def stop(connection: str | None, because: str, *, as_json: bool) -> Exit:
    """Stop writing to tickets.

    Every process obeys within a second, even in the middle of a batch. Reviews and clocks keep running; what they would
    write is withheld until `policybridge resume`.
    """
    from getpass import getuser

    from bridge.runtime.stops import Stops, stop_scope
    from bridge.runtime.ticket_clock import wall_clock

    scope = stop_scope(connection, configured_connections() if connection else ())
    with open_database() as store:
        is_new = Stops(store).stop(scope, getuser(), because.strip(), wall_clock())
        stops = store.stops()
    if as_json:
        print_json({"stopped": is_new, "stops": [each.as_json() for each in stops]})
    else:
        print_lines((f"{each.what}: {each}", "bold red") for each in stops)
        print_lines([] if is_new else ["nothing was changed: that was stopped already"])
    return Exit.OK
