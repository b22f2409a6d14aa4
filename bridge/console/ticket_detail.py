"""One ticket as the last review saw it: its snapshot, and its decision explained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bridge.explain import Explanation, explain
from bridge.policy.model import Policy
from bridge.ports.reviews import Review
from bridge.store import SqlStore
from bridge.store.queries import standing
from bridge.ticket import Ticket, TicketRef


@dataclass(frozen=True)
class Seen:
    """What a review saw and decided, told."""

    review: Review
    ticket: Ticket
    policy: Policy
    """The pack that was in force, the account's own terms included."""
    explanation: Explanation


class Sight:
    """Finds what was seen last. A review never changes, so its explanation is made once."""

    def __init__(self, store: SqlStore, policies: Mapping[str, Policy]) -> None:
        self._store = store
        self._policies = policies
        self._explained = lru_cache(64)(self._explain)

    def of(self, ref: TicketRef) -> Seen | None:
        """The newest sight of a ticket; None when no review has seen it yet."""
        found = standing(self._store, ref)
        return self._explained(found.snapshot) if found and found.snapshot else None

    def _explain(self, ident: str) -> Seen | None:
        review = self._store.review(ident)
        if review is None or review.ticket is None or review.decision is None:
            return None
        policy = self._policy(review)
        if policy is None:
            return None
        return Seen(review, review.ticket, policy, explain(review.decision, policy, review.account, review.plan))

    def _policy(self, review: Review) -> Policy | None:
        """The pack as the review recorded it: what was edited since does not change what was decided."""
        if review.pack is not None:
            return _policy(json.dumps(review.pack))
        return self._policies.get(review.decision.pack) if review.decision else None


@lru_cache(16)
def _policy(source: str) -> Policy:
    return Policy.of(json.loads(source))
