"""``adopt``: take over tickets from before the policy came into force, where they are ignored."""

from __future__ import annotations

import click

from bridge.cli.context import open_installation, ticket_ref
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines


@click.command()
@click.argument("tickets", metavar="TICKET...", nargs=-1, required=True)
@click.option("--because", "reason", metavar="TEXT", default="", help="Why, for the audit log.")
@json_option
def adopt(tickets: tuple[str, ...], reason: str, *, as_json: bool) -> Exit:
    """Adopt tickets from before the policy came into force.

    With `backlog: ignore` the policy leaves such tickets alone until they are adopted. An adopted ticket is evaluated
    as if it had been created now, in its present state. TICKET is connection:id, or the id alone if there is only one
    connection.
    """
    from getpass import getuser

    from bridge.runtime.backlog import adopt as adopt_ticket

    with open_installation(must_exist=True) as bridge:
        refs = [ticket_ref(ticket, bridge.helpdesks) for ticket in dict.fromkeys(tickets)]
        for connection in {ref.connection for ref in refs}:
            bridge.backlog.check_adoption(connection)
        for ref in refs:
            adopt_ticket(bridge.store, ref, getuser(), reason.strip(), bridge.clock())
    if as_json:
        print_json({"adopted": [str(ref) for ref in refs]})
    else:
        print_lines([(f"{ref}  ", "bold"), "adopted; it is reviewed next"] for ref in refs)
    return Exit.OK
