"""``amend``: waive or extend a clock of a ticket, or promise a follow-up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from bridge.cli.context import open_installation, ticket_ref
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines
from bridge.errors import BridgeError, InputError

if TYPE_CHECKING:
    from bridge.ticket import AmendmentKind


@click.command()
@click.argument("ticket", metavar="TICKET")
@click.argument("what", metavar="WHAT", type=click.Choice(("waive", "extend", "promise")))
@click.argument("clock", metavar="[CLOCK]", default="")
@click.option("--until", metavar="TIME", help="New due time or promised time, such as 2026-03-05T17:00+01:00.")
@click.option("--by", "address", required=True, metavar="ADDRESS", help="E-mail address of whoever agreed to it.")
@click.option("--because", "reason", required=True, metavar="TEXT", help="Why; shown on the ticket and in reports.")
@json_option
def amend(
    ticket: str, what: AmendmentKind, clock: str, *, until: str | None, address: str, reason: str, as_json: bool
) -> Exit:
    """Waive or extend a clock, or promise a follow-up.

    WHAT is waive, extend or promise; CLOCK is the clock that is waived or extended.

    The policy says under amendments who may do that: ADDRESS must be a contact of one of the roles it names. A note on
    the ticket says what was agreed, and reports show their figures with and without it.
    """
    from getpass import getuser

    from bridge.runtime.amendments import AmendmentForm, recorded_amendment

    if (what == "promise") is bool(clock):
        allowed = "no CLOCK with promise" if clock else f"the name of a clock after {what}"
        raise InputError(f"CLOCK: found {clock or 'nothing'}; allowed: {allowed}")
    with open_installation(must_exist=True) as bridge:
        ref, now = ticket_ref(ticket, bridge.helpdesks), bridge.clock()
        seen = bridge.reconciler.previewer.preview_for_person(ref, now)
        form = AmendmentForm(what, address, reason, getuser(), clock, read_time(until) if until else None)
        recorded = recorded_amendment(form, seen.context)
        if not bridge.store.record_amendment(recorded):
            raise BridgeError(f"{ref}: this is already recorded; the ticket is due for review")
    if as_json:
        until = recorded.until.isoformat() if recorded.until else None
        shown = {"ticket": str(ref), "what": what, "clock": clock or None, "until": until}
        print_json(shown | {"by": recorded.by, "because": recorded.reason})
    else:
        done = {"waive": f"{clock} waived", "extend": f"{clock} extended", "promise": "follow-up promised"}[what]
        print_lines([[(f"{ref}  ", "bold"), f"{done} by {recorded.by}; the ticket is reviewed next"]])
    return Exit.OK


def read_time(text: str) -> datetime:
    """A time with an offset. Raises ``InputError``."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InputError(f"--until: found {text!r}; allowed: a time with an offset, such as 2026-03-05T17:00+01:00")
    return at
