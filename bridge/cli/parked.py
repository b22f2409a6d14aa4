"""``parked``: list parked tickets, or release them."""

from __future__ import annotations

import click

from bridge.cli.context import check_named_connection, open_database
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines


@click.command()
@click.option("--connection", metavar="NAME", help="Only tickets of this connection.")
@click.option("--reason", metavar="TEXT", help="Only tickets whose reason contains this text.")
@click.option("--release", is_flag=True, help="Review them again, now that the cause is gone.")
@json_option
def parked(connection: str | None, reason: str | None, *, release: bool, as_json: bool) -> Exit:
    """List parked tickets, or release them.

    A ticket is parked if the helpdesk will never accept what is to be written, or no longer shows it. With --release
    all that are listed are due for review; a server that runs reviews them within seconds.
    """
    from bridge.runtime.ticket_clock import wall_clock

    with open_database() as store:
        everything = store.parked(limit=None)
        check_named_connection(connection, (each.ref.connection for each in everything))
        found = [
            each
            for each in everything
            if (connection is None or each.ref.connection == connection) and (reason or "") in each.reason
        ]
        if release:
            store.release_parked([each.ref for each in found], wall_clock())
    if as_json:
        lines = [
            {"ticket": str(each.ref), "since": f"{each.since:%Y-%m-%dT%H:%M:%SZ}", "reason": each.reason}
            for each in found
        ]
        print_json({"released": release, "tickets": lines})
    else:
        print_lines([(f"{each.ref}", "bold"), f"  {each.since:%Y-%m-%d %H:%M} UTC  ", each.reason] for each in found)
        count = f"{len(found)} {'ticket' if len(found) == 1 else 'tickets'}"
        print_lines([f"{count} {'released' if release else 'parked'}"])
    return Exit.FINDINGS if found and not release else Exit.OK
