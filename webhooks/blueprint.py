"""Step 1 of an event's path: size, proof of origin, receipt. ``POST /webhooks/<connection>``."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, abort, jsonify, request

from bridge.errors import BridgeError
from bridge.runtime.inbox import Inbox
from webhooks.receiver import Door, Envelope, Refused, open_envelope

log = structlog.get_logger(__name__)

MAX_BODY = 1024 * 1024
"""Bytes."""

RETRY_AFTER_S = 30
"""Zendesk sends a delivery again only after 503 with less than a minute."""


def create_blueprint(connections: Mapping[str, Door], inbox: Inbox, *, max_body: int = MAX_BODY) -> Blueprint:
    """The public doors, one a connection.

    Answers: 202 stored, or stored before; 400 kept but not understood; 401 not proved, only counted; 404 no such
    connection; 413 too large; 503 the store is down, send again.
    """
    blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")

    def receive(connection: str, token: str = "") -> Response:
        if not (door := connections.get(connection)):
            abort(HTTPStatus.NOT_FOUND)
        body = _body(max_body)
        if body is None:
            return _refuse(inbox, connection, Refused("body too large"), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        envelope = Envelope(connection, request.headers, body, inbox.now(), token, request.remote_addr or "")
        try:
            door.verify(envelope)
        except Refused as reason:
            return _refuse(inbox, connection, reason, HTTPStatus.UNAUTHORIZED)
        return _receive(inbox, door, envelope)

    for rule in ("/<connection>", "/<connection>/<token>"):
        blueprint.add_url_rule(rule, view_func=receive, methods=["POST"], provide_automatic_options=False)
    return blueprint


def _body(limit: int) -> bytes | None:
    """The raw body, or None when it is longer than ``limit``, whatever its headers said.

    Werkzeug cuts a chunked body off at its limit without a word, so one byte more is asked for than is allowed.
    """
    if (request.content_length or 0) > limit:
        return None
    request.max_content_length = limit + 1
    body = request.get_data(cache=False)
    return body if len(body) <= limit else None


def _refuse(inbox: Inbox, connection: str, reason: Refused, status: HTTPStatus) -> Response:
    """Turn a request away; its sender learns no more than the status."""
    log.warning("delivery_refused", connection=connection, reason=str(reason), advice=reason.advice)
    try:
        inbox.refuse(connection, str(reason))
    except BridgeError as error:
        log.warning("refusal_not_counted", connection=connection, error=str(error))
    return _answer(status, status.phrase.lower())


def _receive(inbox: Inbox, door: Door, envelope: Envelope) -> Response:
    delivery = open_envelope(door, envelope)
    try:
        new = inbox.receive(delivery)
    except BridgeError as error:
        log.error(  # noqa: TRY400 - the message says what to do; a traceback for each request would bury it
            "delivery_not_stored", connection=delivery.connection, delivery=delivery.id, error=str(error)
        )
        answer = _answer(HTTPStatus.SERVICE_UNAVAILABLE, "not stored, send again")
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
        return answer
    if delivery.verdict != "accepted":
        log.warning(
            "delivery_not_understood", connection=delivery.connection, delivery=delivery.id, verdict=delivery.verdict
        )
        return _answer(HTTPStatus.BAD_REQUEST, f"kept, but it {delivery.verdict}")
    return _answer(HTTPStatus.ACCEPTED, "accepted" if new else "duplicate")


def _answer(status: HTTPStatus, text: str) -> Response:
    answer = jsonify(status=text)
    answer.status_code = status
    return answer
