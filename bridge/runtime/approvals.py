"""Approvals given to the bridge itself, in their places in a ticket's timeline, and the requests that wait for them."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256

from bridge.account import Account
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.policy.rules.approval_request import (
    RESOLUTION,
    ApprovalRequest,
    approval_requests,
    needs_proof,
    resolution_request,
)
from bridge.ports.approvals import RecordedApproval
from bridge.runtime.approval_links import ApprovalLink
from bridge.ticket import Actor, Approval, Confirmation, Merge, Message, Proof, Role, Ticket, TicketRef, TimelineEntry


def pending_request(link: ApprovalLink, context: Context) -> ApprovalRequest | None:
    """The request of a link, while it is pending; None when there is none, or another one was made since."""
    pending = (each for each in _requests(link.gate, context, context.now) if each.ended is None)
    return next((request for request in pending if _is_about(link.opened, request)), None)


def with_approvals(
    ticket: Ticket, approvals: list[RecordedApproval], account: Account, policy: Policy, now: datetime
) -> Ticket:
    """The ticket with the approvals given to the bridge in their places in the timeline.

    An approval through a link counts for the very request it was about: what was requested again needs a new approval.
    """
    is_to_be_proven = bool(approvals) and needs_proof(Context(ticket, account, policy, now), RESOLUTION)
    for approval in sorted(approvals, key=lambda each: (each.at, each.id)):
        for entry in _entries(approval, ticket, is_to_be_proven=is_to_be_proven):
            if approval.opened is None or _is_current(
                approval, approval.opened, entry.at, Context(ticket, account, policy, now)
            ):
                ticket = _inserted(ticket, entry)
    return ticket


def with_approvals_of_merged(ticket: Ticket, approvals: Callable[[TicketRef], list[RecordedApproval]]) -> Ticket:
    """The ticket with the approvals given to the bridge on tickets that were merged into it."""

    def told(entry: TimelineEntry) -> TimelineEntry:
        if not isinstance(entry, Merge):
            return entry
        recorded = approvals(TicketRef(connection=ticket.ref.connection, id=entry.source))
        given = [each for approval in recorded for each in _entries(approval, ticket)]
        return entry.model_copy(update={"said": tuple(sorted((*entry.said, *given), key=lambda each: each.at))})

    return ticket.model_copy(update={"timeline": tuple(map(told, ticket.timeline))}) if ticket.merges else ticket


def reply_code(approval: str) -> str:
    """What a person writes in a reply to confirm the approval of this id. It says what the reply is about; that the
    reply comes from the address is the proof, so the code is not a secret."""
    letters = b32encode(sha256(f"reply to {approval}".encode()).digest()).decode()[:8]
    return f"{letters[:4]}-{letters[4:]}"


def _requests(gate: str, context: Context, at: datetime) -> list[ApprovalRequest]:
    """The requests of a name; whether a ticket is resolved is asked again in each status."""
    if gate == RESOLUTION:
        return [request for request in (resolution_request(context, at),) if request]
    return [request for request in approval_requests(context) if request.gate == gate]


def _is_about(opened: datetime, request: ApprovalRequest) -> bool:
    begun = request.opened.replace(microsecond=0)
    return begun <= opened if request.gate == RESOLUTION else begun == opened


def _is_current(approval: RecordedApproval, opened: datetime, at: datetime, context: Context) -> bool:
    requests = _requests(approval.gate, context, at)
    return any(_is_about(opened, request) and request.stands(at) for request in requests)


def _entries(
    approval: RecordedApproval, ticket: Ticket, *, is_to_be_proven: bool = False
) -> Iterator[Approval | Confirmation]:
    """An approval as it was given, and as it was confirmed by a reply.

    ``is_to_be_proven``: a confirmation of the resolution counts as given once the address is proven.
    """
    actor = Actor(role=Role.CUSTOMER, email=approval.by, name=approval.name)
    proof: Proof = "phone" if approval.recorded_by else "link"
    given: Approval | Confirmation = Confirmation(at=approval.at, actor=actor, proof=proof)
    if approval.gate != RESOLUTION:
        given = Approval(
            at=approval.at,
            actor=actor,
            gate=approval.gate,
            granted=approval.granted,
            remarks=approval.remarks,
            proof=proof,
        )
    if approval.gate != RESOLUTION or not is_to_be_proven:
        yield given
    if reply := confirming_reply(approval, ticket):
        yield given.model_copy(update={"at": reply.at, "proof": "reply"})


def confirming_reply(approval: RecordedApproval, ticket: Ticket) -> Message | None:
    """The first message from the person's own address that confirms an approval through a link, if there is one."""
    if approval.recorded_by:
        return None
    code = reply_code(approval.id)
    messages = (entry for entry in ticket.timeline if isinstance(entry, Message) and not entry.auto_reply)
    theirs = (entry for entry in messages if entry.actor.email.lower() == approval.by and entry.at >= approval.at)
    return next((entry for entry in theirs if code in entry.text.upper()), None)


def _inserted(ticket: Ticket, entry: TimelineEntry) -> Ticket:
    """The ticket with one more entry; within the same second, what the vendor reports comes first."""
    timeline = tuple(sorted((*ticket.timeline, entry), key=lambda each: each.at))
    return Ticket(**{name: getattr(ticket, name) for name in Ticket.model_fields} | {"timeline": timeline})
