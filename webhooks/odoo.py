"""Webhooks of Odoo: the action "Send Webhook Notification" of its automation rules.

https://www.odoo.com/documentation/19.0/applications/studio/automated_actions.html

Odoo signs nothing and can add no header (https://github.com/odoo/odoo/pull/189380 was closed), so the secret is part
of the URL.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from bridge.config.odoo_settings import load_odoo_settings
from bridge.ticket import TicketRef
from mappings.connection import Connection
from webhooks.receiver import WebhookRefused, WebhookRequest, WebhookUnreadable

TICKET = "helpdesk.ticket"
MESSAGE = "mail.message"


class OdooReceiver:
    """Receiver of one Odoo connection; without a token it refuses everything.

    The body is only a hint which ticket to review: the bridge reads the ticket itself through the API.
    """

    kept_headers: frozenset[str] = frozenset()

    def __init__(self, tokens: Sequence[str], networks: Iterable[IPv4Network | IPv6Network] = ()) -> None:
        """``tokens``: all that are valid now, two during a rotation. ``networks``: allowed senders; empty means any."""
        self._tokens = tuple(tokens)
        self._networks = tuple(networks)

    def verify(self, webhook: WebhookRequest) -> None:
        if not self._tokens:
            raise WebhookRefused("no secret configured", advice="set ODOO_WEBHOOK_TOKEN for this connection")
        given = webhook.token.encode(errors="replace")
        matches = [hmac.compare_digest(token.encode(), given) for token in self._tokens]
        if not any(matches):
            raise WebhookRefused(
                "wrong token", advice="compare the URL in Odoo's automation rules with ODOO_WEBHOOK_TOKEN"
            )
        if self._networks and not self._is_allowed(webhook.address):
            raise WebhookRefused("address not allowed", advice=f"{webhook.address} is not in ODOO_WEBHOOK_ALLOW")

    def delivery_id(self, webhook: WebhookRequest) -> str:
        # Odoo sends no event id and never repeats a request, and two changes may have equal bodies
        received_at = webhook.received_at.isoformat(timespec="microseconds")
        return hashlib.sha256(received_at.encode() + webhook.body).hexdigest()

    def ticket_refs(self, webhook: WebhookRequest) -> tuple[TicketRef, ...]:
        body = _parse(webhook.body)
        match body.get("_model"):
            case "helpdesk.ticket":
                ident = body.get("_id")
            case "mail.message" if body.get("model") == TICKET:
                ident = body.get("res_id")
            case "mail.message" if "model" not in body or "res_id" not in body:
                raise WebhookUnreadable("lacks model and res_id of the message: add both to the fields of the action")
            case str():
                return ()  # from an automation rule on another model
            case _:
                raise WebhookUnreadable("names no model, so an automation rule did not send it")
        if type(ident) is not int or ident <= 0:
            raise WebhookUnreadable("names no ticket: its id is not a positive number")
        return (TicketRef(connection=webhook.connection, id=str(ident)),)

    def _is_allowed(self, address: str) -> bool:
        with suppress(ValueError):
            found = ip_address(address)
            return any(found in network for network in self._networks)
        return False


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise WebhookUnreadable("is not JSON") from None
    if not isinstance(body, dict):
        raise WebhookUnreadable("is JSON, but not an object")
    return body


def create_receiver(connection: Connection, tolerance_s: float) -> OdooReceiver:  # noqa: ARG001 - Odoo signs nothing
    """The receiver of a connection, with the webhook tokens of its environment. Raises ``InputError``."""
    settings = load_odoo_settings(connection.env_prefix)
    return OdooReceiver(settings.webhook_tokens, settings.webhook_networks)
