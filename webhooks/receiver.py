"""A webhook receiver: how requests of one connection are verified and which tickets they name.

Each vendor is one module beside this one with one :class:`WebhookReceiver` in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from werkzeug.datastructures import Headers

from bridge.errors import BridgeError
from bridge.ports.deliveries import Delivery
from bridge.redaction import redact
from bridge.ticket import TicketRef

log = structlog.get_logger(__name__)

KEPT_HEADERS = frozenset({"content-type", "content-length", "user-agent"})
"""Headers that are stored, besides those that a receiver names; whatever else was sent may be a secret."""


class WebhookRefused(BridgeError):
    """A request failed verification. Its text is one of a few fixed reasons, because refusals are counted by reason."""

    def __init__(self, reason: str, *, advice: str = "") -> None:
        """``advice``: what the operator can do about it. It goes to the log, never to the sender."""
        super().__init__(reason)
        self.advice = advice


class WebhookUnreadable(BridgeError):
    """A verified request whose body we do not understand. Its text becomes the verdict of the delivery."""


@dataclass(frozen=True)
class WebhookRequest:
    """One request exactly as it came in."""

    connection: str
    headers: Headers
    """Names are case-insensitive; a header that was sent twice holds both values, joined by a comma."""
    body: bytes
    received_at: datetime
    token: str = ""
    """The last part of the URL, where vendors that cannot sign keep their secret."""
    address: str = ""
    """IP address of the sender, or of the proxy in front of the bridge."""


class WebhookReceiver(Protocol):
    """Verifies and reads the requests of one connection. Does no I/O and reads no clock."""

    kept_headers: frozenset[str]
    """Lower-case names of headers that help to understand a delivery later and hold no secret."""

    def verify(self, webhook: WebhookRequest) -> None:
        """Raise ``WebhookRefused`` unless the sender knows a secret of this connection."""

    def delivery_id(self, webhook: WebhookRequest) -> str:
        """The vendor's own id of this delivery, the same when it is sent again, or else a digest. Plain ASCII."""

    def ticket_refs(self, webhook: WebhookRequest) -> tuple[TicketRef, ...]:
        """The tickets the request is about; empty for events we do not use. Raises ``WebhookUnreadable``."""


def to_delivery(receiver: WebhookReceiver, webhook: WebhookRequest) -> Delivery:
    """Turn a verified request into a delivery. Whatever the body is, the delivery keeps it, with a verdict."""
    refs: tuple[TicketRef, ...] = ()
    verdict = "accepted"
    try:
        refs = receiver.ticket_refs(webhook)
    except WebhookUnreadable as error:
        verdict = str(error)
    except Exception:  # a bug of ours must not cost the sender's event
        log.exception("delivery_not_read", connection=webhook.connection)
        verdict = "could not be read because of a bug; see the log"
    kept = KEPT_HEADERS | receiver.kept_headers
    return Delivery(
        connection=webhook.connection,
        id=receiver.delivery_id(webhook),
        received_at=webhook.received_at,
        headers={name: redact(value) for name, value in webhook.headers.items() if name.lower() in kept},
        body=webhook.body,
        refs=refs,
        verdict=verdict,
    )
