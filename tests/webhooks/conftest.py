"""A webhook server with a real store and real receivers, and a helpdesk that signs its requests."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bridge.runtime.inbox import Inbox
from bridge.store import open_store
from webhooks import create_blueprint
from webhooks.signature import sign
from webhooks.zendesk import ZendeskReceiver

SECRET = "s3cret-of-acme"


class WebhookServer:
    """The webhooks of one installation, with connection ``acme`` (two secrets) and ``closed`` (none)."""

    def __init__(self, url: str) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self.store = open_store(url)
        app = Flask("webhooks")
        receivers = {"acme": ZendeskReceiver([SECRET, "the-one-before"]), "closed": ZendeskReceiver(["", ""])}
        app.register_blueprint(create_blueprint(receivers, Inbox(self.store, lambda: self.now, 5.0)))
        self.client: FlaskClient = app.test_client()

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

    def due(self) -> list[str]:
        """Tickets that are due once the debounce time is over."""
        return sorted(claim.ref.id for claim in self.store.claim(self.now + timedelta(seconds=5), limit=99, lease_s=1))

    def kept(self) -> dict[str, int]:
        return self.store.counts(self.now).deliveries

    def refused(self) -> dict[tuple[str, str], int]:
        return self.store.counts(self.now).rejected


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebhookServer]:
    started = WebhookServer(f"sqlite:///{tmp_path / 'bridge.sqlite3'}")
    yield started
    started.store.close()
