"""What every vendor's door has in common. A vendor is one file beside this one, with one :class:`Door` in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from werkzeug.datastructures import Headers

from bridge.errors import BridgeError
from bridge.ports import Delivery
from bridge.ticket import TicketRef

log = structlog.get_logger(__name__)

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Never stored."""


class Refused(BridgeError):
    """A request did not prove where it comes from. The text is a short fixed reason: refusals are counted by it."""

    def __init__(self, reason: str, *, advice: str = "") -> None:
        """``advice``: what the operator can do, for the log; the sender never sees it."""
        super().__init__(reason)
        self.advice = advice


class Unreadable(BridgeError):
    """A request that proved where it comes from says nothing we understand. The text becomes its verdict."""


@dataclass(frozen=True)
class Envelope:
    """One request, exactly as it came in."""

    connection: str
    headers: Headers
    """Looked up in any case; a header sent twice holds both values, joined by a comma."""
    body: bytes
    received_at: datetime
    token: str = ""
    """What follows the connection in the URL, for vendors that cannot sign and keep their secret there."""
    address: str = ""
    """Where the request came from: the sender, or the proxy before this program."""


class Door(Protocol):
    """How requests of one connection prove where they come from, and what they speak of. No I/O, no clock."""

    def verify(self, envelope: Envelope) -> None:
        """Raises ``Refused`` unless the sender knows a secret of this connection."""

    def delivery_id(self, envelope: Envelope) -> str:
        """The vendor's own id of this delivery, equal when it is sent again; else a digest. Plain ASCII."""

    def refs(self, envelope: Envelope) -> tuple[TicketRef, ...]:
        """The tickets it speaks of, none for a matter that is not ours; raises ``Unreadable``."""


def open_envelope(door: Door, envelope: Envelope) -> Delivery:
    """Turn a verified request into a delivery. Whatever the body is, the result holds it, with a verdict."""
    refs: tuple[TicketRef, ...] = ()
    verdict = "accepted"
    try:
        refs = door.refs(envelope)
    except Unreadable as error:
        verdict = str(error)
    except Exception:  # a bug of ours must not cost the sender's event
        log.exception("delivery_not_read", connection=envelope.connection)
        verdict = "failed to be read, by a bug: see the log"
    return Delivery(
        connection=envelope.connection,
        id=door.delivery_id(envelope),
        received_at=envelope.received_at,
        headers={name: value for name, value in envelope.headers.items() if name.lower() not in SECRET_HEADERS},
        body=envelope.body,
        refs=refs,
        verdict=verdict,
    )
