"""One ticket as the last review saw it: its snapshot, and its decision with the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bridge.explain import Explanation, explain
from bridge.policy.model import Policy
from bridge.policy.recorded import recorded_policy
from bridge.ports.reviews import Review
from bridge.store import SqlStore
from bridge.ticket import Ticket, TicketRef


@dataclass(frozen=True)
class TicketDetail:
    """A reviewed ticket, and the explanation of its decision."""

    review: Review
    ticket: Ticket
    policy: Policy
    """The pack in force at the review, with the terms of the account."""
    explanation: Explanation


class TicketDetails:
    """The last reviewed state of each ticket. A review never changes, so its explanation is cached."""

    def __init__(self, store: SqlStore, policies: Mapping[str, Policy]) -> None:
        self._store = store
        self._policies = policies
        self._explained = lru_cache(64)(self._explain)

    def latest(self, ref: TicketRef) -> TicketDetail | None:
        """The newest reviewed state of a ticket; None if no review has seen it yet."""
        found = self._store.queue_entry(ref)
        return self._explained(found.snapshot) if found and found.snapshot else None

    def _explain(self, ident: str) -> TicketDetail | None:
        review = self._store.review(ident)
        if review is None or review.ticket is None or review.decision is None:
            return None
        policy = self._policy(review)
        if policy is None:
            return None
        return TicketDetail(
            review, review.ticket, policy, explain(review.decision, policy, review.account, review.plan)
        )

    def _policy(self, review: Review) -> Policy | None:
        """The pack as the review recorded it; later edits do not change past decisions."""
        if review.pack is not None:
            return recorded_policy(review.pack)
        return self._policies.get(review.decision.pack) if review.decision else None
