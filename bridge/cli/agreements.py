"""``approve``: what a customer said on the phone, put on record with the name of who said it."""

from __future__ import annotations

import click

from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines
from bridge.cli.tickets import ticket_ref
from bridge.errors import BridgeError


@click.command()
@click.argument("ticket", metavar="TICKET")
@click.argument("gate", metavar="GATE")
@click.option("--by", "address", required=True, metavar="ADDRESS", help="E-mail address of the person who said it.")
@click.option("--phone", "name", required=True, metavar="NAME", help="That person's name, as given on the phone.")
@click.option("--refuse", is_flag=True, help="The person refused.")
@click.option("--with", "remarks", default="", metavar="TEXT", help="What the person remarked.")
@json_option
def approve(ticket: str, gate: str, *, address: str, name: str, refuse: bool, remarks: str, as_json: bool) -> Exit:
    """Record an approval given on the phone.

    GATE is the word of what was asked, such as estimate; resolution confirms that the case is resolved. The answer is
    kept with your user name and counts as if the person had answered in writing, if that person may answer.
    """
    from getpass import getuser

    from bridge.cli.installation import installation
    from bridge.policy.evaluation.context import Context
    from bridge.runtime.phone_approvals import Call, on_record

    with installation() as bridge:
        ref, now = ticket_ref(ticket, bridge.helpdesks), bridge.clock()
        seen = bridge.reconciler.look(ref, now)
        context = Context(seen.ticket, seen.account, seen.policy, now, seen.kept)
        given = on_record(Call(gate, not refuse, address, name, getuser(), remarks), context)
        if not bridge.store.answer(given):
            raise BridgeError(f"{ref}: the answer of {given.by} is on record already; the ticket is looked at next")
    if as_json:
        print_json({"ticket": str(ref), "gate": gate, "granted": given.granted, "by": given.by, "name": name})
    else:
        what = "refused" if refuse else "approved"
        print_lines(
            [(f"{ref}  ", "bold"), f"{gate} {what} on the phone by {name} <{given.by}>; the ticket is looked at next"]
        )
    return Exit.OK
