"""HMAC over a timestamp and the raw body, as Zendesk signs. Pure: secrets, bytes and the present come from outside."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta

from webhooks.receiver import Refused


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """``base64(HMAC-SHA256(secret, timestamp + body))``; the secret is used as it is given, not decoded."""
    message = timestamp.encode(errors="replace") + body
    return b64encode(hmac.digest(secret.encode(), message, "sha256")).decode()


def verify(
    secrets: Iterable[str], timestamp: str, body: bytes, signature: str, *, now: datetime, tolerance: timedelta
) -> None:
    """Check a signature against every secret in constant time, then the age of its timestamp in both directions.

    ``timestamp`` and ``signature`` are header values, whatever a stranger may have put there. Raises ``Refused``.
    """
    given = signature.encode(errors="replace")
    matches = [hmac.compare_digest(sign(secret, timestamp, body).encode(), given) for secret in secrets if secret]
    if not matches:
        raise Refused("no secret configured", advice="closed until this connection has its webhook's signing secret")
    if not any(matches):
        raise Refused("wrong signature", advice="compare the signing secret with the one the helpdesk shows")
    if not _close(timestamp, now, tolerance):
        raise Refused("signature too old or ahead of time", advice="compare this machine's clock with the time")


def _close(timestamp: str, now: datetime, tolerance: timedelta) -> bool:
    try:
        signed_at = datetime.fromisoformat(timestamp)
    except ValueError:
        return False
    return signed_at.tzinfo is not None and abs(now - signed_at) <= tolerance
