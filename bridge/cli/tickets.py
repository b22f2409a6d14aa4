"""``explain``, ``review`` and ``replay``: one ticket, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import BridgeError, InputError

if TYPE_CHECKING:
    from collections.abc import Collection

    from bridge.decision import Decision
    from bridge.explain import Explanation
    from bridge.ports import Review
    from bridge.ticket import TicketRef

DONE = frozenset({"nothing", "applied", "not_governed", "withheld"})
"""Outcomes of a review after which nobody has to do anything."""


@click.command()
@click.argument("ticket", metavar="TICKET")
@click.option("--recorded", is_flag=True, help="Explain the last recorded decision; the helpdesk is not asked.")
@json_option
def explain(ticket: str, *, recorded: bool, as_json: bool) -> Exit:
    """Say why: one ticket, by its policy, now.

    Nothing is written anywhere. TICKET is connection:id, or the id alone where there is one connection.
    """
    review, told = _recorded(ticket) if recorded else (None, _live(ticket))
    if as_json:
        print_json({"review": review.id if review else None, **told.model_dump(mode="json")})
    else:
        head = [f"Recorded by review {review.id}", ""] if review else []
        print_lines(line if line.startswith(" ") else (line, "bold") for line in [*head, *told.text()])
    return Exit.OK


def _live(ticket: str) -> Explanation:
    from bridge.cli.installation import installation
    from bridge.errors import HelpdeskError
    from bridge.explain import explain as told

    with installation() as bridge:
        ref = ticket_ref(ticket, bridge.helpdesks)
        try:
            seen = bridge.reconciler.look(ref, bridge.clock())
        except HelpdeskError as error:
            raise BridgeError(f"{error}; `policybridge explain {ref} --recorded` shows the last decision") from error
    return told(seen.decision, seen.policy, seen.account, seen.plan)


def _recorded(ticket: str) -> tuple[Review, Explanation]:
    from bridge.cli.installation import record
    from bridge.explain import explain as told
    from bridge.policy.model import Policy

    with record() as store:
        ref = ticket_ref(ticket, () if ":" in ticket else connections())
        latest = next((review.id for review in store.reviews(ref) if review.decision), None)
        review = store.review(latest) if latest else None
    if not (review and review.decision and review.pack):
        raise BridgeError(f"{ref}: no decision is recorded; `policybridge review {ref}` makes one")
    return review, told(review.decision, Policy.of(review.pack), review.account, review.plan)


def connections() -> Collection[str]:
    """The names of the configured connections. Raises ``InputError``."""
    from bridge.config.settings import load_settings
    from bridge.yamlio.validate import load_model
    from mappings.connection import Configuration

    return load_model(load_settings().config, Configuration).connections


def ticket_ref(text: str, connections: Collection[str]) -> TicketRef:
    """Which ticket is meant: ``connection:id``, or an id where only one connection is configured.

    Any connection will do where none are given. Raises ``InputError``.
    """
    from bridge.ticket import TicketRef

    if ":" not in text and len(connections) == 1:
        text = f"{next(iter(connections))}:{text}"
    try:
        ref = TicketRef.parse(text)
    except ValueError as error:
        raise InputError(f"TICKET: {error}; configured: {', '.join(connections) or 'any connection'}") from error
    if connections and ref.connection not in connections:
        raise InputError(f"TICKET: found connection {ref.connection!r}; allowed: {', '.join(connections)}")
    return ref


@click.command()
@click.argument("ticket", metavar="TICKET")
@json_option
def review(ticket: str, *, as_json: bool) -> Exit:
    """Look at a ticket now, and act.

    It does what a webhook or a timer would cause. TICKET is connection:id, or the id alone where there is
    one connection.
    """
    from bridge.cli.installation import installation
    from bridge.cli.looking import look_now

    with installation() as bridge:
        done = look_now(bridge, ticket_ref(ticket, bridge.helpdesks))
    if as_json:
        print_json(_review_json(done))
    else:
        print_lines(_review_lines(done))
    return Exit.OK if done.outcome in DONE else Exit.FINDINGS


def _review_json(done: Review) -> dict[str, Any]:
    plan = done.plan.model_dump(mode="json") if done.plan else {"actions": [], "findings": []}
    head = {"review": done.id, "ticket": str(done.ref), "at": f"{done.at:%Y-%m-%dT%H:%M:%SZ}"}
    return {**head, "outcome": done.outcome, "detail": done.detail, **plan}


def _review_lines(done: Review) -> Iterator[Styled | list[Styled]]:
    from bridge.explain import act

    style = "bold green" if done.outcome in DONE else "bold red"
    detail = f": {done.detail}" if done.detail else ""
    yield [f"{done.ref}  ", (done.outcome, style), detail, (f"  (review {done.id})", "dim")]
    for action in done.plan.actions if done.plan else ():
        yield [(f"  {action.cite.clause:7}", "cyan"), f"  {act(action)}", (f": {action.because}", "dim")]
    for found in done.plan.findings if done.plan else ():
        yield [(f"  {found.cite.clause:7}", "cyan"), f"  {found.severity} {found.code}: {found.because}"]


@click.command()
@click.argument("ident", metavar="REVIEW")
@json_option
def replay(ident: str, *, as_json: bool) -> Exit:
    """Make a recorded decision again.

    It is made from what the review saw, and compared byte for byte. REVIEW is the id of a review; explain
    TICKET --recorded shows the last one of a ticket.
    """
    from bridge.cli.installation import record
    from bridge.runtime.reconcile import replay as made_again

    with record() as store:
        difference = _difference(*made_again(store, ident))
    if as_json:
        print_json({"review": ident, "identical": not difference, "diff": difference})
    elif difference:
        print_lines([(f"review {ident} is not reproduced by this version:", "bold red"), *difference])
    else:
        print_lines([(f"review {ident} is reproduced byte for byte", "bold green")])
    return Exit.FINDINGS if difference else Exit.OK


def _difference(recorded: Decision, reproduced: Decision) -> list[str]:
    """A unified diff of two decisions; empty when their JSON is the same, byte for byte."""
    from difflib import unified_diff

    if recorded.model_dump_json() == reproduced.model_dump_json():
        return []
    old, new = (decision.model_dump_json(indent=2).splitlines() for decision in (recorded, reproduced))
    return list(unified_diff(old, new, "recorded", "reproduced", lineterm=""))
