"""The page behind an approval link in a message: a customer reads the request, and approves or refuses.

The link is the key: it names one request and one person, and there is no session that another site could abuse.
Opening it decides nothing, because mail scanners open links; only the form on this page does, and once.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, render_template, request

from bridge.catalogue import ENGLISH, languages, translator
from bridge.errors import BridgeError
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.reader import as_written, language_for, locale_for
from bridge.policy.recorded import recorded_policy
from bridge.policy.rules.approval_request import RESOLUTION, ApprovalRequest
from bridge.ports.approvals import RecordedApproval
from bridge.ports.clock import WallClock
from bridge.ports.outcomes import ReviewOutcome
from bridge.ports.reviews import Review
from bridge.runtime.approval_links import PATH, ApprovalLink, ApprovalLinks
from bridge.runtime.approvals import pending_request, reply_code
from bridge.store import SqlStore
from bridge.ticket import Ticket

UTC_ZONE = ZoneInfo("UTC")
MAX_FORM = 64 * 1024
MAX_REMARKS = 4000

State = Literal["asked", "answered", "thanks", "expired", "moved_on", "unknown", "unclear", "failing"]
CODES: dict[State, HTTPStatus] = {
    "expired": HTTPStatus.GONE,
    "moved_on": HTTPStatus.GONE,
    "unknown": HTTPStatus.NOT_FOUND,
    "unclear": HTTPStatus.BAD_REQUEST,
    "failing": HTTPStatus.SERVICE_UNAVAILABLE,
}
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with "no-referrer" browsers do not say that the form comes from our own page
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True)
class Page:
    """What a link shows now."""

    state: State
    asked: ApprovalLink | None = None
    ticket: Ticket | None = None
    text: str = ""
    """The request as the message worded it."""
    answer: RecordedApproval | None = None
    """What was recorded through this link before."""
    code: str = ""
    """What the person has to send from the address before the answer counts."""
    needs_proof: bool = False
    """Whether an answer will count only after that."""
    zone: ZoneInfo = UTC_ZONE
    """Of the customer, in which times are written."""


def create_approvals(store: SqlStore, clock: WallClock, links: ApprovalLinks | None) -> Blueprint:
    """``/approve/<token>``, outside the console's access control; without ``links`` every link is unknown."""
    pages = Blueprint("approvals", __name__, template_folder="templates")

    @pages.get(f"{PATH}<token>")
    def ask(token: str) -> Response:
        return _render(_page(store, clock, links, token))

    @pages.post(f"{PATH}<token>")
    def decide(token: str) -> Response:
        request.max_content_length = MAX_FORM
        _refuse_other_sites(links)
        page = _page(store, clock, links, token)
        if page.asked is None or page.state != "asked":
            return _render(page)
        decision, remarks = request.form.get("decision"), request.form.get("remarks", "").strip()
        allowed = ("approve",) if page.asked.gate == RESOLUTION else ("approve", "refuse")
        if decision not in allowed or len(remarks) > MAX_REMARKS:
            return _render(Page("unclear"))
        answer = page.asked.approval(clock(), granted=decision == "approve", remarks=remarks)
        code = reply_code(answer.id) if page.needs_proof else ""
        if not store.record_approval(answer):  # the same link, sent twice at once
            return _render(_page(store, clock, links, token))
        return _render(replace(page, state="thanks", answer=answer, code=code))

    @pages.errorhandler(BridgeError)
    def failing(_error: BridgeError) -> Response:
        return _render(Page("failing"))

    return pages


def _page(store: SqlStore, clock: WallClock, links: ApprovalLinks | None, token: str) -> Page:
    asked = links.read(token) if links else None
    return _page_of(store, clock, asked) if asked else Page("unknown")


def _page_of(store: SqlStore, clock: WallClock, asked: ApprovalLink) -> Page:
    found = store.queue_entry(asked.ref)
    review = store.review(found.snapshot) if found and found.snapshot else None
    ticket = review.ticket if review else None
    given = next((answer for answer in store.approvals(asked.ref) if answer.id == asked.id), None)
    context = _context(review, clock) if review and review.ticket and review.pack else None
    question = pending_request(asked, context) if context else None
    needs_proof = question is not None and question.proof_of_address
    page = Page("moved_on", asked, ticket, zone=context.zone if context else UTC_ZONE)
    if given:
        return replace(page, state="answered", answer=given, code=reply_code(given.id) if needs_proof else "")
    if clock() >= asked.expires:
        return replace(page, state="expired")
    if review is None or question is None or _has_ended(store, asked):
        return page
    return replace(page, state="asked", text=question_text(review, question), needs_proof=needs_proof)


def _has_ended(store: SqlStore, asked: ApprovalLink) -> bool:
    """Whether the ticket was deleted, merged or archived since: then its requests have lapsed."""
    latest = next(iter(store.reviews(asked.ref, limit=1)), None)
    return latest is not None and latest.outcome is ReviewOutcome.ENDED


def _context(review: Review, clock: WallClock) -> Context:
    """The ticket as last reviewed, evaluated now."""
    if review.ticket is None or review.account is None:
        raise BridgeError(f"review {review.id} has no snapshot of the ticket")
    return Context(review.ticket, review.account, recorded_policy(review.pack or {}), clock(), review.kept)


def question_text(review: Review, question: ApprovalRequest) -> str:
    """The message of the request, without the sentence with the link; empty if none was sent."""
    owed = review.decision.due_messages if review.decision else ()
    put = (say for say in owed if say.template == question.template and say.cite.clause == question.clause)
    texts = (say.linked_text.resolved(lambda _: None).text for say in put if say.due_at == question.opened)
    return next(texts, "")


def _refuse_other_sites(links: ApprovalLinks | None) -> None:
    """Accept forms from our own page only; a proxy may have changed our host name."""
    own_hosts = {request.host, urlsplit(links.public_url).netloc if links else request.host}
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and urlsplit(origin).netloc not in own_hosts
    if is_foreign or request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(HTTPStatus.FORBIDDEN, "This form was sent from another site.")


def _candidates(page: Page) -> Iterator[str]:
    """The languages of the reader: the requester's locale, as for messages, then those of the browser."""
    if page.ticket and page.ticket.requester.locale:
        yield page.ticket.requester.locale
    yield from request.accept_languages.values()


def _render(page: Page) -> Response:
    nonce = secrets.token_urlsafe(16)
    language = language_for(_candidates(page), languages(), ENGLISH)
    body = render_template(
        "console/approval.html",
        page=page,
        resolution=RESOLUTION,
        nonce=nonce,
        language=language,
        _=translator(language),
        written=partial(as_written, locale=locale_for(_candidates(page), language), zone=page.zone),
    )
    answer = make_response(body, CODES.get(page.state, HTTPStatus.OK))
    answer.headers.update(HEADERS)
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return answer
