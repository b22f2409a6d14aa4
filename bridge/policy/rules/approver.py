"""Approvers: who may approve, how they prove who they are, and how answers that do not count are reported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bridge.decision import Severity
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.evaluation.sentence import Sentence
from bridge.ticket import Actor, Approval, Proof, Role

Approver = Literal["customer", "management"]
"""``customer``: anybody of the customer's. ``management``: only the account's management contacts."""

PROVES_ADDRESS: frozenset[Proof] = frozenset({"helpdesk", "reply"})
"""Ways of approving that only the person with the address has. A link is in a comment that everybody in CC receives."""
PROVEN: dict[Proof, str] = {
    "helpdesk": "",
    "reply": ", confirmed by a reply from the address",
    "link": ", through the link",
    "phone": ", on the phone",
}
"""How an approval was given, as a reason says it."""
SIDES: dict[Approver, Sentence] = {"customer": Sentence("customer"), "management": Sentence("management")}
"""Who approves, in words."""


class ApprovalTerms(PackPart):
    """Whose approval counts."""

    approver: Approver = "customer"
    proof_of_address: bool = False
    """Count an approval only if the person has proven to have the address; who has the link alone has not."""

    def counts(self, context: Context, answer: Approval) -> bool:
        """Whether an answer counts."""
        return may_approve(context, self.approver, answer.actor) and self.is_proven(answer)

    def is_proven(self, answer: Approval) -> bool:
        """Whether it is proven who answered, as far as the pack asks for it."""
        return not self.proof_of_address or answer.proof in PROVES_ADDRESS

    def uncounted(self, context: Context, gate: str, *, clause: str) -> Iterator[RuleOutcome]:
        """Findings for answers that do not count: by people who may not approve, or without the proof."""
        answers = list(approvals_for(context, gate))
        for answer in answers:
            who, named = answer.actor.email or answer.actor.role.value, gate.replace("_", " ")
            if not may_approve(context, self.approver, answer.actor):
                because = f"the answer from {who} on {named} does not count: only the {self.approver} can give it"
                yield context.finding("wrong_approver", clause=clause, because=because, severity=Severity.WARNING)
            elif not any(self.is_proven(later) for later in answers if later.at >= answer.at):
                because = f"the answer from {who} on {named} does not count yet: it is to be confirmed by e-mail"
                yield context.finding("unproven_approval", clause=clause, because=because, severity=Severity.WARNING)


def may_approve(context: Context, approver: Approver, who: Actor) -> bool:
    """Whether this person may approve."""
    if approver == "management":
        return who.email != "" and who.email.lower() in context.account.management
    return who.role is Role.CUSTOMER


def approvals_for(context: Context, gate: str) -> Iterator[Approval]:
    """Every answer to requests for an approval of this name, oldest first."""
    elsewhere = [entry for entry in context.said_elsewhere if isinstance(entry, Approval)]
    given = sorted([*context.timeline.of_kind(Approval), *elsewhere], key=lambda entry: entry.at)
    return (entry for entry in given if entry.gate == gate)
