"""One webhook request: its headers, its signature, sending it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime

import requests

from bridge.sandbox.clock import stamp
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.state import State

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CONTENT_TYPES = {
    "json": "application/json; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "form_encoded": "application/x-www-form-urlencoded; charset=utf-8",
}


def ulid() -> str:
    """A fresh id in the form of webhook and invocation ids: 26 characters that sort by time."""
    value = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret, timestamp + body)); the secret is used as given, not decoded."""
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + body, hashlib.sha256)).decode()


def signed_headers(state: State, webhook: Record, body: bytes, invocation: str) -> dict[str, str]:
    """The headers of one attempt; the timestamp is the wall clock's, now."""
    timestamp = stamp(datetime.now(UTC))
    return {
        "User-Agent": "Zendesk Webhook",
        "Content-Type": _CONTENT_TYPES[webhook["request_format"]],
        "X-Zendesk-Account-Id": str(state.account_id),
        "X-Zendesk-Webhook-Id": webhook["id"],
        "X-Zendesk-Webhook-Invocation-Id": invocation,
        "X-Zendesk-Webhook-Signature": signature(webhook["_secret"], timestamp, body),
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        **_credentials(webhook),
        **(webhook.get("custom_headers") or {}),
    }


def call(webhook: Record, body: bytes, headers: dict[str, str], timeout_s: float) -> requests.Response:
    """Send one request to the endpoint; raises what ``requests`` raises."""
    return requests.request(
        webhook["http_method"],
        webhook["endpoint"],
        data=body,
        headers=headers,
        timeout=timeout_s,
        allow_redirects=False,
    )


def _credentials(webhook: Record) -> dict[str, str]:
    authentication = webhook.get("_authentication") or {}
    secret = authentication.get("data") or {}
    match authentication.get("type"):
        case "basic_auth":
            pair = f"{secret['username']}:{secret['password']}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        case "bearer_token":
            return {"Authorization": f"Bearer {secret['token']}"}
        case "api_key":
            return {str(secret["name"]): str(secret["value"])}
        case _:
            return {}
