"""Approvals by phone, on the page of the ticket: open requests, who may approve, and the form that records one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from pydantic import AwareDatetime, TypeAdapter, ValidationError
from werkzeug.wrappers import Response

from bridge.console.approval_page import MAX_FORM, MAX_REMARKS, question_text
from bridge.console.installation import Installation, known_ref
from bridge.console.ticket_detail import TicketDetail, TicketDetails
from bridge.errors import Conflict, InputError, Unknown
from bridge.policy.evaluation.context import Context
from bridge.policy.rules.approval_request import ApprovalRequest, needs_proof
from bridge.policy.rules.approver import PROVES_ADDRESS
from bridge.ports.approvals import RecordedApproval
from bridge.runtime.approvals import confirming_reply
from bridge.runtime.phone_approvals import (
    PhoneApproval,
    known_approvers,
    may_approve,
    pending_requests,
    recorded_approval,
)
from bridge.ticket import Proof

MAX_NAME = 200


@dataclass(frozen=True)
class OpenRequest:
    """A request that is open, and who may approve it."""

    question: ApprovalRequest
    text: str
    """The message that asked; empty if none was sent."""
    speakers: list[str]
    """Addresses that may approve: all management contacts, or the known contacts of the customer."""

    @property
    def opened(self) -> datetime:
        """When it was opened, to the second, as approvals refer to it."""
        return self.question.opened.replace(microsecond=0)


@dataclass(frozen=True)
class ApprovalEntry:
    """A recorded approval, and whether it counts."""

    approval: RecordedApproval
    counts: bool
    proof: Proof
    """How it was proven who approved."""


def context_of(detail: TicketDetail, now: datetime) -> Context | None:
    """The ticket as last reviewed, evaluated now; None if the review knew no account."""
    account = detail.review.account
    return Context(detail.ticket, account, detail.policy, now, detail.review.kept) if account else None


def open_requests(detail: TicketDetail, context: Context) -> list[OpenRequest]:
    """The open requests of a ticket."""
    return [
        OpenRequest(each, question_text(detail.review, each), known_approvers(each, context))
        for each in pending_requests(context)
    ]


def recorded_approvals(approvals: list[RecordedApproval], context: Context) -> list[ApprovalEntry]:
    """Recorded approvals, newest first."""
    return [_approval_entry(each, context) for each in reversed(approvals)]


def _approval_entry(approval: RecordedApproval, context: Context) -> ApprovalEntry:
    proof: Proof = "phone" if approval.recorded_by else "link"
    if confirming_reply(approval, context.ticket):
        proof = "reply"
    is_proven = proof in PROVES_ADDRESS or not needs_proof(context, approval.gate)
    return ApprovalEntry(approval, is_proven and may_approve(approval.gate, approval.by, context), proof)


def add_phone_approvals(console: Blueprint, bridge: Installation, details: TicketDetails) -> None:
    """``POST /tickets/<connection>/<id>/answers``: records an approval given by phone."""

    @console.post("/tickets/<connection>/<ident>/answers")
    def record_answer(connection: str, ident: str) -> Response:
        request.max_content_length = MAX_FORM
        ref = known_ref(bridge, connection, ident)
        detail = details.latest(ref)
        context = context_of(detail, bridge.clock()) if detail else None
        if context is None:
            raise Unknown(f"Ticket {ref} has no decision yet, so nothing was asked on it")
        approval = recorded_approval(_call(), context)
        if not bridge.store.record_approval(approval):
            raise Conflict(f"{ref}: the approval of {approval.by} is already recorded; the ticket is due for review")
        page = url_for("console.ticket", connection=connection, ident=ident, _anchor="approvals")
        return redirect(page, HTTPStatus.SEE_OTHER)


def _call() -> PhoneApproval:
    """The phone call as the form describes it. Raises ``InputError``."""
    given = {name: request.form.get(name, "") for name in ("gate", "address", "name", "remarks", "recorded_by")}
    if any(len(text) > (MAX_REMARKS if name == "remarks" else MAX_NAME) for name, text in given.items()):
        raise InputError(f"allowed: comments of up to {MAX_REMARKS} characters, and {MAX_NAME} in every other field")
    decision = request.form.get("decision")
    if decision not in ("granted", "refused"):
        raise InputError(f"decision: found {decision!r}; allowed: granted, refused")
    try:
        opened = TypeAdapter(AwareDatetime).validate_python(request.form.get("opened"))
    except ValidationError as error:
        raise InputError("opened: found no instant; send the form from the page of the ticket") from error
    return PhoneApproval(granted=decision == "granted", opened=opened, **given)
