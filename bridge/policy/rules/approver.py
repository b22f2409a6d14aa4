"""Who may agree, and what becomes of the answers of everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bridge.decision import Severity
from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.rule import Outcome
from bridge.ticket import Actor, Approval, Role

Approver = Literal["customer", "management"]
"""``customer``: anybody of the customer's. ``management``: only the account's management contacts."""


def may_agree(case: Case, approver: Approver, who: Actor) -> bool:
    """Whether the answer of this person counts."""
    if approver == "management":
        return who.email.lower() in case.account.management
    return who.role is Role.CUSTOMER


def answers(case: Case, gate: str) -> Iterator[Approval]:
    """Everything that was answered to a question of this name, oldest first."""
    return (entry for entry in case.ticket.timeline if isinstance(entry, Approval) and entry.gate == gate)


def strangers(case: Case, gate: str, approver: Approver, *, clause: str) -> Iterator[Outcome]:
    """Answers of people who may not give them are kept in view, and do not count."""
    for answer in answers(case, gate):
        if not may_agree(case, approver, answer.actor):
            who = answer.actor.email or answer.actor.role.value
            because = f"the answer of {who} on {gate.replace('_', ' ')} does not count; asked is the {approver}"
            yield case.finding("wrong_approver", clause=clause, because=because, severity=Severity.WARNING)
