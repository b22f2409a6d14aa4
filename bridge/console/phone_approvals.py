"""Answers given on the phone, on the ticket's page: what waits, whose answer counts, and the form that records one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, abort, redirect, request, url_for
from pydantic import AwareDatetime, TypeAdapter, ValidationError
from werkzeug.wrappers import Response

from bridge.console.approval_page import MAX_FORM, MAX_REMARKS, question_text
from bridge.console.installation import Installation
from bridge.console.ticket_detail import Seen, Sight
from bridge.errors import Conflict, InputError
from bridge.policy.evaluation.context import Context
from bridge.policy.rules.approval_request import ApprovalRequest
from bridge.ports.approvals import RecordedApproval
from bridge.runtime.phone_approvals import Call, counts, known_speakers, on_record, waiting
from bridge.ticket import TicketRef

MAX_NAME = 200


@dataclass(frozen=True)
class Waiting:
    """A question that waits, and who may answer it."""

    question: ApprovalRequest
    text: str
    """As the message put it; empty where nobody is written to."""
    speakers: list[str]
    """Addresses whose answer counts: of the management all, of the customer those that are known."""

    @property
    def opened(self) -> datetime:
        """When it was put, to the second, as answers refer to it."""
        return self.question.opened.replace(microsecond=0)


@dataclass(frozen=True)
class Given:
    """An answer on record, and whether it counts."""

    answer: RecordedApproval
    counts: bool


def context_of(seen: Seen, now: datetime) -> Context | None:
    """The ticket as it was seen last, now; None where the review knew no account."""
    account = seen.review.account
    return Context(seen.ticket, account, seen.policy, now, seen.review.kept) if account else None


def asked(seen: Seen, context: Context) -> list[Waiting]:
    """What waits on a ticket."""
    return [Waiting(each, question_text(seen.review, each), known_speakers(each, context)) for each in waiting(context)]


def given(answers: list[RecordedApproval], context: Context) -> list[Given]:
    """What was answered through the bridge, newest first."""
    return [Given(answer, counts(answer.gate, answer.by, context)) for answer in reversed(answers)]


def add_phone(console: Blueprint, bridge: Installation, sight: Sight) -> None:
    """``POST /tickets/<connection>/<id>/answers``: the answer of the form, on its way as any other."""

    @console.post("/tickets/<connection>/<ident>/answers")
    def record_answer(connection: str, ident: str) -> Response:
        request.max_content_length = MAX_FORM
        ref = TicketRef(connection=connection, id=ident)
        seen = sight.of(ref)
        context = context_of(seen, bridge.clock()) if seen else None
        if context is None:
            abort(HTTPStatus.NOT_FOUND)
        answer = on_record(_call(), context)
        if not bridge.store.record_approval(answer):
            raise Conflict(f"{ref}: the answer of {answer.by} is on record already; the ticket is looked at next")
        page = url_for("console.ticket", connection=connection, ident=ident, _anchor="approvals")
        return redirect(page, HTTPStatus.SEE_OTHER)


def _call() -> Call:
    """What the form says. Raises ``InputError``."""
    words = {name: request.form.get(name, "") for name in ("gate", "address", "name", "remarks", "recorded_by")}
    if any(len(text) > (MAX_REMARKS if name == "remarks" else MAX_NAME) for name, text in words.items()):
        raise InputError(f"allowed: remarks of {MAX_REMARKS} characters, and {MAX_NAME} in every other field")
    decision = request.form.get("decision")
    if decision not in ("granted", "refused"):
        raise InputError(f"decision: found {decision!r}; allowed: granted, refused")
    try:
        opened = TypeAdapter(AwareDatetime).validate_python(request.form.get("opened"))
    except ValidationError as error:
        raise InputError("opened: found no instant; send the form from the ticket's page") from error
    return Call(granted=decision == "granted", opened=opened, **words)
