"""A local Zendesk in a process of its own, for tests and for the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from bridge.sandbox.process import TIMEOUT_S, Sandbox
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.events import TYPES


@dataclass(frozen=True)
class Subscription:
    """A webhook that was created for a test."""

    id: str
    secret: str


class ZendeskSandbox(Sandbox):
    """Context manager: a local Zendesk that runs while the block does.

    ``client_id``, ``client_secret``, ``email`` and ``api_token`` are its credentials, ``url`` its base URL. The methods
    use the control API; for everything else speak to ``url`` as to Zendesk. A refused act raises
    :class:`requests.HTTPError`.
    """

    client_id = seeds.CLIENT.id
    client_secret = seeds.CLIENT.secret
    email = seeds.CLIENT.owner_email
    api_token = seeds.CLIENT.api_token
    admin_client_id = seeds.ADMIN_CLIENT.id
    admin_client_secret = seeds.ADMIN_CLIENT.secret

    def __init__(
        self,
        *,
        port: int = 0,
        speed: float = 1.0,
        start: datetime | None = None,
        seed: Mapping[str, Any] | None = None,
        samples: str | None = None,
    ) -> None:
        super().__init__("zendesk", port=port, speed=speed, start=start)
        if samples is not None:
            self._options += ["--samples", samples]
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

    def merge(self, target: int, by: str | int, *sources: int) -> None:
        """An agent merges tickets into another one."""
        self.admin("POST", f"tickets/{target}/merges", {"by": by, "ids": sources})

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
