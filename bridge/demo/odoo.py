"""The demonstration with a local Odoo, which ``policybridge install odoo`` sets up as it would set up a real one."""

from __future__ import annotations

import secrets
from pathlib import Path

from bridge.demo.desk import PACK, Json, give_credentials, prefix_of
from bridge.errors import BridgeError
from bridge.helpdesks.installer import InstallOptions, InstallStep, installer
from bridge.policy.load import load_policy
from bridge.sandbox import personas, sample_tickets
from bridge.sandbox.odoo import player
from bridge.sandbox.odoo.process import OdooSandbox
from bridge.sandbox.zendesk import seeds
from mappings.connection import Connection

MADE = "customer_update_required"
"""The status for which a fresh database has no stage; the installation makes one."""


class Desk:
    """See :class:`bridge.demo.desk.Desk`."""

    vendor = "odoo"
    title = "a local Odoo 19"

    def open(self, speed: int) -> OdooSandbox:
        self._sandbox = OdooSandbox(19, speed=speed)
        return self._sandbox

    def wire(self, bridge_url: str, folder: Path) -> Json:
        sandbox = self._sandbox
        key = folder / "odoo.key"  # in a file, so that the bridge can renew it: its clock runs through three months
        key.write_text(sandbox.api_key, encoding="utf-8")
        sandbox.allow_renewal()
        given = {"URL": sandbox.url, "DB": sandbox.db, "LOGIN": sandbox.login, "API_KEY_FILE": str(key)}
        admin = {"ADMIN_LOGIN": sandbox.admin_login, "ADMIN_API_KEY": sandbox.admin_api_key}
        give_credentials(self.vendor, {**given, **admin, "WEBHOOK_TOKEN": secrets.token_urlsafe(32)})
        self._install(bridge_url)
        return connection_words()

    def _install(self, bridge_url: str) -> None:
        words = connection_words()
        del words["statuses"][MADE]
        options = InstallOptions(url=bridge_url, stages=True, history=True)
        made = installer(self.vendor, Connection.model_validate(words), [load_policy(PACK)], options)
        for line in made.install(apply=True):
            if not (isinstance(line, InstallStep) or line.ok):
                raise BridgeError(f"{self.title} cannot be set up: {line.subject}: {line.advice}")

    def accounts(self) -> Json:
        keys = self._sandbox.companies()
        return {
            str(keys[row["name"]]): {name: value for name, value in row.items() if name != "organization_id"}
            for row in seeds.accounts()
        }


def connection_words() -> Json:
    """The sandbox's database as a connection of ``policybridge.yaml``."""
    return {
        "vendor": "odoo",
        "mode": "enforce",
        "env_prefix": prefix_of("odoo"),
        "tiers": {line: [f"Tier {line}"] for line in (1, 2, 3)},
        "groups": {"japanese": "Japanese"},
        "statuses": {status: [stage] for status, stage in player.STAGES.items()},
        "facts": {fact: {"field": f"x_{fact}"} for fact in personas.FACTS},
        "type": {"values": {"request": "information_request"}},
        "marks": {
            "escalation": {"tag": sample_tickets.ESCALATE},
            "confirm_resolution": {"tag": sample_tickets.CONFIRMED},
        },
    }
