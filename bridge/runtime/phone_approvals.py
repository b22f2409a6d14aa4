"""Approvals given on the phone: which requests are pending, who may approve, and what is recorded."""

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
class PhoneApproval:
    """An approval or refusal that an agent heard on the phone."""

    gate: str
    granted: bool
    address: str
    """E-mail address of the person who said it."""
    name: str
    """That person's name, as given on the phone."""
    recorded_by: str
    remarks: str = ""
    opened: datetime | None = None
    """When the request was made that the agent saw; None: whichever is pending."""


def pending_requests(context: Context) -> list[ApprovalRequest]:
    """The requests that are pending, oldest first."""
    return [request for request in approval_requests(context) if request.ended is None]


def known_approvers(request: ApprovalRequest, context: Context) -> list[str]:
    """Addresses of people who may approve: all of the management; of the customer those that are known."""
    management = context.account.management
    if request.approver == "management":
        return sorted(management)
    requester = context.ticket.requester.email.lower()
    return sorted(filter(None, {requester, *(context.account.contacts or ()), *management}))


def may_approve(gate: str, address: str, context: Context) -> bool:
    """Whether this person may approve a request of this name."""
    if approvers(context).get(gate) == "management":
        return address != "" and address in context.account.management
    return address not in _agents(context)


def recorded_approval(call: PhoneApproval, context: Context) -> RecordedApproval:
    """The approval to record; whatever the same person says about the same request is one approval.

    Whether that person may approve is evaluated with the ticket, but an agent is refused here: ``InputError``, as for
    values that cannot be used. Raises ``Conflict`` when the request is not pending any more.
    """
    ref, address = context.ticket.ref, call.address.strip().lower()
    _validate(call, address, context)
    request = _request(call, context)
    if request and request.proof_of_address:
        raise InputError(
            f"gate: {call.gate} needs a proof of the address, which a call is not; allowed: the link in our message, "
            "confirmed by a reply"
        )
    opened = request.opened.replace(microsecond=0) if request else None
    at = max(context.now.replace(microsecond=0), opened or context.ticket.created_at)
    words = ("phone", str(ref), call.gate, str(opened), address)
    ident = sha256("\n".join(words).encode()).hexdigest() if opened else uuid.uuid4().hex
    name, remarks, recorded_by = (text.strip() for text in (call.name, call.remarks, call.recorded_by))
    return RecordedApproval(ident, ref, call.gate, call.granted, address, at, name, remarks, opened, recorded_by)


def _validate(call: PhoneApproval, address: str, context: Context) -> None:
    if "@" not in address:
        raise InputError(f"address: found {address!r}; allowed: the e-mail address of the caller")
    if not call.name.strip():
        raise InputError("name: found nothing; allowed: the person's name, as given on the phone")
    if not call.recorded_by.strip():
        raise InputError("recorded by: found nothing; allowed: the name of whoever records this")
    if address in _agents(context):
        raise InputError(f"address: found {address}, an agent of this ticket; allowed: the address of the caller")
    if call.gate not in (words := gate_names(context)):
        raise InputError(f"gate: found {call.gate!r}; allowed under this policy: {', '.join(words) or 'nothing'}")
    if call.gate == RESOLUTION and not call.granted:
        raise InputError("a resolution can only be confirmed; log anything else the customer said as a message")


def _request(call: PhoneApproval, context: Context) -> ApprovalRequest | None:
    """The request that is answered; None: this approval needs no request."""
    found = next((request for request in pending_requests(context) if request.gate == call.gate), None)
    if found is None and (call.opened or _needs_request(call.gate, context)):
        when = "any more" if call.gate in {request.gate for request in approval_requests(context)} else "yet"
        raise Conflict(f"{context.ticket.ref}: {call.gate} is not requested {when}; open the ticket again")
    if found and call.opened and found.opened.replace(microsecond=0) != call.opened:
        raise Conflict(f"{context.ticket.ref}: {call.gate} has been requested again since; open the ticket again")
    return found


def _needs_request(gate: str, context: Context) -> bool:
    """Whether an approval counts only after it was requested."""
    return gate in approvers(context)


def _agents(context: Context) -> frozenset[str]:
    """Addresses of our own people, as far as the ticket shows them."""
    actors = (entry.actor for entry in context.ticket.timeline)
    return frozenset(actor.email.lower() for actor in actors if actor.role is Role.AGENT and actor.email)
