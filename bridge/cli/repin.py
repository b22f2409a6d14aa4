"""``repin``: move tickets to another version of their pack, after showing the effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.context import open_database, recorded_ticket_ref
from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import BridgeError, InputError

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.decision import Clock
    from bridge.runtime.repin import Move
    from bridge.store import SqlStore


@click.command()
@click.argument("tickets", metavar="TICKET...", nargs=-1, required=True)
@click.option("--to", metavar="VERSION", default="current", show_default=True, help="Version of the pack to move to.")
@click.option("--because", "reason", metavar="TEXT", default="", help="Why, for the audit log; --apply needs it.")
@click.option("--apply/--plan", "apply", default=False, help="Move the tickets, or only show the effect (default).")
@json_option
def repin(tickets: tuple[str, ...], to: str, reason: str, *, apply: bool, as_json: bool) -> Exit:
    """Move tickets to another version of their pack.

    A ticket stays on the version under which it was created. A moved ticket is evaluated as if it had been created
    under the other version; verdicts that are final stay as they are. Without --apply nothing is changed. TICKET is
    connection:id, or the id alone if there is only one connection.
    """
    from getpass import getuser

    from bridge.runtime.repin import carry_out
    from bridge.runtime.ticket_clock import wall_clock

    reason = reason.strip()
    if apply and not reason:
        raise InputError("--because: found nothing; allowed: why the tickets are moved; the audit log keeps it")
    now = wall_clock()
    with open_database() as store:
        moves = _planned(store, tickets, to, now)
        for move in moves if apply else ():
            if move.changes:
                carry_out(store, move, getuser(), reason, now)
    if as_json:
        print_json({"applied": apply, "tickets": [_as_json(move) for move in moves]})
    else:
        print_lines(_lines(moves, apply=apply))
    return Exit.OK


def _planned(store: SqlStore, tickets: Sequence[str], to: str, now: datetime) -> list[Move]:
    """A move for each ticket. Raises ``BridgeError`` with a line for each that cannot be moved: then none is."""
    from bridge.runtime.repin import planned

    moves, wrong = [], []
    for ticket in dict.fromkeys(tickets):
        ref = recorded_ticket_ref(ticket)
        try:
            moves.append(planned(store, ref, to, now))
        except InputError:
            raise
        except BridgeError as error:
            wrong.append(str(error))
    if wrong:
        raise BridgeError("\n".join([*wrong, "nothing was changed"]))
    return moves


def _lines(moves: Sequence[Move], *, apply: bool) -> Iterator[Styled | list[Styled]]:
    for move in moves:
        pack, old, new = move.pin.pack, move.old, move.new.version
        if not move.changes:
            yield [(f"{move.ref}  ", "bold"), f"is pinned to {pack} {new} already"]
            continue
        evaluated = f", evaluated by {move.after.version} after later edits" if move.after.version != new else ""
        yield [(f"{move.ref}  ", "bold"), f"{pack} {old} -> {new}{evaluated}"]
        yield from (f"  {line}" for line in _differences(move))
    number = sum(move.changes for move in moves)
    count = f"{number} ticket{'' if number == 1 else 's'}"
    if apply:
        yield (f"{count} moved", "bold green")
    else:
        yield (f"{count} would be moved; nothing was changed; add --apply --because TEXT to move", "bold")


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
        "evaluated_by": move.after.version,
        "severity": {"before": move.before.level, "after": move.after.level},
        "clocks": [
            {"before": before and before.model_dump(mode="json"), "after": after and after.model_dump(mode="json")}
            for before, after in move.clocks()
        ],
    }
