"""The Flask blueprint ``POST /webhooks/<connection>``: check size and origin, store the delivery, acknowledge it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, abort, jsonify, request

from bridge.errors import BridgeError
from bridge.runtime.inbox import Inbox
from webhooks.receiver import WebhookReceiver, WebhookRefused, WebhookRequest, to_delivery

log = structlog.get_logger(__name__)

MAX_BODY = 1024 * 1024
"""Bytes."""

RETRY_AFTER_S = 30
"""Seconds for ``Retry-After``: Zendesk repeats a delivery after 503 only if this is less than a minute.

https://developer.zendesk.com/api-reference/webhooks/introduction ("Webhook retries")
"""


def create_blueprint(
    connections: Mapping[str, WebhookReceiver], inbox: Inbox, *, max_body: int = MAX_BODY
) -> Blueprint:
    """One public endpoint for each connection.

    Responses: 202 stored now or before; 400 stored but not understood; 401 not verified, only counted; 404 no such
    connection; 413 too large; 503 the store is down, send again.
    """
    blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")

    def receive(connection: str, token: str = "") -> Response:
        if not (receiver := connections.get(connection)):
            abort(HTTPStatus.NOT_FOUND)
        body = _body(max_body)
        if body is None:
            return _refuse(inbox, connection, WebhookRefused("body too large"), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        webhook = WebhookRequest(connection, request.headers, body, inbox.now(), token, request.remote_addr or "")
        try:
            receiver.verify(webhook)
        except WebhookRefused as reason:
            return _refuse(inbox, connection, reason, HTTPStatus.UNAUTHORIZED)
        return _receive(inbox, receiver, webhook)

    for rule in ("/<connection>", "/<connection>/<token>"):
        blueprint.add_url_rule(rule, view_func=receive, methods=["POST"], provide_automatic_options=False)
    return blueprint


def _body(limit: int) -> bytes | None:
    """The raw body, or None when it is longer than ``limit``, whatever its headers say.

    Werkzeug silently truncates a chunked body at its limit, so we ask for one byte more than is allowed.
    """
    if (request.content_length or 0) > limit:
        return None
    request.max_content_length = limit + 1
    body = request.get_data(cache=False)
    return body if len(body) <= limit else None


def _refuse(inbox: Inbox, connection: str, reason: WebhookRefused, status: HTTPStatus) -> Response:
    """Refuse a request. The sender learns nothing but the status."""
    log.warning("delivery_refused", connection=connection, reason=str(reason), advice=reason.advice)
    try:
        inbox.refuse(connection, str(reason))
    except BridgeError as error:
        log.warning("refusal_not_counted", connection=connection, error=str(error))
    return _respond(status, status.phrase.lower())


def _receive(inbox: Inbox, receiver: WebhookReceiver, webhook: WebhookRequest) -> Response:
    delivery = to_delivery(receiver, webhook)
    try:
        new = inbox.receive(delivery)
    except BridgeError as error:
        log.error(  # noqa: TRY400 - the message says what to do; a traceback per request would hide it
            "delivery_not_stored", connection=delivery.connection, delivery=delivery.id, error=str(error)
        )
        response = _respond(HTTPStatus.SERVICE_UNAVAILABLE, "not stored, send again")
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response
    if delivery.verdict != "accepted":
        log.warning(
            "delivery_not_understood", connection=delivery.connection, delivery=delivery.id, verdict=delivery.verdict
        )
        return _respond(HTTPStatus.BAD_REQUEST, f"stored, but it {delivery.verdict}")
    return _respond(HTTPStatus.ACCEPTED, "accepted" if new else "duplicate")


def _respond(status: HTTPStatus, text: str) -> Response:
    response = jsonify(status=text)
    response.status_code = status
    return response
