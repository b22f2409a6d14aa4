"""The demo with a local Zendesk, whose account is as ``docs/connect-zendesk.md`` says."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from bridge.demo.vendor import Json, env_prefix, set_credentials
from bridge.sandbox import sample_tickets
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.limits import Limits
from bridge.sandbox.zendesk.process import ZendeskSandbox


class DemoZendesk:
    """See :class:`bridge.demo.vendor.DemoHelpdesk`."""

    vendor = "zendesk"
    title = "a local Zendesk"

    def open(self, speed: int) -> ZendeskSandbox:
        self._sandbox, self._speed = ZendeskSandbox(speed=speed), speed
        return self._sandbox

    def connect(self, bridge_url: str, folder: Path) -> Json:  # noqa: ARG002 - others keep files
        sandbox = self._sandbox
        sandbox.limit(**fast_limits(self._speed))
        secret = sandbox.subscribe(f"{bridge_url}/webhooks/{self.vendor}").secret
        client = {"OAUTH_CLIENT_ID": sandbox.client_id, "OAUTH_CLIENT_SECRET": sandbox.client_secret}
        set_credentials(self.vendor, {"URL": sandbox.url, "WEBHOOK_SECRET": secret, **client})
        return connection_settings()

    def accounts(self) -> Json:
        return {
            str(row["organization_id"]): {name: value for name, value in row.items() if name != "organization_id"}
            for row in seeds.accounts()
        }


def fast_limits(speed: int) -> dict[str, float]:
    """What the account allows in a real minute, in which the bridge counts its share: on this clock that is many."""
    usual = Limits()
    rates = [each.name for each in fields(usual) if each.name.endswith("_per_minute")]
    return {name: getattr(usual, name) * speed for name in (*rates, "updates_per_ticket")}


def connection_settings() -> Json:
    """The connection of ``policybridge.yaml`` to the account of the sandbox."""
    ids: dict[str, dict[str, int]] = {}
    for name, ident in seeds.connection().items():
        table, _, row = name.partition(".")
        ids.setdefault(table, {})[row] = ident
    groups = ids["groups"]
    return {
        "vendor": "zendesk",
        "mode": "enforce",
        "env_prefix": env_prefix("zendesk"),
        "tiers": {tier: [groups[f"tier_{tier}"]] for tier in (1, 2, 3)},
        "groups": {"japanese": groups["japanese"]},
        "statuses": ids["statuses"],
        "facts": {fact: {"field": ident, "values": seeds.option_tags(fact)} for fact, ident in ids["facts"].items()},
        "fields": ids["fields"],
        "marks": {
            "escalation": {"tag": sample_tickets.ESCALATE},
            "confirm_resolution": {"tag": sample_tickets.CONFIRMED},
        },
    }


demo_helpdesk = DemoZendesk
