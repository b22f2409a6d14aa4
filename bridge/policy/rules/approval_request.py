"""Requests for approval: what people are asked, and how long an answer counts.

Gates and held changes of severity put questions; the confirmation of a resolution can be given while the status lasts
in which it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.policy.evaluation.context import Context
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.policy.rules.approver import Approver
from bridge.policy.rules.closure import ClosureRule
from bridge.policy.rules.escalation import RELAXED_UPDATES, EscalationSchedule
from bridge.policy.rules.held_level import ChangeApproval
from bridge.policy.rules.severity import SeverityTable
from bridge.ticket import Status

RESOLUTION = "resolution"
"""What a confirmation confirms, where a gate has its name."""


@dataclass(frozen=True)
class ApprovalRequest:
    """One request for approval: when it was made, and how it ended."""

    gate: str
    clause: str
    template: str | None
    """The message that asks it; None: nobody is written to."""
    approver: Approver
    opened: datetime
    ended: datetime | None
    """None while it waits."""
    proof_of_address: bool = False
    """Whether an answer counts only with a proof of the address."""

    def stands(self, at: datetime) -> bool:
        """Whether an answer at an instant is an answer to this request."""
        return self.opened <= at and (self.ended is None or at <= self.ended)


def approval_requests(context: Context) -> list[ApprovalRequest]:
    """Every request for approval on a ticket, oldest first."""
    found = [*_of_gates(context), *_of_held_changes(context)]
    return sorted(found, key=lambda request: request.opened)


def resolution_request(context: Context, at: datetime | None = None) -> ApprovalRequest | None:
    """The request to confirm the resolution, if the status at an instant (default: now) asks for it."""
    period = context.status_periods[-1] if at is None else context.status_period_at(at)
    closure = next(iter(context.rules(ClosureRule)), None)
    if closure is None or not closure.confirmation_solves or period.value == Status.CLOSED:
        return None
    proof = closure.proof_of_address
    return ApprovalRequest(RESOLUTION, closure.clause, None, "customer", period.start, period.end, proof)


def approvers(context: Context) -> dict[str, Approver]:
    """The approver by gate, for approvals that count only after a request."""
    asked: dict[str, Approver] = {gate.name: gate.approver for gate in context.rules(ApprovalGate)}
    return asked | {held.gate: held.approver for held in _held_changes(context)}


def needs_proof(context: Context, gate: str) -> bool:
    """Whether an approval of this name counts only with a proof of the address."""
    terms = {RESOLUTION: any(each.proof_of_address for each in context.rules(ClosureRule))}
    terms |= {each.name: each.proof_of_address for each in context.rules(ApprovalGate)}
    return (terms | {held.gate: held.proof_of_address for held in _held_changes(context)}).get(gate, False)


def gate_names(context: Context) -> list[str]:
    """The names of all gates and other approvals of this policy."""
    levels = (level for schedule in context.rules(EscalationSchedule) for level in schedule.stages)
    names = list(approvers(context))
    names += [RELAXED_UPDATES] if any(level.relaxed_update_every for level in levels) else []
    return [*names, RESOLUTION] if context.rules(ClosureRule) else names


def _of_gates(context: Context) -> Iterator[ApprovalRequest]:
    for gate in context.rules(ApprovalGate):
        for each in context.approval_rounds(gate.name):
            message, proof = gate.request_message, gate.proof_of_address
            yield ApprovalRequest(gate.name, gate.clause, message, gate.approver, each.opened, each.ended, proof)


def _held_changes(context: Context) -> Iterator[ChangeApproval]:
    """How a change of the severity is approved."""
    return (table.held_by for table in context.rules(SeverityTable) if table.held_by)


def _of_held_changes(context: Context) -> Iterator[ApprovalRequest]:
    for table in context.rules(SeverityTable):
        steps, held = table.held_steps(context), table.held_by
        for index, (at, choice) in enumerate(steps):
            if held and choice.proposed_at == at:
                later = (then for then, other in steps[index + 1 :] if other.proposed_at != at)
                ended, proof = next(later, None), held.proof_of_address
                yield ApprovalRequest(held.gate, held.clause, held.request_message, held.approver, at, ended, proof)
