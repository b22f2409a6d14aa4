"""A local helpdesk in a process of its own, for tests and for the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

import bridge
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.events import TYPES

TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Subscription:
    """A webhook that was created for a test."""

    id: str
    secret: str


class Sandbox:
    """Context manager: a sandbox that runs in a process of its own while the block does."""

    def __init__(self, vendor: str, *, port: int, speed: float, start: datetime | None) -> None:
        self._vendor = vendor
        self._options = ["--port", str(port), "--speed", str(speed), "--with-parent"]
        if start is not None:
            self._options += ["--start", start.isoformat()]
        self._seed: Mapping[str, Any] | None = None
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        with tempfile.TemporaryDirectory() as folder:
            options = list(self._options)
            if self._seed is not None:
                path = Path(folder, "seed.json")
                path.write_text(json.dumps(self._seed), encoding="utf-8")
                options += ["--seed", str(path)]
            command = [sys.executable, "-m", "bridge.sandbox", self._vendor, *options]
            pipe = subprocess.PIPE
            # The child must find this very package, installed or not.
            paths = [str(Path(bridge.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)  # noqa: S603
            assert self._process.stdout is not None  # noqa: S101 - it is a pipe
            self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"the sandbox did not start; it ended with code {self._process.wait(TIMEOUT_S)}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def admin(self, verb: str, where: str, body: Mapping[str, Any] | None = None, **query: str) -> dict[str, Any]:
        """One side-door request; returns its answer."""
        url = f"{self.url}/_sandbox/{where}"
        answer = requests.request(verb, url, json=body, params=query, timeout=TIMEOUT_S)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def reset(self) -> None:
        """Back to the seed; faults and journal are cleared."""
        self.admin("POST", "reset")

    def advance(self, seconds: float) -> None:
        """Let virtual time jump ahead."""
        self.admin("POST", "clock", {"advance_s": seconds})

    def fail(self, method: str, path: str, **fault: Any) -> None:
        """Disturb coming requests; see :class:`bridge.sandbox.faults.Fault`."""
        self.admin("POST", "faults", {"method": method, "path": path, **fault})

    def disturb_deliveries(self, act: str, times: int = 1, delay_s: float = 0.0) -> None:
        """``drop``, ``duplicate`` or ``delay`` the next webhook invocations."""
        self.admin("POST", "deliveries", {"act": act, "times": times, "delay_s": delay_s})

    def requests(self, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        """The journal of API requests, oldest first; ``path`` is a prefix without ``.json``."""
        found: list[dict[str, Any]] = self.admin("GET", "journal", path=path, method=method or "")["requests"]
        return found

    def play(self, stories: str) -> None:
        """Let sample tickets come alive, by the name of :data:`bridge.sandbox.sample_tickets.STORIES`."""
        self.admin("POST", "stories", {"name": stories})

    def stop(self) -> None:
        """Drop every request until :meth:`start`; time and what is planned go on."""
        self.fail("*", "*", drop=True, times=10**9)

    def start(self) -> None:
        """Serve again, without any fault."""
        self.admin("DELETE", "faults")


class ZendeskSandbox(Sandbox):
    """Context manager: a local Zendesk that runs while the block does.

    ``client_id``, ``client_secret``, ``email`` and ``api_token`` are its credentials, ``url`` its base URL. The methods
    use the side-door; for everything else speak to ``url`` as to Zendesk. A refused act raises
    :class:`requests.HTTPError`.
    """

    client_id = seeds.CLIENT.id
    client_secret = seeds.CLIENT.secret
    email = seeds.CLIENT.owner_email
    api_token = seeds.CLIENT.api_token

    def __init__(
        self,
        *,
        port: int = 0,
        speed: float = 1.0,
        start: datetime | None = None,
        seed: Mapping[str, Any] | None = None,
        stories: str | None = None,
    ) -> None:
        super().__init__("zendesk", port=port, speed=speed, start=start)
        if stories is not None:
            self._options += ["--stories", stories]
        self._seed = seed

    @property
    def auth(self) -> tuple[str, str]:
        """Credentials for ``requests``: the API token of the integration user."""
        return f"{self.email}/token", self.api_token

    def limit(self, **limits: float) -> None:
        """Set limits by the names of :class:`bridge.sandbox.zendesk.limits.Limits`."""
        self.admin("POST", "limits", limits)

    def ask(self, by: str | int, ticket: Mapping[str, Any], channel: str = "email") -> dict[str, Any]:
        """A person opens a ticket."""
        found: dict[str, Any] = self.admin("POST", "tickets", {"by": by, "channel": channel, "ticket": ticket})[
            "ticket"
        ]
        return found

    def act(self, ident: int, by: str | int, ticket: Mapping[str, Any], **how: Any) -> dict[str, Any]:
        """A person changes a ticket; ``channel`` and ``auto_reply`` may be given."""
        found: dict[str, Any] = self.admin("POST", f"tickets/{ident}/acts", {"by": by, "ticket": ticket, **how})[
            "ticket"
        ]
        return found

    def reply(self, ident: int, by: str | int, text: str, *, auto_reply: bool = False) -> dict[str, Any]:
        """A person answers by mail."""
        return self.act(ident, by, {"comment": {"body": text}}, channel="email", auto_reply=auto_reply)

    def call(self, ident: int, by: str | int, text: str = "") -> dict[str, Any]:
        """An agent logs a phone call with the requester."""
        found: dict[str, Any] = self.admin("POST", f"tickets/{ident}/calls", {"by": by, "text": text})["ticket"]
        return found

    def subscribe(self, endpoint: str) -> Subscription:
        """Create a webhook for all ticket events, through the API."""
        webhook = {
            "name": "events",
            "endpoint": endpoint,
            "status": "active",
            "http_method": "POST",
            "request_format": "json",
            "subscriptions": sorted(TYPES),
        }
        hooks = f"{self.url}/api/v2/webhooks"
        made = requests.post(hooks, json={"webhook": webhook}, auth=self.auth, timeout=TIMEOUT_S)
        made.raise_for_status()
        ident = made.json()["webhook"]["id"]
        secret = requests.get(f"{hooks}/{ident}/signing_secret", auth=self.auth, timeout=TIMEOUT_S)
        return Subscription(ident, secret.json()["signing_secret"]["secret"])
