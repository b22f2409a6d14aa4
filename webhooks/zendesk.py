"""Zendesk's door: event subscriptions and trigger-connected webhooks, both signed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from bridge.config.settings import load_zendesk_settings
from bridge.ticket import TicketRef
from mappings.connection import Connection
from webhooks import signature
from webhooks.receiver import Envelope, Unreadable

TOLERANCE_S = 300.0

_INVOCATION = "X-Zendesk-Webhook-Invocation-Id"
_SIGNATURE = "X-Zendesk-Webhook-Signature"
_SIGNED_AT = "X-Zendesk-Webhook-Signature-Timestamp"

_EVENT = "zen:event-type:"
_TICKET_EVENTS = (f"{_EVENT}ticket.", f"{_EVENT}messaging_ticket.")
_TICKET_SUBJECT = "zen:ticket:"


class ZendeskDoor:
    """One Zendesk connection. Without a secret it is closed."""

    def __init__(self, secrets: Sequence[str], *, tolerance_s: float = TOLERANCE_S) -> None:
        """``secrets``: all that hold now, two during a rotation. ``tolerance_s``: accepted age of a signature, seconds.

        Zendesk signs each attempt anew, so an event that is late for minutes still carries a fresh timestamp.
        """
        self._secrets = tuple(secrets)
        self._tolerance = timedelta(seconds=tolerance_s)

    def verify(self, envelope: Envelope) -> None:
        signature.verify(
            self._secrets,
            envelope.headers.get(_SIGNED_AT, ""),
            envelope.body,
            envelope.headers.get(_SIGNATURE, ""),
            now=envelope.received_at,
            tolerance=self._tolerance,
        )

    def delivery_id(self, envelope: Envelope) -> str:
        found = envelope.headers.get(_INVOCATION, "")
        if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", found, re.ASCII):
            return found
        # With the timestamp: a trigger sends the same body each time it fires, and each time is another occasion.
        signed_at = envelope.headers.get(_SIGNED_AT, "").encode(errors="replace")
        return hashlib.sha256(signed_at + envelope.body).hexdigest()

    def refs(self, envelope: Envelope) -> tuple[TicketRef, ...]:
        body = _parse(envelope)
        kind = body.get("type")
        if isinstance(kind, str) and kind.startswith(_EVENT) and not kind.startswith(_TICKET_EVENTS):
            return ()  # users, organizations: subscribed to by somebody, no matter of ours
        idents = dict.fromkeys(filter(None, map(_ticket_id, _mentioned(body))))
        if not idents:
            raise Unreadable("names no ticket: neither an event's subject nor a trigger's ticket_id was found")
        return tuple(TicketRef(connection=envelope.connection, id=ident) for ident in idents)


def _mentioned(body: dict[str, Any]) -> Iterator[Any]:
    """Every place where the two kinds of webhook name a ticket."""
    subject = body.get("subject")
    if isinstance(subject, str) and subject.startswith(_TICKET_SUBJECT):
        yield subject.removeprefix(_TICKET_SUBJECT)
    if str(body.get("type")).startswith(_TICKET_EVENTS):
        yield _inside(body, "detail", "id")
        yield _inside(body, "event", "target_ticket_id")  # merged: the other ticket changed as well
    yield _inside(body, "ticket", "id")
    for name, value in body.items():
        if name.lower().replace("_", "") == "ticketid":  # admins write it as they like: ticket_id, ticketID
            yield value


def _inside(body: dict[str, Any], name: str, key: str) -> Any:
    part = body.get(name)
    return part.get(key) if isinstance(part, dict) else None


def _ticket_id(value: Any) -> str | None:
    """Canonical text of a ticket id given as number or text; None for anything else."""
    text = str(value).strip() if isinstance(value, int | str) else ""
    return text.lstrip("0") or None if re.fullmatch(r"[0-9]{1,20}", text, re.ASCII) else None


def _parse(envelope: Envelope) -> dict[str, Any]:
    try:
        if envelope.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            return _once(parse_qsl(envelope.body.decode(), keep_blank_values=True, max_num_fields=1000))
        body = json.loads(envelope.body, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable("is neither JSON nor a form") from None
    if not isinstance(body, dict):
        raise Unreadable("is JSON, but not an object")
    return body


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("repeats a key: free text in the trigger's body may have broken its JSON; send ids only")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(name)


def open_door(connection: Connection, tolerance_s: float) -> ZendeskDoor:
    """The door of a configured connection, with the webhook secrets of its environment. Raises ``InputError``."""
    return ZendeskDoor(load_zendesk_settings(connection.env_prefix).webhook_secrets, tolerance_s=tolerance_s)
