"""``explain``: what the policy decides on a ticket, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bridge.cli.context import configured_connections, open_database, open_installation, seen_ticket_ref, ticket_ref
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines
from bridge.errors import BridgeError, Gone, HelpdeskError, Unknown

if TYPE_CHECKING:
    from app import Bridge
    from bridge.explain import Explanation
    from bridge.ports.reviews import Review
    from bridge.runtime.backlog import Start
    from bridge.ticket import TicketRef


@click.command()
@click.argument("ticket", metavar="TICKET")
@click.option("--recorded", is_flag=True, help="Explain the last recorded decision without asking the helpdesk.")
@json_option
def explain(ticket: str, *, recorded: bool, as_json: bool) -> Exit:
    """Explain what the policy decides on a ticket.

    The decision is made now and nothing is written. TICKET is connection:id, or the id alone if there is only one
    connection.
    """
    from bridge.explain import as_text

    review, (explanation, start) = (None, _live(ticket)) if not recorded else _recorded(ticket)
    if as_json:
        since = {"in_force_since": start.since.isoformat().replace("+00:00", "Z")} if start and start.since else {}
        print_json({"review": review.id if review else None, **since, **explanation.model_dump(mode="json")})
    else:
        head = [f"Recorded by review {review.id}", ""] if review else []
        foot = ["", f"{start.pack} on {start.connection} is {start.describe()}"] if start else []
        print_lines(line if line.startswith(" ") else (line, "bold") for line in [*head, *as_text(explanation), *foot])
    return Exit.OK


def _live(ticket: str) -> tuple[Explanation, Start | None]:
    from bridge.explain import explain as explanation_of

    ref = ticket_ref(ticket, configured_connections())
    with open_installation() as bridge:
        try:
            seen = bridge.reconciler.preview(ref, bridge.clock())
        except HelpdeskError as error:
            raise _not_explained(bridge, ref, error) from error
        start = bridge.backlog.start(ref.connection, seen.policy.pack)
    return explanation_of(seen.decision, seen.policy, seen.account, seen.plan, seen.scope), start


def _not_explained(bridge: Bridge, ref: TicketRef, error: HelpdeskError) -> BridgeError:
    """What to say instead of an explanation."""
    entry = bridge.store.queue_entry(ref)
    if entry is None and isinstance(error, Gone):
        return Unknown(f"ticket: found {ref}, of which nothing is recorded: {error}")
    shown = f"; `policybridge explain {ref} --recorded` shows the last decision" if entry and entry.snapshot else ""
    return BridgeError(f"{error}{shown}")


def _recorded(ticket: str) -> tuple[Review, tuple[Explanation, None]]:
    from bridge.explain import explain as explanation_of
    from bridge.policy.recorded import recorded_policy

    with open_database() as store:
        ref = seen_ticket_ref(store, ticket)
        latest = next((review.id for review in store.reviews(ref) if review.decision), None)
        review = store.review(latest) if latest else None
    if not (review and review.decision and review.pack):
        raise BridgeError(f"{ref}: no decision is recorded; `policybridge review {ref}` makes one")
    explanation = explanation_of(review.decision, recorded_policy(review.pack), review.account, review.plan)
    return review, (explanation, None)
