"""Webhooks of Zendesk, subscribed to events or connected to a trigger. Both kinds are signed.

https://developer.zendesk.com/documentation/webhooks/creating-and-monitoring-webhooks/
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from bridge.config.zendesk_settings import load_zendesk_settings
from bridge.ticket import TicketRef
from mappings.connection import Connection
from webhooks import signature
from webhooks.receiver import WebhookRequest, WebhookUnreadable

TOLERANCE_S = 300.0
"""Accepted age of a signature in seconds. Zendesk's documentation names no limit; five minutes are usual."""

_INVOCATION = "X-Zendesk-Webhook-Invocation-Id"
_SIGNATURE = "X-Zendesk-Webhook-Signature"
_SIGNED_AT = "X-Zendesk-Webhook-Signature-Timestamp"

_EVENT = "zen:event-type:"
_TICKET_EVENTS = (f"{_EVENT}ticket.", f"{_EVENT}messaging_ticket.")
_TICKET_SUBJECT = "zen:ticket:"


class ZendeskReceiver:
    """Receiver of one Zendesk connection; without a secret it refuses everything."""

    kept_headers = frozenset(
        {"x-zendesk-account-id", "x-zendesk-webhook-id", _INVOCATION.lower(), _SIGNED_AT.lower()},
    )

    def __init__(self, secrets: Sequence[str], *, tolerance_s: float = TOLERANCE_S) -> None:
        """``secrets``: all that are valid now, two during a rotation. ``tolerance_s``: accepted age of a signature.

        Zendesk signs each attempt separately, so an event that was delayed by minutes still has a fresh timestamp.
        """
        self._secrets = tuple(secrets)
        self._tolerance = timedelta(seconds=tolerance_s)

    def verify(self, webhook: WebhookRequest) -> None:
        signature.verify(
            self._secrets,
            webhook.headers.get(_SIGNED_AT, ""),
            webhook.body,
            webhook.headers.get(_SIGNATURE, ""),
            now=webhook.received_at,
            tolerance=self._tolerance,
        )

    def delivery_id(self, webhook: WebhookRequest) -> str:
        found = webhook.headers.get(_INVOCATION, "")
        if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", found, re.ASCII):
            return found
        # a trigger sends the same body each time it fires, so the timestamp tells one event from the next
        signed_at = webhook.headers.get(_SIGNED_AT, "").encode(errors="replace")
        return hashlib.sha256(signed_at + webhook.body).hexdigest()

    def ticket_refs(self, webhook: WebhookRequest) -> tuple[TicketRef, ...]:
        body = _parse(webhook)
        kind = body.get("type")
        if isinstance(kind, str) and kind.startswith(_EVENT) and not kind.startswith(_TICKET_EVENTS):
            return ()  # events about users or organizations that somebody subscribed this webhook to
        idents = dict.fromkeys(filter(None, map(_ticket_id, _mentioned(body))))
        if not idents:
            raise WebhookUnreadable("names no ticket: found neither the subject of an event nor ticket_id of a trigger")
        return tuple(TicketRef(connection=webhook.connection, id=ident) for ident in idents)


def _mentioned(body: dict[str, Any]) -> Iterator[Any]:
    """Every place where the two kinds of webhook name a ticket.

    https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events
    """
    subject = body.get("subject")
    if isinstance(subject, str) and subject.startswith(_TICKET_SUBJECT):
        yield subject.removeprefix(_TICKET_SUBJECT)
    if str(body.get("type")).startswith(_TICKET_EVENTS):
        yield _inside(body, "detail", "id")
        yield _inside(body, "event", "target_ticket_id")  # merged: the other ticket changed as well
    yield _inside(body, "ticket", "id")
    for name, value in body.items():
        if name.lower().replace("_", "") == "ticketid":  # admins choose the name: ticket_id, ticketID ...
            yield value


def _inside(body: dict[str, Any], name: str, key: str) -> Any:
    part = body.get(name)
    return part.get(key) if isinstance(part, dict) else None


def _ticket_id(value: Any) -> str | None:
    """A ticket id given as number or text, in canonical form; None for anything else."""
    text = str(value).strip() if isinstance(value, int | str) else ""
    return text.lstrip("0") or None if re.fullmatch(r"[0-9]{1,20}", text, re.ASCII) else None


def _parse(webhook: WebhookRequest) -> dict[str, Any]:
    try:
        if webhook.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            return _once(parse_qsl(webhook.body.decode(), keep_blank_values=True, max_num_fields=1000))
        body = json.loads(webhook.body, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise WebhookUnreadable("is neither JSON nor a form") from None
    if not isinstance(body, dict):
        raise WebhookUnreadable("is JSON, but not an object")
    return body


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WebhookUnreadable(
            "repeats a key: free text in the trigger's body may have broken its JSON; send ids only"
        )
    return found


def _no_number(name: str) -> Any:
    raise ValueError(name)


def create_receiver(connection: Connection, tolerance_s: float) -> ZendeskReceiver:
    """The receiver of a connection, with the webhook secrets of its environment. Raises ``InputError``."""
    return ZendeskReceiver(load_zendesk_settings(connection.env_prefix).webhook_secrets, tolerance_s=tolerance_s)
