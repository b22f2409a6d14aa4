"""Switches triggers and automations of an account off and on, with an administrator's own credentials.

https://developer.zendesk.com/api-reference/ticketing/business-rules/triggers/
"""

from __future__ import annotations

from bridge.config.zendesk_settings import load_zendesk_settings
from bridge.errors import GiveUp, Gone
from bridge.helpdesks.zendesk.client import Json
from bridge.helpdesks.zendesk.setup.admin_client import AdminClient
from mappings.connection import Connection
from mappings.native_rules import Source
from mappings.zendesk.acting_rules import rule_digest

_PATHS = {"trigger": "triggers", "automation": "automations"}


def rule_switch(name: str, connection: Connection) -> ZendeskRuleSwitch:
    """The switch of a connection. Raises ``InputError`` where no administrator can sign in."""
    client = AdminClient(load_zendesk_settings(connection.env_prefix), name)
    client.require_admin()
    return ZendeskRuleSwitch(client)


class ZendeskRuleSwitch:
    """Implements :class:`bridge.helpdesks.rule_switch.RuleSwitch`."""

    def __init__(self, client: AdminClient) -> None:
        self._client = client

    def digest(self, source: Source) -> str:
        found = self._find(source)
        return rule_digest(found) if found else ""

    def is_on(self, source: Source) -> bool:
        return bool(self._find(source).get("active"))

    def switch(self, source: Source, *, on: bool) -> str:
        """By the one request that can change nothing else of a rule, whatever somebody does to it meanwhile.

        Raises ``GiveUp`` where Zendesk accepts it and does not do it.
        """
        path = _PATHS[source.kind]
        self._client.send("PUT", f"{path}/update_many.json", {path: [{"id": int(source.id), "active": on}]})
        row = self._find(source)
        if row.get("active") is not on:
            raise GiveUp(f"{source}: Zendesk did not switch it {'on' if on else 'off'}; do it in Admin Center")
        return rule_digest(row)

    def _find(self, source: Source) -> Json:
        try:
            found = self._client.get(self._path(source)).get(source.kind)
        except Gone:
            return {}
        return found if isinstance(found, dict) else {}

    @staticmethod
    def _path(source: Source) -> str:
        if source.kind not in _PATHS:
            raise GiveUp(f"{source}: Zendesk cannot switch it off; allowed: {', '.join(_PATHS)}")
        return f"{_PATHS[source.kind]}/{source.id}.json"
