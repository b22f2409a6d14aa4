"""The breaker: reasons to stop writing to a ticket for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.decision import Plan
from bridge.decision.records import action_value
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.ports.store import Store
from bridge.runtime.preview import Preview
from bridge.runtime.retry import BREAKER_S
from bridge.ticket import Ticket


def reason_to_stop(
    store: Store, preview: Preview, now: datetime, writes_per_hour: int, why: ReviewCause = ReviewCause.DUE
) -> str:
    """Why nothing may be written now: too many writes, or the same update has just had no effect; empty: go ahead."""
    ref, todo = preview.ticket.ref, preview.permitted
    written = store.plans_written(ref, now - timedelta(seconds=BREAKER_S))
    if len(written) >= writes_per_hour:
        return f"the ticket was written to {writes_per_hour} times within an hour"
    if why in (ReviewCause.SETUP, ReviewCause.COMMAND):
        return ""  # what stood in the way is gone, or a person thinks so
    confirmed = {entry.key for entry in store.ledger(ref) if entry.confirmed}
    if not (written and _effects(written[0]) == _effects(todo) and confirmed.isdisjoint(_effects(todo))):
        return ""
    last = next((review for review in store.reviews(ref) if review.outcome is ReviewOutcome.APPLIED), None)
    return "" if last and _has_changed_since(last, preview.ticket) else _repeated_failure(last)


def _repeated_failure(last: Review | None) -> str:
    reason = f" ({last.detail})" if last and last.detail else ""
    return f"the helpdesk accepted the same update within the hour and carried out none of it{reason}"


def _has_changed_since(last: Review, ticket: Ticket) -> bool:
    """Whether what stood in the way may be gone."""
    return last.ticket is not None and _relevant(last.ticket) != _relevant(ticket)


def _relevant(ticket: Ticket) -> Ticket:
    """The ticket without what cannot stand in a write's way: its version, which our write moves, history and tags."""
    return ticket.model_copy(update={"version": "", "timeline": (), "tags": frozenset()})


def _effects(todo: Plan) -> dict[str, str | int]:
    return {action.key: action_value(action) for action in todo.actions}
