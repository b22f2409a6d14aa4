"""HMAC over a timestamp and the raw body, as Zendesk signs webhooks. Pure: secrets, bytes and ``now`` are arguments.

https://developer.zendesk.com/documentation/webhooks/verifying/
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta

from webhooks.receiver import WebhookRefused


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """``base64(HMAC-SHA256(secret, timestamp + body))``; the secret is used as given, not base64-decoded."""
    message = timestamp.encode(errors="replace") + body
    return b64encode(hmac.digest(secret.encode(), message, "sha256")).decode()


def verify(
    secrets: Iterable[str], timestamp: str, body: bytes, signature: str, *, now: datetime, tolerance: timedelta
) -> None:
    """Check a signature against every secret in constant time, then the age of its timestamp in both directions.

    ``timestamp`` and ``signature`` are header values and may hold anything. Raises ``WebhookRefused``.
    """
    given = signature.encode(errors="replace")
    matches = [hmac.compare_digest(sign(secret, timestamp, body).encode(), given) for secret in secrets if secret]
    if not matches:
        raise WebhookRefused(
            "no secret configured", advice="set the signing secret of this connection's webhook in the environment"
        )
    if not any(matches):
        raise WebhookRefused("wrong signature", advice="compare the signing secret with the one the helpdesk shows")
    if not _is_recent(timestamp, now, tolerance):
        raise WebhookRefused("signature too old or in the future", advice="check the clock of this machine")


def _is_recent(timestamp: str, now: datetime, tolerance: timedelta) -> bool:
    try:
        signed_at = datetime.fromisoformat(timestamp)
    except ValueError:
        return False
    return signed_at.tzinfo is not None and abs(now - signed_at) <= tolerance
