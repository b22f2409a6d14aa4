"""The demo with a local Odoo, which ``policybridge install odoo`` sets up as it would set up a real one."""

from __future__ import annotations

import secrets
from pathlib import Path

from bridge.demo.vendor import PACK, Json, env_prefix, set_credentials
from bridge.errors import BridgeError
from bridge.helpdesks.installer import InstallOptions, InstallStep, installer
from bridge.policy.load import load_policy
from bridge.sandbox import personas, sample_tickets
from bridge.sandbox.odoo import player
from bridge.sandbox.odoo.process import OdooSandbox
from bridge.sandbox.zendesk import seeds
from mappings.connection import Connection

CREATED_STATUS = "customer_update_required"
"""The status without a stage in a new database; the installation creates it."""


class DemoOdoo:
    """See :class:`bridge.demo.vendor.DemoHelpdesk`."""

    vendor = "odoo"
    title = "a local Odoo 19"

    def open(self, speed: int) -> OdooSandbox:
        self._sandbox = OdooSandbox(19, speed=speed)
        return self._sandbox

    def connect(self, bridge_url: str, folder: Path) -> Json:
        sandbox = self._sandbox
        key = folder / "odoo.key"  # in a file that the bridge can rewrite: the demo clock outlives the key
        key.write_text(sandbox.api_key, encoding="utf-8")
        sandbox.allow_renewal()
        given = {"URL": sandbox.url, "DB": sandbox.db, "LOGIN": sandbox.login, "API_KEY_FILE": str(key)}
        admin = {"ADMIN_LOGIN": sandbox.admin_login, "ADMIN_API_KEY": sandbox.admin_api_key}
        set_credentials(self.vendor, {**given, **admin, "WEBHOOK_TOKEN": secrets.token_urlsafe(32)})
        self._install(bridge_url)
        return connection_settings()

    def _install(self, bridge_url: str) -> None:
        settings = connection_settings()
        del settings["statuses"][CREATED_STATUS]
        options = InstallOptions(url=bridge_url, stages=True, history=True)
        made = installer(self.vendor, Connection.model_validate(settings), [load_policy(PACK)], options)
        for line in made.install(apply=True):
            if not (isinstance(line, InstallStep) or line.ok):
                raise BridgeError(f"{self.title} cannot be set up: {line.subject}: {line.advice}")

    def accounts(self) -> Json:
        keys = self._sandbox.companies()
        return {
            str(keys[row["name"]]): {name: value for name, value in row.items() if name != "organization_id"}
            for row in seeds.accounts()
        }


def connection_settings() -> Json:
    """The connection of ``policybridge.yaml`` to the database of the sandbox."""
    return {
        "vendor": "odoo",
        "mode": "enforce",
        "env_prefix": env_prefix("odoo"),
        "tiers": {tier: [f"Tier {tier}"] for tier in (1, 2, 3)},
        "groups": {"japanese": "Japanese"},
        "statuses": {status: [stage] for status, stage in player.STAGES.items()},
        "facts": {fact: {"field": f"x_{fact}"} for fact in personas.FACTS},
        "type": {"values": {"request": "information_request"}},
        "marks": {
            "escalation": {"tag": sample_tickets.ESCALATE},
            "confirm_resolution": {"tag": sample_tickets.CONFIRMED},
        },
    }


demo_helpdesk = DemoOdoo
