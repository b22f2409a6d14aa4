"""Switches automation rules, mails of stages, automatic closing and SLA policies off and on, as an administrator.

An automation rule and an SLA policy are archived. A stage has no switch for its mail, so its template is taken away,
and the id of the rule says which one belongs there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.config.odoo_settings import load_odoo_settings
from bridge.errors import GiveUp
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.native_rules import AUTOMATION, SLA, NativeRuleReader
from mappings.connection import Connection
from mappings.native_rules import Source
from mappings.odoo.acting_rules import (
    CLOSING,
    RULE,
    STAGE_MAIL,
    automation_digest,
    closing_digest,
    mail_digest,
    sla_digest,
)
from mappings.odoo.acting_rules import SLA as SLA_KIND
from mappings.odoo.schema import MODEL, Schema

Json = Mapping[str, Any]


def rule_switch(_name: str, connection: Connection) -> OdooRuleSwitch:
    """The switch of a connection. Raises ``InputError`` without an administrator's key."""
    return OdooRuleSwitch(OdooClient(load_odoo_settings(connection.env_prefix), admin=True), connection)


class OdooRuleSwitch:
    """Implements :class:`bridge.helpdesks.rule_switch.RuleSwitch`."""

    def __init__(self, client: OdooClient, connection: Connection) -> None:
        self._client = client
        self._reader = NativeRuleReader(client, connection)

    def digest(self, source: Source) -> str:
        found = self._find(source)
        if not found:
            return ""
        digests = {RULE: automation_digest, STAGE_MAIL: mail_digest, CLOSING: closing_digest, SLA_KIND: sla_digest}
        return digests[source.kind](found)

    def is_on(self, source: Source) -> bool:
        found = self._find(source)
        return bool(found) and bool(found.get(self._switch_of(source)[1]))

    def switch(self, source: Source, *, on: bool) -> str:
        """By one write of one field; a stage gets the template back that it had."""
        model, field = self._switch_of(source)
        value: Any = on
        if source.kind == STAGE_MAIL:
            value = _template(source) if on else False
        self._client.write(model, [_ident(source)], {field: value})
        if self.is_on(source) is not on:
            raise GiveUp(f"{source}: Odoo did not switch it {'on' if on else 'off'}")
        return self.digest(source)

    def _switch_of(self, source: Source) -> tuple[str, str]:
        """The model and the field that switches it."""
        if source.kind in (RULE, SLA_KIND):
            return (AUTOMATION if source.kind == RULE else SLA), "active"
        if source.kind not in (STAGE_MAIL, CLOSING):
            raise GiveUp(f"{source}: Odoo cannot switch it off")
        schema = Schema.of(self._client.fields_get(MODEL))
        return (schema.stage, "mail_template_id") if source.kind == STAGE_MAIL else (schema.team, "auto_close_ticket")

    def _find(self, source: Source) -> Json:
        """The record with all that its digest is of; empty where it is gone."""
        if source.kind == RULE:
            found = self._reader.automations(("id", "=", _ident(source)))
        else:
            model, _ = self._switch_of(source)
            found = self._reader.records(model, _ident(source))
        return found[0] if found else {}


def _ident(source: Source) -> int:
    return int(source.id.removeprefix("team-").removeprefix("sla-").partition("-")[0])


def _template(source: Source) -> int:
    return int(source.id.rpartition("-")[2])
