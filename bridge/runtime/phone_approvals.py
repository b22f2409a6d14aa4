"""What people said on the phone: which questions wait, whose answer counts, and how it goes on record."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from bridge.errors import Conflict, InputError
from bridge.policy.evaluation.context import Context
from bridge.policy.rules.approval_request import RESOLUTION, ApprovalRequest, approval_requests, approvers, gate_names
from bridge.ports.approvals import RecordedApproval
from bridge.ticket import Role


@dataclass(frozen=True)
class Call:
    """An answer that an agent heard."""

    gate: str
    granted: bool
    address: str
    """E-mail address of the person who said it."""
    name: str
    """That person's name, as given on the phone."""
    recorded_by: str
    remarks: str = ""
    opened: datetime | None = None
    """When the question was put that the agent had in view; None: whichever waits."""


def waiting(context: Context) -> list[ApprovalRequest]:
    """The questions that wait for an answer, oldest first."""
    return [question for question in approval_requests(context) if question.ended is None]


def known_speakers(question: ApprovalRequest, context: Context) -> list[str]:
    """Addresses of people whose answer counts: all of the management; of the customer those that are known."""
    management = context.account.management
    if question.approver == "management":
        return sorted(management)
    requester = context.ticket.requester.email.lower()
    return sorted(filter(None, {requester, *(context.account.contacts or ()), *management}))


def counts(gate: str, address: str, context: Context) -> bool:
    """Whether the answer of this person to a question of this name counts."""
    if approvers(context).get(gate) == "management":
        return address in context.account.management
    return address not in _agents(context)


def on_record(call: Call, context: Context) -> RecordedApproval:
    """The answer as it is kept; what the same person says of the same question is one answer.

    Whether that person may answer is judged with the ticket, but an agent is refused here: ``InputError``, as for words
    that cannot be used. Raises ``Conflict`` when the question does not wait any more.
    """
    ref, address = context.ticket.ref, call.address.strip().lower()
    _refuse_unusable(call, address, context)
    question = _question(call, context)
    opened = question.opened.replace(microsecond=0) if question else None
    at = max(context.now.replace(microsecond=0), opened or context.ticket.created_at)
    words = ("phone", str(ref), call.gate, str(opened), address)
    ident = sha256("\n".join(words).encode()).hexdigest() if opened else uuid.uuid4().hex
    name, remarks, recorded_by = (text.strip() for text in (call.name, call.remarks, call.recorded_by))
    return RecordedApproval(ident, ref, call.gate, call.granted, address, at, name, remarks, opened, recorded_by)


def _refuse_unusable(call: Call, address: str, context: Context) -> None:
    if "@" not in address:
        raise InputError(f"address: found {address!r}; allowed: the e-mail address of the person who said it")
    if not call.name.strip():
        raise InputError("name: found nothing; allowed: the person's name, as given on the phone")
    if not call.recorded_by.strip():
        raise InputError("recorded by: found nothing; allowed: who writes this down")
    if address in _agents(context):
        raise InputError(f"address: found {address}, an agent of this ticket; allowed: who said it for the customer")
    if call.gate not in (words := gate_names(context)):
        raise InputError(f"gate: found {call.gate!r}; allowed under this policy: {', '.join(words) or 'nothing'}")
    if call.gate == RESOLUTION and not call.granted:
        raise InputError("a resolution can be confirmed only; log what the customer said as a message")


def _question(call: Call, context: Context) -> ApprovalRequest | None:
    """The question that is answered; None: what is agreed to needs no question."""
    found = next((question for question in waiting(context) if question.gate == call.gate), None)
    if found is None and (call.opened or _is_asked(call.gate, context)):
        when = "any more" if call.gate in {question.gate for question in approval_requests(context)} else "yet"
        raise Conflict(f"{context.ticket.ref}: {call.gate} is not asked for {when}; look at the ticket again")
    if found and call.opened and found.opened.replace(microsecond=0) != call.opened:
        raise Conflict(f"{context.ticket.ref}: {call.gate} has been asked anew since; look at the ticket again")
    return found


def _is_asked(gate: str, context: Context) -> bool:
    """Whether an answer counts only once it was asked for."""
    return gate in approvers(context)


def _agents(context: Context) -> frozenset[str]:
    """Addresses of our own people, as far as the ticket shows them."""
    actors = (entry.actor for entry in context.ticket.timeline)
    return frozenset(actor.email.lower() for actor in actors if actor.role is Role.AGENT and actor.email)
