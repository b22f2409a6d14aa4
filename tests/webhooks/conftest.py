"""A webhook server with a real store and real receivers, and a helpdesk that signs its requests."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bridge.runtime.inbox import Inbox
from bridge.store import SqlStore
from webhooks import create_blueprint
from webhooks.receiver import WebhookReceiver
from webhooks.signature import sign
from webhooks.zendesk import ZendeskReceiver

SECRET = "s3cret-of-acme"


class WebhookServer:
    """The webhooks of one installation at the instant ``now``, with a receiver for each connection."""

    def __init__(self, store: SqlStore, receivers: Mapping[str, WebhookReceiver], now: datetime, debounce_s: float):
        self.store = store
        self.now = now
        self.debounce = timedelta(seconds=debounce_s)
        self.app = Flask("webhooks")
        self.app.register_blueprint(create_blueprint(receivers, Inbox(store, lambda: self.now, debounce_s)))

    def due(self) -> list[str]:
        """Tickets that are due once the debounce time is over; each is claimed for a second."""
        claims = self.store.claim(self.now + self.debounce, limit=99, lease_s=1)
        return sorted(str(claim.ref) for claim in claims)

    def deliveries(self) -> dict[str, int]:
        """How many deliveries are stored, by connection."""
        return self.store.counts(self.now).deliveries

    def refused(self) -> dict[tuple[str, str], int]:
        """How many requests were refused, by connection and reason."""
        return self.store.counts(self.now).rejected


class ZendeskWebhookServer(WebhookServer):
    """With connection ``acme`` (two secrets) and ``closed`` (none)."""

    def __init__(self, store: SqlStore) -> None:
        receivers = {"acme": ZendeskReceiver([SECRET, "the-one-before"]), "closed": ZendeskReceiver(["", ""])}
        super().__init__(store, receivers, datetime(2026, 3, 2, 9, 0, tzinfo=UTC), 5.0)
        self.client: FlaskClient = self.app.test_client()

    def deliver(self, body: object, *, to: str = "acme", secret: str = SECRET, **headers: str | None) -> TestResponse:
        """Send a signed request. ``headers`` adds, replaces, or removes (None) headers, ``_`` standing for ``-``."""
        raw = body if isinstance(body, bytes) else json.dumps(body, indent=3).encode()
        signed_at = headers.get("X_Zendesk_Webhook_Signature_Timestamp") or self.timestamp()
        sent: dict[str, str | None] = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Zendesk-Webhook-Invocation-Id": f"01HANAHB{len(raw)}",
            "X-Zendesk-Webhook-Signature-Timestamp": signed_at,
            "X-Zendesk-Webhook-Signature": sign(secret, signed_at, raw),
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            f"/webhooks/{to}", data=raw, headers={name: value for name, value in sent.items() if value is not None}
        )

    def timestamp(self, age_s: float = 0) -> str:
        return (self.now - timedelta(seconds=age_s)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def server(sqlite_store: SqlStore) -> ZendeskWebhookServer:
    return ZendeskWebhookServer(sqlite_store)
