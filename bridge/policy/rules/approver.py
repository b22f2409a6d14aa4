"""Approvers: who may approve, and how answers by anybody else are reported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bridge.decision import Severity
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.ticket import Actor, Approval, Role

Approver = Literal["customer", "management"]
"""``customer``: anybody of the customer's. ``management``: only the account's management contacts."""


def may_approve(context: Context, approver: Approver, who: Actor) -> bool:
    """Whether this person may approve."""
    if approver == "management":
        return who.email != "" and who.email.lower() in context.account.management
    return who.role is Role.CUSTOMER


def approvals_for(context: Context, gate: str) -> Iterator[Approval]:
    """Every answer to requests for an approval of this name, oldest first."""
    return (entry for entry in context.timeline.of_kind(Approval) if entry.gate == gate)


def wrong_approvers(context: Context, gate: str, approver: Approver, *, clause: str) -> Iterator[RuleOutcome]:
    """Findings for answers by people who may not approve; those answers do not count."""
    for answer in approvals_for(context, gate):
        if not may_approve(context, approver, answer.actor):
            who = answer.actor.email or answer.actor.role.value
            because = (
                f"the answer from {who} on {gate.replace('_', ' ')} does not count: only the {approver} can give it"
            )
            yield context.finding("wrong_approver", clause=clause, because=because, severity=Severity.WARNING)
