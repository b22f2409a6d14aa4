"""The two automation rules that send webhooks to the bridge: one for tickets, one for their messages.

https://www.odoo.com/documentation/19.0/applications/studio/automated_actions.html

Messages need a rule of their own, because posting one does not trigger a rule on the ticket (measured on 18 and 19).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.config.odoo_settings import OdooSettings
from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.odoo.setup.context import SetupContext
from bridge.helpdesks.odoo.setup.external_ids import SetupRecord, cell, external_id, reference
from bridge.ports.helpdesk import Diagnosis
from mappings.odoo.schema import MODEL
from mappings.odoo.snapshot import IntegrationUser
from mappings.odoo.vocabulary import vocabulary

MESSAGE = "mail.message"
RULE, ACTION = "base.automation", "ir.actions.server"
WATCHED = (
    "active",
    "category_id",
    "channel_id",
    "company_id",
    "partner_id",
    "priority",
    "stage_id",
    "tag_ids",
    "team_id",
    "ticket_type_id",
    "user_id",
)
"""Fields of a ticket whose change can change a decision. Without a list Odoo sends up to three requests for one
change (measured). Changes of subject and description wait for the sweep.
"""
PAYLOAD = {MODEL: ("write_date", "write_uid"), MESSAGE: ("author_id", "date", "message_type", "model", "res_id")}
"""Fields that are sent: enough to identify the ticket, and no text of customers."""
_SWEEP = "the sweep still finds changed tickets every five minutes"


@dataclass(frozen=True)
class AutomationRule:
    """An automation rule and its webhook."""

    model: str
    trigger: str
    watched: tuple[str, ...]
    filter: str

    @property
    def name(self) -> str:
        return f"Policybridge: {self.model}"

    @property
    def fields(self) -> set[str]:
        """Names of all fields it uses."""
        return {*self.watched, *PAYLOAD[self.model]}

    def rule(self, model_id: int, ids: Mapping[str, int]) -> SetupRecord:
        """The record of the rule. ``ids``: ids of its fields by name, if they exist."""
        columns = {
            "name": self.name,
            "model_id/.id": str(model_id),
            "trigger": self.trigger,
            "trigger_field_ids/.id": _ids(self.watched, ids),
            "filter_domain": self.filter,
        }
        why = f"notifies the bridge of changes by others at once ({self.trigger})"
        kept = frozenset({"trigger", "trigger_field_ids/.id", "filter_domain"})
        return SetupRecord(RULE, external_id("automation", self.model), self.name, why, columns, kept)

    def action(self, model_id: int, ids: Mapping[str, int], url: str) -> SetupRecord:
        """The record of its action: what is sent, and where."""
        columns = {
            "name": self.name,
            "model_id/.id": str(model_id),
            "state": "webhook",
            "usage": "base_automation",
            "base_automation_id/id": reference(external_id("automation", self.model)),
            "webhook_url": url,
            "webhook_field_ids/.id": _ids(PAYLOAD[self.model], ids),
        }
        why = f"sends {', '.join(PAYLOAD[self.model])} to {url.rpartition('/')[0]}/..."
        kept = frozenset({"webhook_url", "webhook_field_ids/.id"})
        return SetupRecord(ACTION, external_id("action", self.model), self.name, why, columns, kept)


def automation_rules(
    fields: Iterable[str], recorded: Iterable[str], me: IntegrationUser
) -> tuple[AutomationRule, AutomationRule]:
    """The rules for tickets with these fields. ``recorded``: fields in which people record facts and events."""
    there = frozenset(fields)
    watched = tuple(dict.fromkeys([*(name for name in WATCHED if name in there), *recorded]))
    # a logged call has another message type, but it counts as a contact
    spoken = ["|", ("message_type", "in", sorted(vocabulary().spoken)), ("mail_activity_type_id", "!=", False)]
    others = [("model", "=", MODEL), ("author_id", "!=", me.partner_id), *spoken]
    return (
        AutomationRule(MODEL, "on_create_or_write", watched, str([("write_uid", "!=", me.uid)])),
        AutomationRule(MESSAGE, "on_create", (), str(others)),
    )


def ensure_automations(
    context: SetupContext, settings: OdooSettings, recorded: Iterable[str], me: IntegrationUser
) -> Iterator[InstallLine]:
    """Create the rules, if this version has webhooks and the bridge's address is known."""
    if reason := _impossible(context):
        yield Diagnosis("webhooks", ok=True, advice=f"none: {reason}; {_SWEEP}")
        return
    rules = automation_rules(context.schema.fields, recorded, me)
    models = context.model_ids(rule.model for rule in rules)
    ids = {rule.model: context.field_ids(rule.model, rule.fields) for rule in rules}
    token, remark = _token(context, settings)
    url = f"{context.options.url}/webhooks/{context.name}/{token}"
    records = [rule.rule(models[rule.model], ids[rule.model]) for rule in rules]
    yield from context.ensure(records)
    yield from _switched_off(context, records)
    yield from context.ensure([rule.action(models[rule.model], ids[rule.model], url) for rule in rules])
    if remark:
        yield Diagnosis("webhook token", ok=True, advice=remark)


def _switched_off(context: SetupContext, rules: Sequence[SetupRecord]) -> Iterator[Diagnosis]:
    """Report rules that somebody has switched off; there may be a reason, so they stay off."""
    for record in context.external_ids.present(rules, ["name", "active"]).values():
        if not record["active"]:
            advice = f"is switched off, and {_SWEEP}; switch it on under Settings > Technical > Automation Rules"
            yield Diagnosis(f"automation rule {record['name']}", ok=False, advice=advice)


def _impossible(context: SetupContext) -> str:
    states = context.client.fields_get(ACTION, ["selection"])["state"]["selection"]
    if not context.client.search_count("ir.model", [("model", "=", RULE)]):
        return "the app Automation Rules (base_automation) is not installed; install it and run this again"
    if "webhook" not in {state for state, _ in states}:
        return "Odoo has webhooks since version 17"
    return "" if context.options.url else "set POLICYBRIDGE_PUBLIC_URL, or give --url https://<address of the bridge>"


def _token(context: SetupContext, settings: OdooSettings) -> tuple[str, str]:
    """The last part of the URL, and a remark: the configured token, or the one in use, or a new one."""
    variable = f"{settings.prefix}WEBHOOK_TOKEN"
    if settings.webhook_tokens:
        return settings.webhook_tokens[0], ""
    probe = SetupRecord(ACTION, external_id("action", MODEL), "", "", {})
    if found := context.external_ids.present([probe], ["webhook_url"]):
        used = str(found[probe.external_id]["webhook_url"]).rpartition("/")[2]
        return used, f"{variable} is not set here; without it the bridge refuses every delivery"
    if not context.apply:
        return "", f"{variable} is not set; a token will be created and shown"
    token = secrets.token_urlsafe(32)
    return token, f"set {variable} to {token} in the bridge's environment; it is not shown again"


def _ids(names: Iterable[str], ids: Mapping[str, int]) -> str:
    """Ids in order; a field that does not exist yet is listed by its name."""
    wanted = list(names)
    database = [cell([ids[name] for name in wanted if name in ids])] if ids.keys() & set(wanted) else []
    return ",".join([*database, *(name for name in wanted if name not in ids)])
