"""``undo``: take back what the bridge wrote, after showing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.context import configured_connections, open_installation, ticket_ref
from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import BridgeError, HelpdeskError, InputError, Stopped

if TYPE_CHECKING:
    from app import Bridge
    from bridge.runtime.undo import TicketUndo, UndoRequest


@click.command()
@click.option("--since", metavar="WHEN", help="What was written since then: 2h, or an instant with its time zone.")
@click.option("--review", metavar="REVIEW", help="What one review wrote.")
@click.option("--ticket", metavar="TICKET", help="What was written to one ticket.")
@click.option("--clause", metavar="ID", help="What was written under one clause.")
@click.option("--apply/--plan", "apply", default=False, help="Take it back, or only show what would be (default).")
@json_option
def undo(
    since: str | None, review: str | None, ticket: str | None, clause: str | None, *, apply: bool, as_json: bool
) -> Exit:
    """Take back what was written to tickets.

    Tags, fields, priority, status, group and assignee get the value they had before, where nobody has changed them
    since, and the ticket gets an internal note. Messages cannot be taken back. What was taken back is not written again
    on the same occasion. Give at least one of --since, --review, --ticket and --clause; several narrow it down. If the
    command is interrupted, run it again. It works while writing is stopped; a stop that begins later ends it.
    """
    from getpass import getuser

    from bridge.runtime.undo import Undo

    with open_installation(must_exist=True) as bridge:
        request = _request(bridge, since, review, ticket, clause)
        work = Undo(bridge.store, bridge.helpdesks, bridge.clock, bridge.settings.lease)
        refs = work.tickets(request)
        if not refs:
            _nothing(bridge, request, as_json=as_json)
            return Exit.OK
        done: list[TicketUndo] = []
        try:
            for ref in refs:
                done.append(_one(work, ref, request, getuser(), apply=apply))
                if not as_json:
                    print_lines(_lines(done[-1]))
        except Stopped as error:
            left = f"{len(done)} of {len(refs)} tickets are done; run the same command again to go on"
            raise BridgeError(f"{error} {left}") from error
        finally:
            if apply:
                work.record(done, getuser(), request)
    if as_json:
        print_json({"applied": apply, "tickets": [each.as_json() for each in done]})
    else:
        print_lines(_summary(done, apply=apply))
    return Exit.FINDINGS if any(each.failed or each.refused for each in done) else Exit.OK


def _request(
    bridge: Bridge, since: str | None, review: str | None, ticket: str | None, clause: str | None
) -> UndoRequest:
    """What the person means. Raises ``InputError``."""
    from bridge.runtime.known_names import check_clause
    from bridge.runtime.since import parse_since
    from bridge.runtime.undo import UndoRequest

    if not any((since, review, ticket, clause)):
        raise InputError("undo: found no selection; allowed: at least one of --since, --review, --ticket and --clause")
    if review and bridge.store.review(review) is None:
        raise InputError(f"--review: found {review!r}; allowed: the id of a review, as `activity --json` shows it")
    ref = ticket_ref(ticket, configured_connections()) if ticket else None
    if ref and not bridge.store.ledger(ref):
        raise InputError(f"--ticket: found {ref}, to which nothing was written")
    if clause:
        check_clause(bridge.store, clause)
    return UndoRequest(parse_since(since, bridge.clock()) if since else None, review, ref, clause)


def _one(work: Any, ref: Any, request: UndoRequest, who: str, *, apply: bool) -> TicketUndo:
    """One ticket; what is wrong with it does not hinder the others."""
    from bridge.runtime.undo import TicketUndo

    try:
        done: TicketUndo = work.apply(ref, request, who) if apply else work.plan(ref, request)
    except Stopped:
        raise
    except HelpdeskError as error:
        return TicketUndo(ref, failed=str(error))
    return done


def _nothing(bridge: Bridge, request: UndoRequest, *, as_json: bool) -> None:
    from bridge.decision import Say

    if as_json:
        print_json({"applied": False, "tickets": []})
        return
    was_written = any(
        request.wants(entry, review) and not isinstance(entry.action, Say)
        for ref in bridge.store.effects_of(request.since, request.review, request.ref)
        for entry, review in bridge.store.ledger_with_reviews(ref)
    )
    print_lines([f"nothing to undo: {'all of it was taken back already' if was_written else 'no value was written'}"])


def _lines(done: TicketUndo) -> Iterator[Styled | list[Styled]]:
    from bridge.explain import describe_action
    from bridge.plan.undo import describe_undo

    ref = (f"{done.ref}  ", "bold")
    if done.failed:
        yield [ref, (f"not taken back: {done.failed}", "bold red")]
    for action in done.undoing.distinct:
        reason = done.refused.get(action.key)
        remark: Styled = (f"  (refused: {reason})", "yellow") if reason else ""
        if action in done.undoing.arrived:
            remark = ("  (done by an undo that was interrupted)", "dim")
        yield [ref, (f"{action.cite.clause:7}", "cyan"), f"  {describe_undo(action)}", remark]
    for kept in done.undoing.kept:
        yield [ref, (f"{kept.entry.cite.clause:7}", "cyan"), (f"  kept: {kept.because}", "dim")]
    for sent in done.undoing.sent:
        yield [
            ref,
            (f"{sent.cite.clause:7}", "cyan"),
            (f"  cannot be taken back: {describe_action(sent.action)}", "dim"),
        ]


def _summary(done: Sequence[TicketUndo], *, apply: bool) -> Iterator[Styled]:
    def count(number: int, what: str) -> str:
        return f"{number} {what}{'' if number == 1 else 's'}"

    taken = sum(len(each.undoing.undone if apply else each.undoing.actions) - len(each.refused) for each in done)
    kept, sent = (sum(len(getattr(each.undoing, name)) for each in done) for name in ("kept", "sent"))
    number = count(len(done), "ticket")
    would = f"{count(taken, 'write')} {'taken back' if apply else 'would be taken back'} on {number}, {kept} kept"
    end = "" if apply else "; nothing was changed; add --apply"
    yield (f"{would}, {count(sent, 'message')} cannot be taken back{end}", "bold green" if apply else "bold")
