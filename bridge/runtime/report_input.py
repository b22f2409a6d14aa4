"""Recorded reviews as the input of reports."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import KeptClocks
from bridge.policy.recorded import recorded_policy
from bridge.ports.reviews import Review
from bridge.report import ReviewedTicket
from bridge.store import SqlStore


def report_input(store: SqlStore) -> Iterator[ReviewedTicket]:
    """Every ticket that was evaluated, as its last review saw it."""
    yield from filter(None, map(reviewed_ticket, store.latest_reviews()))


def reviewed_ticket(review: Review) -> ReviewedTicket | None:
    """A ticket as a review saw and evaluated it; None where it was not evaluated."""
    if not (review.ticket and review.account and review.decision and review.pack):
        return None
    policy = recorded_policy(review.pack)
    return ReviewedTicket(review.ticket, review.account, policy, review.decision, review.kept or KeptClocks())
