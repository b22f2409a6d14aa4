"""Odoo's door: "Send Webhook Notification" of its automation rules. Odoo signs nothing: the secret is in the URL."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from bridge.config.settings import load_odoo_settings
from bridge.ticket import TicketRef
from mappings.connection import Connection
from webhooks.receiver import Envelope, Refused, Unreadable

TICKET = "helpdesk.ticket"
MESSAGE = "mail.message"


class OdooDoor:
    """One Odoo connection. Without a token it is closed. The body is only a hint which ticket to look at."""

    def __init__(self, tokens: Sequence[str], networks: Iterable[IPv4Network | IPv6Network] = ()) -> None:
        """``tokens``: all that hold now, two during a rotation. ``networks``: where requests come from; none: any."""
        self._tokens = tuple(tokens)
        self._networks = tuple(networks)

    def verify(self, envelope: Envelope) -> None:
        if not self._tokens:
            raise Refused("no secret configured", advice="closed until this connection has its ODOO_WEBHOOK_TOKEN")
        given = envelope.token.encode(errors="replace")
        matches = [hmac.compare_digest(token.encode(), given) for token in self._tokens]
        if not any(matches):
            raise Refused("wrong token", advice="compare the URL in Odoo's automation rules with ODOO_WEBHOOK_TOKEN")
        if self._networks and not self._is_allowed(envelope.address):
            raise Refused("address not allowed", advice=f"{envelope.address} is not in ODOO_WEBHOOK_ALLOW")

    def delivery_id(self, envelope: Envelope) -> str:
        """With the moment of receipt: equal bodies may tell of two changes, and Odoo sends nothing again."""
        moment = envelope.received_at.isoformat(timespec="microseconds")
        return hashlib.sha256(moment.encode() + envelope.body).hexdigest()

    def refs(self, envelope: Envelope) -> tuple[TicketRef, ...]:
        body = _parse(envelope.body)
        match body.get("_model"):
            case "helpdesk.ticket":
                ident = body.get("_id")
            case "mail.message" if body.get("model") == TICKET:
                ident = body.get("res_id")
            case "mail.message" if "model" not in body or "res_id" not in body:
                raise Unreadable("tells of a message without its model and res_id: add both to the rule's fields")
            case str():
                return ()  # a rule of somebody else's, no matter of ours
            case _:
                raise Unreadable("names no model: this is no webhook of an automation rule")
        if type(ident) is not int or ident <= 0:
            raise Unreadable("names no ticket: its id is no positive number")
        return (TicketRef(connection=envelope.connection, id=str(ident)),)

    def _is_allowed(self, address: str) -> bool:
        with suppress(ValueError):
            found = ip_address(address)
            return any(found in network for network in self._networks)
        return False


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unreadable("is not JSON") from None
    if not isinstance(body, dict):
        raise Unreadable("is JSON, but not an object")
    return body


def open_door(connection: Connection, tolerance_s: float) -> OdooDoor:  # noqa: ARG001 - nothing is signed with a time
    """The door of a configured connection, with the webhook tokens of its environment. Raises ``InputError``."""
    settings = load_odoo_settings(connection.env_prefix)
    return OdooDoor(settings.webhook_tokens, settings.webhook_networks)
