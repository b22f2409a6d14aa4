"""``approve``: what a customer said on the phone, put on record with the name of who said it."""

from __future__ import annotations

import click

from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines
from bridge.cli.tickets import ticket_ref
from bridge.errors import BridgeError, InputError


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
    import uuid
    from getpass import getuser

    from bridge.cli.installation import installation
    from bridge.policy.case import Case
    from bridge.policy.question import gate_words, questions
    from bridge.ports import Answer

    address = address.strip().lower()
    if "@" not in address:
        raise InputError(f"--by: found {address!r}; allowed: an e-mail address")
    with installation() as bridge:
        ref, now = ticket_ref(ticket, bridge.helpdesks), bridge.clock().replace(microsecond=0)
        seen = bridge.reconciler.look(ref, now)
        case = Case(seen.ticket, seen.account, seen.policy, now, seen.kept)
        words = gate_words(case)
        if gate not in words:
            raise InputError(f"GATE: found {gate!r}; allowed under this policy: {', '.join(words) or 'nothing'}")
        if gate == "resolution" and refuse:
            raise InputError("--refuse: a resolution can be confirmed only; log what the customer said as a message")
        waiting = (q for q in questions(case) if q.gate == gate and q.ended is None)
        opened = next((question.opened.replace(microsecond=0) for question in waiting), None)
        if opened is None and gate in {question.gate for question in questions(case)}:
            raise BridgeError(f"{ref}: {gate} is not asked for any more; `policybridge explain {ref}` shows its state")
        given = Answer(uuid.uuid4().hex, ref, gate, not refuse, address, now, name, remarks, opened, getuser())
        bridge.store.answer(given)
    if as_json:
        print_json({"ticket": str(ref), "gate": gate, "granted": given.granted, "by": address, "name": name})
    else:
        what = "refused" if refuse else "approved"
        print_lines(
            [(f"{ref}  ", "bold"), f"{gate} {what} on the phone by {name} <{address}>; the ticket is looked at next"]
        )
    return Exit.OK
