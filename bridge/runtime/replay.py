"""Replay: makes recorded decisions again from the snapshots of their reviews, by this program or by another pack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from bridge.decision import Decision
from bridge.errors import BridgeError, Unknown
from bridge.evaluate import evaluate
from bridge.policy.model import Policy
from bridge.policy.recorded import recorded_policy
from bridge.ports.reviews import Review, ReviewStore

WORDING = frozenset({"because", "rule", "text"})
"""What a decision says to people; versions of this program may word it differently."""
VERSION = frozenset({"version", "digest"})
"""What another version of a pack calls itself; keys and citations name it too."""


class DecisionPart(StrEnum):
    """A part of a decision, for people."""

    SEVERITY = "severity"
    CLOCKS = "clocks"
    VALUES = "values"
    MESSAGES = "messages"
    FINDINGS = "findings"
    RULES = "rules"
    NEXT_REVIEW = "next review"


_FIELDS = {
    DecisionPart.SEVERITY: "level",
    DecisionPart.CLOCKS: "clocks",
    DecisionPart.VALUES: "desired",
    DecisionPart.MESSAGES: "due_messages",
    DecisionPart.FINDINGS: "findings",
    DecisionPart.RULES: "rules",
    DecisionPart.NEXT_REVIEW: "wake_at",
}


@dataclass(frozen=True)
class Replayed:
    """A recorded decision, and the same decision made again."""

    review: str
    recorded: Decision
    again: Decision

    @property
    def is_identical(self) -> bool:
        """Whether both are the same byte for byte."""
        return self.recorded.model_dump_json() == self.again.model_dump_json()

    @property
    def is_same(self) -> bool:
        """Whether both decide the same, however it is worded and whatever the version is called."""
        return not self.parts

    @cached_property
    def parts(self) -> list[DecisionPart]:
        """The parts that are decided differently."""
        recorded, again = (_bare(decision.model_dump(by_alias=False)) for decision in (self.recorded, self.again))
        return [part for part, name in _FIELDS.items() if recorded[name] != again[name]]


@dataclass(frozen=True)
class Skipped:
    """A review that cannot be decided again, and why."""

    review: str
    because: str


def replay(store: ReviewStore, ident: str, policy: Policy | None = None) -> tuple[Decision, Decision]:
    """A recorded decision and its reproduction, by the pack of its record or by ``policy``. Raises ``BridgeError``."""
    review = store.review(ident)
    if review is None:
        advice = "`policybridge explain TICKET --recorded` shows their ids"
        raise Unknown(f"REVIEW: found {ident!r}; allowed: the id of a review that is recorded; {advice}")
    return _made_again(review, policy)


def replay_last(store: ReviewStore, number: int, policy: Policy | None = None) -> Iterator[Replayed | Skipped]:
    """The last reviews that reached a decision, the newest first; with ``policy`` those under that pack alone."""
    for listed in store.reviews(limit=number):
        if listed.decision is None or (policy and listed.decision.pack != policy.pack):
            continue
        try:
            yield Replayed(listed.id, *replay(store, listed.id, policy))
        except BridgeError as error:
            yield Skipped(listed.id, str(error))
        except Exception as error:  # an error of this program in one decision is a result, and not the end
            yield Skipped(listed.id, " ".join(f"{type(error).__name__}: {error}".split()))


def _made_again(review: Review, policy: Policy | None) -> tuple[Decision, Decision]:
    if not (review.ticket and review.decision and review.pack):
        raise BridgeError(
            f"review {review.id} ended before a decision ({review.outcome}: {review.detail}); nothing to replay"
        )
    try:
        policy = policy or recorded_policy(review.pack)
    except BridgeError as error:
        raise BridgeError(f"review {review.id} cannot be replayed: {error}") from error
    again = evaluate(review.ticket, review.account, policy, review.decision.at, review.kept)
    return review.decision, again


def _bare(value: Any) -> Any:
    """A dumped decision without its sentences and without what its version is called."""
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items() if key not in WORDING | VERSION}
    return [_bare(inner) for inner in value] if isinstance(value, list | tuple) else value
