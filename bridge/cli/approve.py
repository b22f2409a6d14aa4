"""``approve``: record an approval given on the phone, with the name of the caller."""

from __future__ import annotations

import click

from bridge.cli.context import open_installation, ticket_ref
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines
from bridge.errors import BridgeError


@click.command()
@click.argument("ticket", metavar="TICKET")
@click.argument("gate", metavar="GATE")
@click.option("--email", "address", required=True, metavar="ADDRESS", help="E-mail address of the caller.")
@click.option("--caller", "name", required=True, metavar="NAME", help="Name that the caller gave.")
@click.option("--refuse", is_flag=True, help="Record that the caller refused.")
@click.option("--comment", default="", metavar="TEXT", help="What the caller said about it.")
@json_option
def approve(ticket: str, gate: str, *, address: str, name: str, refuse: bool, comment: str, as_json: bool) -> Exit:
    """Record an approval given on the phone.

    GATE is the name of the gate that was asked about, such as estimate; resolution confirms that the ticket is
    resolved. The approval is kept with your user name. It counts like one in writing, provided that the caller may
    give it.
    """
    from getpass import getuser

    from bridge.runtime.phone_approvals import PhoneApproval, recorded_approval

    with open_installation(must_exist=True) as bridge:
        ref, now = ticket_ref(ticket, bridge.helpdesks), bridge.clock()
        seen = bridge.reconciler.previewer.preview_for_person(ref, now)
        given = recorded_approval(PhoneApproval(gate, not refuse, address, name, getuser(), comment), seen.context)
        if not bridge.store.record_approval(given):
            raise BridgeError(f"{ref}: the approval of {given.by} is already recorded; the ticket is due for review")
    if as_json:
        print_json({"ticket": str(ref), "gate": gate, "granted": given.granted, "by": given.by, "name": name})
    else:
        verdict = "refused" if refuse else "approved"
        text = f"{gate} {verdict} on the phone by {name} <{given.by}>; the ticket is reviewed next"
        print_lines([[(f"{ref}  ", "bold"), text]])
    return Exit.OK
