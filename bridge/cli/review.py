"""``review``: review one ticket now, beside the workers of a server that may be running."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.context import configured_connections, open_installation, ticket_ref
from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import Gone, HelpdeskError, Retry, Unknown
from bridge.ports.outcomes import ReviewCause
from bridge.runtime.retry import REVIEW_POLL_S, STALE_READ_RETRY_S, WAIT_BEYOND_LEASE_S

if TYPE_CHECKING:
    from datetime import datetime

    from app import Bridge
    from bridge.ports.reviews import Review
    from bridge.ticket import TicketRef

ATTEMPTS = 3
"""How often a review that fails is tried."""


@click.command()
@click.argument("ticket", metavar="TICKET")
@json_option
def review(ticket: str, *, as_json: bool) -> Exit:
    """Review a ticket now and apply its policy.

    The same happens after a webhook, or when a timer is due. TICKET is connection:id, or the id alone if there is
    only one connection.
    """
    ref = ticket_ref(ticket, configured_connections())
    with open_installation(begins=True) as bridge, bridge.reconciler.previewer.helpdesk(ref).for_person():
        check_reachable(bridge, ref)
        done = review_now(bridge, ref)
    if as_json:
        print_json(_review_json(done))
    else:
        print_lines(_review_lines(done))
    return Exit.OK if done.outcome.is_settled else Exit.FINDINGS


def _review_json(done: Review) -> dict[str, Any]:
    plan = done.plan.model_dump(mode="json") if done.plan is not None else {"actions": [], "findings": []}
    head = {"review": done.id, "ticket": str(done.ref), "at": f"{done.at:%Y-%m-%dT%H:%M:%SZ}"}
    return {**head, "outcome": done.outcome, "detail": done.detail, **plan}


def _review_lines(done: Review) -> Iterator[Styled | list[Styled]]:
    from bridge.explain import describe_action

    style = "bold green" if done.outcome.is_settled else "bold red"
    detail = f": {done.detail}" if done.detail else ""
    yield [f"{done.ref}  ", (done.outcome, style), detail, (f"  (review {done.id})", "dim")]
    reasons = {each.key: each.because for each in done.plan.withheld} if done.plan else {}
    for action in done.plan.actions if done.plan else ():
        yield [
            (f"  {action.cite.clause:7}", "cyan"),
            f"  {describe_action(action)}",
            (f": {action.because}", "dim"),
            _withheld(reasons.get(action.key)),
        ]
    for found in done.plan.findings if done.plan is not None else ():
        yield [(f"  {found.cite.clause:7}", "cyan"), f"  {found.severity} {found.code}: {found.because}"]


def _withheld(because: str | None) -> Styled:
    return (f"  (withheld: {because})", "yellow") if because else ""


def check_reachable(bridge: Bridge, ref: TicketRef) -> None:
    """Raise at once what keeps a ticket from being reviewed now; ``Unknown`` if neither we nor the helpdesk have it."""
    helpdesk = bridge.reconciler.previewer.helpdesk(ref)
    if bridge.store.queue_entry(ref) is None:
        try:
            helpdesk.fetch(ref)
        except Gone as error:
            raise Unknown(f"ticket: found {ref}, of which nothing is recorded: {error}") from error
        except HelpdeskError:
            pass  # the probe finds out whether it is about this ticket alone
    bridge.reconciler.holds.probe_now(helpdesk)


def review_now(bridge: Bridge, ref: TicketRef, timeout_s: float | None = None) -> Review:
    """Wake a ticket and review it, or wait for the worker of a running server that holds it.

    A review that failed is repeated a few times. Raises ``Retry`` if the ticket is not reviewed in time.
    """
    timeout_s = bridge.settings.lease + WAIT_BEYOND_LEASE_S if timeout_s is None else timeout_s
    asked_at = bridge.clock()
    bridge.store.wake(ref, asked_at, ReviewCause.COMMAND)
    deadline, failures = time.monotonic() + timeout_s, 0
    while time.monotonic() < deadline:
        if found := _reviewed_since(bridge, ref, asked_at):
            return found
        lease = bridge.clock.ticket_time(timedelta(seconds=bridge.settings.lease))
        claim = bridge.store.claim_ticket(ref, ReviewCause.COMMAND, bridge.clock(), lease.total_seconds())
        if claim:
            done = bridge.reconciler.review(claim, bridge.clock())
            failures += done.outcome.is_transient
            if not done.outcome.is_transient or failures == ATTEMPTS:
                return done
        time.sleep(STALE_READ_RETRY_S if claim else REVIEW_POLL_S)
    raise Retry(
        f"{ref}: not reviewed within {timeout_s:.0f} s, because another worker holds its lease; it stays due, and "
        f"`policybridge explain {ref} --recorded` will show the decision"
    )


def _reviewed_since(bridge: Bridge, ref: TicketRef, asked_at: datetime) -> Review | None:
    """A review that began after ``asked_at``, and so saw the ticket as it was then."""
    latest = next(iter(bridge.store.reviews(ref, limit=1)), None)
    return latest if latest and latest.at >= asked_at and not latest.outcome.is_transient else None
