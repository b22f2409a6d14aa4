"""``policybridge serve`` in a process of its own, as strangers, proxies and vendors meet it, without a helpdesk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest
import requests

from tests.support.processes import free_port
from tests.support.site import ROOT, ServeProcess
from webhooks.signature import sign

TOKEN = "a token of the console"
SECRET = "the signing secret"
CONFIGURATION = {"policy": "maas360", "connections": {"zendesk": {"vendor": "zendesk", "mode": "shadow"}}}


@dataclass
class EdgeServer:
    """One server, with the environment and the folder that it runs in."""

    process: ServeProcess

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.process.port}"

    @property
    def port(self) -> int:
        return self.process.port

    @property
    def folder(self) -> Path:
        return self.process.folder

    @property
    def log(self) -> str:
        return self.process.log.read_text()

    def deliver(self, ident: int = 1, **options: str) -> requests.Response:
        """Send a signed delivery, as the vendor does."""
        return deliver(self.url, ident, **options)


def deliver(url: str, ident: int = 1, *, verify: bool = True, **headers: str) -> requests.Response:
    """A signed delivery about a ticket to the server behind an address."""
    body, stamp = json.dumps({"ticket_id": ident}).encode(), datetime.now(UTC).isoformat()
    signed = {
        "Content-Type": "application/json",
        "X-Zendesk-Webhook-Signature": sign(SECRET, stamp, body),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }
    return requests.post(f"{url}/webhooks/zendesk", data=body, headers={**signed, **headers}, timeout=20, verify=verify)


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {
        **kept,
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "POLICYBRIDGE_DATABASE_URL": f"sqlite:///{folder / 'bridge.sqlite3'}",
        "ZENDESK_URL": "http://127.0.0.1:9",  # nobody listens there
        "ZENDESK_OAUTH_CLIENT_ID": "policybridge",
        "ZENDESK_OAUTH_CLIENT_SECRET": "a client secret",
        "ZENDESK_WEBHOOK_SECRET": SECRET,
        **more,
    }


def served(folder: Path, *, connections: dict[str, Any] | None = None, **more: str) -> EdgeServer:
    """A server that has started; its environment has ``more`` variables."""
    configuration = CONFIGURATION | ({"connections": connections} if connections else {})
    (folder / "policybridge.yaml").write_text(json.dumps(configuration))
    return EdgeServer(ServeProcess(folder, environment(folder, **more), free_port()).ready())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EdgeServer]:
    """A server with a console token."""
    running = served(tmp_path, POLICYBRIDGE_CONSOLE_TOKEN=TOKEN)
    yield running
    running.process.kill()


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[EdgeServer]:
    """A server without any setting but what it needs, on its first day."""
    running = served(tmp_path)
    yield running
    running.process.kill()
