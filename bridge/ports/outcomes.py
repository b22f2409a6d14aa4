"""Causes and outcomes of reviews: every value that may stand in the record, with what it means to whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReviewCause(StrEnum):
    """What made a ticket due for review."""

    DELIVERY = "delivery"
    DUE = "due"
    SWEEP = "sweep"
    COMMAND = "command"
    APPROVAL = "approval"
    AMENDMENT = "amendment"
    ACCOUNT = "account"
    POLICY = "policy"
    REPIN = "repin"
    PERMISSION = "permission"
    UNDO = "undo"
    ADOPTION = "adoption"
    SETUP = "setup"
    BACKFILL = "backfill"

    @property
    def label(self) -> str:
        """The cause for people."""
        return _CAUSES[self]


_CAUSES = {
    ReviewCause.DELIVERY: "webhook",
    ReviewCause.DUE: "timer",
    ReviewCause.SWEEP: "sweep",
    ReviewCause.COMMAND: "command",
    ReviewCause.APPROVAL: "approval",
    ReviewCause.AMENDMENT: "amendment",
    ReviewCause.ACCOUNT: "account changed",
    ReviewCause.POLICY: "policy changed",
    ReviewCause.REPIN: "moved to another policy version",
    ReviewCause.PERMISSION: "writing was permitted again",
    ReviewCause.UNDO: "undo",
    ReviewCause.ADOPTION: "adopted",
    ReviewCause.SETUP: "what was missing in the helpdesk is there",
    ReviewCause.BACKFILL: "backfill",
}


class ReviewOutcome(StrEnum):
    """How a review ended."""

    NOTHING = "nothing"
    APPLIED = "applied"
    WITHHELD = "withheld"
    NOT_GOVERNED = "not_governed"
    ENDED = "ended"
    LEFT_ALONE = "left_alone"
    CONFLICT = "conflict"
    RETRY = "retry"
    GAVE_UP = "gave_up"
    BREAKER = "breaker"
    BROKEN = "broken"
    SUPERSEDED = "superseded"

    @property
    def label(self) -> str:
        """The outcome for people."""
        return _OUTCOMES[self].label

    @property
    def is_silent(self) -> bool:
        """Whether nothing happened that a list has to show."""
        return _OUTCOMES[self].is_silent

    @property
    def is_settled(self) -> bool:
        """Whether all that the policy and the connection allow is done."""
        return _OUTCOMES[self].is_settled

    @property
    def is_transient(self) -> bool:
        """Whether the ticket is reviewed again on its own, usually within seconds."""
        return _OUTCOMES[self].is_transient

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should look into it."""
        return _OUTCOMES[self].needs_attention


@dataclass(frozen=True)
class _Meaning:
    label: str
    is_silent: bool = False
    is_settled: bool = False
    is_transient: bool = False
    needs_attention: bool = False


_OUTCOMES = {
    ReviewOutcome.NOTHING: _Meaning("no change", is_silent=True, is_settled=True),
    ReviewOutcome.APPLIED: _Meaning("applied", is_settled=True),
    ReviewOutcome.WITHHELD: _Meaning("planned, not written", is_settled=True),
    ReviewOutcome.NOT_GOVERNED: _Meaning("no policy applies", is_settled=True, needs_attention=True),
    ReviewOutcome.ENDED: _Meaning("deleted, merged or archived"),
    ReviewOutcome.LEFT_ALONE: _Meaning("older than the policy, left alone", is_silent=True, is_settled=True),
    ReviewOutcome.CONFLICT: _Meaning("ticket changed meanwhile, reviewed again", is_transient=True),
    ReviewOutcome.RETRY: _Meaning("will be retried", is_transient=True, needs_attention=True),
    ReviewOutcome.GAVE_UP: _Meaning("needs attention", needs_attention=True),
    ReviewOutcome.BREAKER: _Meaning("too many writes, stopped", needs_attention=True),
    ReviewOutcome.BROKEN: _Meaning("internal error, will be retried", needs_attention=True),
    ReviewOutcome.SUPERSEDED: _Meaning("superseded by a later review", is_silent=True),
}
