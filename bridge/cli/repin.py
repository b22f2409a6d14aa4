"""``repin``: move tickets to another version of their pack, after showing what that means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.cli.tickets import connections, ticket_ref
from bridge.errors import BridgeError, InputError

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.decision import Clock
    from bridge.runtime.repin import Move
    from bridge.store import SqlStore


@click.command()
@click.argument("tickets", metavar="TICKET...", nargs=-1, required=True)
@click.option("--to", metavar="VERSION", default="current", show_default=True, help="Version of the pack.")
@click.option("--because", metavar="TEXT", default="", help="Why; kept in the audit. --apply needs it.")
@click.option("--apply/--plan", "apply", default=False, help="Do it, or only show what it means (default).")
@json_option
def repin(tickets: tuple[str, ...], to: str, because: str, *, apply: bool, as_json: bool) -> Exit:
    """Move tickets to another version of their pack.

    A ticket keeps the version under which it was created. Moved, it is judged as if it had been created under the
    other one; verdicts that are closed stay as they are. Without --apply nothing is changed. TICKET is connection:id,
    or the id alone where there is one connection.
    """
    from getpass import getuser

    from app import wall_clock
    from bridge.cli.installation import record
    from bridge.runtime.repin import carry_out

    because = because.strip()
    if apply and not because:
        raise InputError("--because: found nothing; allowed: why the tickets are moved, which is kept in the audit")
    now = wall_clock()
    with record() as store:
        moves = _planned(store, tickets, to, now)
        for move in moves if apply else ():
            if move.changes:
                carry_out(store, move, getuser(), because, now)
    if as_json:
        print_json({"applied": apply, "tickets": [_as_json(move) for move in moves]})
    else:
        print_lines(_told(moves, apply=apply))
    return Exit.OK


def _planned(store: SqlStore, tickets: Sequence[str], to: str, now: datetime) -> list[Move]:
    """A move for each ticket. Raises ``BridgeError`` with a line for each that cannot be moved: then none is."""
    from bridge.runtime.repin import planned

    moves, wrong = [], []
    for ticket in dict.fromkeys(tickets):
        ref = ticket_ref(ticket, () if ":" in ticket else connections())
        try:
            moves.append(planned(store, ref, to, now))
        except InputError:
            raise
        except BridgeError as error:
            wrong.append(str(error))
    if wrong:
        raise BridgeError("\n".join([*wrong, "nothing was changed"]))
    return moves


def _told(moves: Sequence[Move], *, apply: bool) -> Iterator[Styled | list[Styled]]:
    for move in moves:
        pack, old, new = move.pin.pack, move.old, move.new.version
        if not move.changes:
            yield [(f"{move.ref}  ", "bold"), f"is pinned to {pack} {new} already"]
            continue
        judged = f", judged by {move.after.version} after later edits" if move.after.version != new else ""
        yield [(f"{move.ref}  ", "bold"), f"{pack} {old} -> {new}{judged}"]
        yield from (f"  {line}" for line in _differences(move))
    number = sum(move.changes for move in moves)
    count = f"{number} ticket{'' if number == 1 else 's'}"
    if apply:
        yield (f"{count} moved", "bold green")
    else:
        yield (f"{count} would be moved; nothing was changed, --apply --because TEXT does it", "bold")


def _differences(move: Move) -> Iterator[str]:
    if move.before.level != move.after.level:
        yield f"severity {move.before.level or 'none'} -> {move.after.level or 'none'}"
    for before, after in move.clocks():
        named = before or after
        old, new = _clock(before), _clock(after)
        if named:
            yield f"{named.name} of {named.started_at:%Y-%m-%d %H:%M}: {old if old == new else f'{old} -> {new}'}"


def _clock(clock: Clock | None) -> str:
    if clock is None:
        return "none"
    return f"{clock.state}, due {clock.due_at:%Y-%m-%d %H:%M} UTC" if clock.due_at else str(clock.state)


def _as_json(move: Move) -> dict[str, Any]:
    return {
        "ticket": str(move.ref),
        "pack": move.pin.pack,
        "from": move.old,
        "to": move.new.version,
        "changes": move.changes,
        "judged_by": move.after.version,
        "severity": {"before": move.before.level, "after": move.after.level},
        "clocks": [
            {"before": before and before.model_dump(mode="json"), "after": after and after.model_dump(mode="json")}
            for before, after in move.clocks()
        ],
    }
