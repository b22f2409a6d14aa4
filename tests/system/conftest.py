"""The whole path for real: a local Zendesk in its own process, the bridge behind a real socket, a database on disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest
import requests
from ruamel.yaml import YAML
from werkzeug.serving import make_server

from app import Bridge, assemble, create_app
from bridge.config.settings import Settings
from bridge.runtime.ticket_clock import TicketClock, wall_clock
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.ticket import TicketRef
from tests.support.processes import PATIENCE_S
from tests.support.zendesk_account import CLIENT, IDS, configuration


@dataclass
class ConnectedBridge:
    """A helpdesk, a bridge and a clock that both go by."""

    sandbox: ZendeskSandbox
    bridge: Bridge
    ahead: list[timedelta] = field(default_factory=lambda: [timedelta()])

    def ask(self, **ticket: Any) -> int:
        """The client opens a ticket by phone; the whole population is stopped unless the ticket says otherwise."""
        options = {value: option for option, value in seeds.option_tags("affected").items()}
        affected, channel = options[ticket.pop("affected", "all")], ticket.pop("channel", "phone")
        base = {
            "subject": "Console down",
            "comment": {"body": "Nobody can enrol"},
            "custom_fields": [{"id": IDS["facts.affected"], "value": affected}],
        }
        return int(self.sandbox.ask(CLIENT, base | ticket, channel=channel)["id"])

    def pass_time(self, **length: float) -> None:
        """Let time pass on both sides."""
        step = timedelta(**length)
        self.ahead[0] += step
        self.sandbox.advance(step.total_seconds())

    def work(self, *, until: Callable[[], bool] | None = None) -> None:
        """Let the bridge do what is due, until something holds, or until it has come to rest."""
        deadline = time.monotonic() + PATIENCE_S
        quiet = 0
        while time.monotonic() < deadline:
            done = self.bridge.jobs.tick()
            if until is not None and until():
                return
            quiet = 0 if done else quiet + 1
            if until is None and quiet > 3 and self._is_at_rest():
                return
            time.sleep(0.05)
        pytest.fail(f"the bridge did not get there within {PATIENCE_S:.0f} seconds")

    def _is_at_rest(self) -> bool:
        """Nothing is due, no retry is pending, and no delivery is on its way for half a second."""
        arrived = self._deliveries()
        time.sleep(0.5)
        entries = self.bridge.store.queue_entries(is_open=True, limit=100)
        retries = any(entry.attempts and not entry.parked for entry in entries)
        return not retries and self.bridge.jobs.tick() == 0 and self._deliveries() == arrived

    def _deliveries(self) -> int:
        return sum(self.bridge.store.counts(wall_clock()).deliveries.values())

    def _get(self, path: str) -> dict[str, Any]:
        answer = requests.get(f"{self.sandbox.url}/api/v2/{path}", auth=self.sandbox.auth, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def ticket(self, number: int) -> dict[str, Any]:
        """The ticket as Zendesk has it now."""
        found: dict[str, Any] = self._get(f"tickets/{number}.json")["ticket"]
        return found

    def shown(self, number: int, field: str) -> str | None:
        """What a custom field of the ticket shows."""
        custom = self.ticket(number)["custom_fields"]
        return next(entry["value"] for entry in custom if entry["id"] == IDS[f"fields.{field}"])

    def writes(self, number: int) -> list[dict[str, Any]]:
        """The updates of the bridge to a ticket, refused ones included."""
        return self.sandbox.requests("PUT", f"/api/v2/tickets/{number}")

    def comments(self, number: int, *, public: bool) -> list[str]:
        """What was said on the ticket after its description."""
        found = self._get(f"tickets/{number}/comments.json")["comments"]
        return [comment["plain_body"] for comment in found[1:] if comment["public"] is public]

    @staticmethod
    def ref(number: int) -> TicketRef:
        return TicketRef(connection="zendesk", id=str(number))


@pytest.fixture
def sandbox(zendesk_process: ZendeskSandbox, monkeypatch: pytest.MonkeyPatch) -> ZendeskSandbox:
    """A fresh account, and its credentials in the environment."""
    zendesk_process.reset()
    for name in ("ZENDESK_EMAIL", "ZENDESK_API_TOKEN", "ZENDESK_SUBDOMAIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ZENDESK_URL", zendesk_process.url)
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_ID", zendesk_process.client_id)
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_SECRET", zendesk_process.client_secret)
    return zendesk_process


@pytest.fixture
def connected(sandbox: ZendeskSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectedBridge]:
    """A bridge that is connected, subscribed and listening; its jobs run when the test says so."""
    with connected_bridge(sandbox, tmp_path, f"sqlite:///{tmp_path / 'bridge.sqlite3'}", monkeypatch) as bridge:
        yield bridge


@contextmanager
def connected_bridge(
    sandbox: ZendeskSandbox, folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConnectedBridge]:
    """A bridge with a database of its own."""
    path = folder / "policybridge.yaml"
    YAML().dump(configuration(), path)
    settings = Settings(config=path, database_url=database_url, debounce=0)
    ahead = [datetime.fromisoformat(sandbox.admin("GET", "")["now"]) - wall_clock()]

    def clock() -> datetime:
        return wall_clock() + ahead[0]

    # the doors take their secret from the environment when they are made, so the webhook is subscribed first
    with _listening() as (server, serve):
        secret = sandbox.subscribe(f"http://127.0.0.1:{server.server_port}/webhooks/zendesk").secret
        monkeypatch.setenv("ZENDESK_WEBHOOK_SECRET", secret)
        with assemble(settings, TicketClock(clock)) as bridge:
            serve(create_app(bridge))
            yield ConnectedBridge(sandbox, bridge, ahead)


@contextmanager
def _listening() -> Iterator[Any]:
    apps: list[Any] = []

    def application(environ: Any, start_response: Any) -> Any:
        return apps[0](environ, start_response)

    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server, apps.append
    finally:
        server.shutdown()
        thread.join()
