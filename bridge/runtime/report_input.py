"""What reviews have recorded, as reports read it."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import KeptClocks
from bridge.policy.recorded import recorded_policy
from bridge.report import Recorded
from bridge.store import SqlStore


def report_input(store: SqlStore) -> Iterator[Recorded]:
    """Every ticket that was evaluated, as the last review saw it."""
    for review in store.latest_reviews():
        if review.ticket and review.account and review.decision and review.pack:
            policy = recorded_policy(review.pack)
            yield Recorded(review.ticket, review.account, policy, review.decision, review.kept or KeptClocks())
