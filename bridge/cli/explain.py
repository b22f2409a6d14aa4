"""``explain``: what the policy decides on a ticket, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from bridge.cli.context import configured_connections, open_database, open_installation, seen_ticket_ref, ticket_ref
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines
from bridge.errors import BridgeError, Gone, HelpdeskError, InputError, Unknown

if TYPE_CHECKING:
    from datetime import datetime

    from app import Bridge
    from bridge.account import Account
    from bridge.explain import Explanation
    from bridge.policy.model import Policy
    from bridge.ports.reviews import Review
    from bridge.runtime.backlog import InForceSince
    from bridge.ticket import Ticket, TicketRef


@click.command()
@click.argument("ticket", metavar="TICKET")
@click.option("--recorded", is_flag=True, help="Explain the last recorded decision without contacting the helpdesk.")
@click.option("--at", metavar="TIME", help="What if: decide at another instant, past or future.")
@click.option("--set", "sets", multiple=True, metavar="FACT=VALUE", help="What if: this is set then.")
@click.option("--pack", metavar="PACK", help="What if: decide by this pack.")
@json_option
def explain(
    ticket: str, at: str | None, sets: tuple[str, ...], pack: str | None, *, recorded: bool, as_json: bool
) -> Exit:
    """Explain what the policy decides on a ticket.

    The decision is made now and nothing is written. TICKET is connection:id, or the id alone if there is only one
    connection. With --at, --set and --pack it explains what would be decided at another time, if something were set
    then, or by another pack.
    """
    from bridge.explain import as_text

    what_if = _WhatIf(at, sets, pack) if at or sets or pack else None
    review, (explanation, start) = _recorded(ticket, what_if) if recorded else (None, _live(ticket, what_if))
    if as_json:
        since = {"in_force_since": start.since.isoformat().replace("+00:00", "Z")} if start and start.since else {}
        print_json({"review": review.id if review else None, **since, **explanation.model_dump(mode="json")})
    else:
        head = [f"Recorded by review {review.id}", ""] if review else []
        head = [f"What if {what_if}?", ""] if what_if else head
        foot = ["", f"{start.pack} on {start.connection} is {start.describe()}"] if start else []
        print_lines(line if line.startswith(" ") else (line, "bold") for line in [*head, *as_text(explanation), *foot])
    return Exit.OK


@dataclass(frozen=True)
class _WhatIf:
    """What is asked, as it was typed."""

    at: str | None
    sets: tuple[str, ...]
    pack: str | None

    def __str__(self) -> str:
        parts = [f"{each} were set" for each in self.sets]
        parts += [f"{self.pack} governed"] if self.pack else []
        return " and ".join(parts or ["nothing else happened"]) + (f", at {self.at}" if self.at else "")

    def explanation(self, ticket: Ticket, account: Account | None, policy: Policy, now: datetime) -> Explanation:
        """What would be decided then. Raises ``InputError``."""
        from bridge.cli.history_options import chosen_pack, instant
        from bridge.explain import changes
        from bridge.explain import explain as explanation_of
        from bridge.runtime.what_if import Question, read_changes

        own, policy = policy, chosen_pack(self.pack) if self.pack else policy
        if wrong := next((each for each in self.sets if "=" not in each), None):
            raise InputError(f"--set: found {wrong!r}; allowed: a fact and its value, such as affected=all")
        words = {name: value for name, _, value in (each.partition("=") for each in self.sets)}
        at = instant(self.at, "--at") if self.at else max(now, ticket.created_at)  # the helpdesk's clock may be ahead
        answer = Question(at, policy, read_changes(policy, words, ticket.created_at)).answer(ticket, account)
        supposed = bool(self.sets or self.pack)
        without = Question(at if supposed else max(now, ticket.created_at), own).answer(ticket, account)
        explained = explanation_of(answer, policy, account)
        return explained.model_copy(update={"changes": changes(without, answer)})


def _live(ticket: str, what_if: _WhatIf | None) -> tuple[Explanation, InForceSince | None]:
    from bridge.explain import explain as explanation_of

    ref = ticket_ref(ticket, configured_connections())
    with open_installation() as bridge:
        try:
            seen = bridge.reconciler.previewer.preview_for_person(ref, bridge.clock())
        except HelpdeskError as error:
            raise _not_explained(bridge, ref, error) from error
        start = bridge.backlog.start(ref.connection, seen.policy.pack)
        if what_if:
            return what_if.explanation(seen.ticket, seen.account, seen.policy, bridge.clock()), None
    return explanation_of(seen.decision, seen.policy, seen.account, seen.plan, seen.scope), start


def _not_explained(bridge: Bridge, ref: TicketRef, error: HelpdeskError) -> BridgeError:
    """What to say instead of an explanation."""
    entry = bridge.store.queue_entry(ref)
    if entry is None and isinstance(error, Gone):
        return Unknown(f"ticket: found {ref}, of which nothing is recorded: {error}")
    shown = f"; `policybridge explain {ref} --recorded` shows the last decision" if entry and entry.snapshot else ""
    return BridgeError(f"{error}{shown}")


def _recorded(ticket: str, what_if: _WhatIf | None) -> tuple[Review, tuple[Explanation, None]]:
    from bridge.explain import explain as explanation_of
    from bridge.policy.recorded import recorded_policy

    with open_database() as store:
        ref = seen_ticket_ref(store, ticket)
        latest = next((review.id for review in store.reviews(ref) if review.decision), None)
        review = store.review(latest) if latest else None
    if not (review and review.decision and review.pack):
        raise BridgeError(f"{ref}: no decision is recorded; `policybridge review {ref}` makes one")
    policy = recorded_policy(review.pack)
    if what_if and review.ticket:
        return review, (what_if.explanation(review.ticket, review.account, policy, review.at), None)
    return review, (explanation_of(review.decision, policy, review.account, review.plan), None)
