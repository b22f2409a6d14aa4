"""Recorded reviews as the input of reports."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import KeptClocks
from bridge.policy.recorded import recorded_policy
from bridge.report import ReviewedTicket
from bridge.store import SqlStore


def report_input(store: SqlStore) -> Iterator[ReviewedTicket]:
    """Every ticket that was evaluated, as its last review saw it."""
    for review in store.latest_reviews():
        if review.ticket and review.account and review.decision and review.pack:
            policy = recorded_policy(review.pack)
            yield ReviewedTicket(review.ticket, review.account, policy, review.decision, review.kept or KeptClocks())
