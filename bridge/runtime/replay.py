"""Replay: reproduces a recorded decision from the snapshot of its review."""

from __future__ import annotations

from bridge.decision import Decision
from bridge.errors import BridgeError, Unknown
from bridge.evaluate import evaluate
from bridge.policy.recorded import recorded_policy
from bridge.ports.reviews import ReviewStore


def replay(store: ReviewStore, ident: str) -> tuple[Decision, Decision]:
    """A recorded decision and its reproduction. Raises ``BridgeError``."""
    review = store.review(ident)
    if review is None:
        advice = "`policybridge explain TICKET --recorded` shows their ids"
        raise Unknown(f"REVIEW: found {ident!r}; allowed: the id of a review that is recorded; {advice}")
    if not (review.ticket and review.decision and review.pack):
        raise BridgeError(
            f"review {ident} ended before a decision ({review.outcome}: {review.detail}); nothing to replay"
        )
    try:
        policy = recorded_policy(review.pack)
    except BridgeError as error:
        raise BridgeError(f"review {ident} cannot be replayed: {error}") from error
    again = evaluate(review.ticket, review.account, policy, review.decision.at, review.kept)
    return review.decision, again
