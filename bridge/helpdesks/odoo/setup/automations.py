"""The two automation rules that tell the bridge of changes: one for tickets, one for what is said about them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.config.settings import OdooSettings
from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.odoo.setup.context import SetupContext
from bridge.helpdesks.odoo.setup.external_ids import SetupRecord, cell, mark, reference
from bridge.ports.helpdesk import Diagnosis
from mappings.odoo.actors import IntegrationUser
from mappings.odoo.schema import MODEL
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
"""Fields of a ticket after whose change a policy may decide otherwise; a change of its texts waits for the sweep."""
PAYLOAD = {MODEL: ("write_date", "write_uid"), MESSAGE: ("author_id", "date", "message_type", "model", "res_id")}
"""What is sent: enough to know which ticket, and no words of customers."""
_SWEEP = "the sweep finds changed tickets every five minutes all the same"


@dataclass(frozen=True)
class AutomationRule:
    """An automation rule, and the webhook that it calls."""

    model: str
    trigger: str
    watched: tuple[str, ...]
    filter: str

    @property
    def name(self) -> str:
        return f"Policybridge: {self.model}"

    @property
    def fields(self) -> set[str]:
        """Names of the fields it speaks of."""
        return {*self.watched, *PAYLOAD[self.model]}

    def rule(self, model_id: int, ids: Mapping[str, int]) -> SetupRecord:
        """When something is sent; ``ids``: those of its fields, by name, as far as they exist."""
        columns = {
            "name": self.name,
            "model_id/.id": str(model_id),
            "trigger": self.trigger,
            "trigger_field_ids/.id": _ids(self.watched, ids),
            "filter_domain": self.filter,
        }
        why = f"tells the bridge at once, unless it did it itself ({self.trigger})"
        kept = frozenset({"trigger", "trigger_field_ids/.id", "filter_domain"})
        return SetupRecord(RULE, mark("automation", self.model), self.name, why, columns, kept)

    def action(self, model_id: int, ids: Mapping[str, int], url: str) -> SetupRecord:
        """What is sent, and where."""
        columns = {
            "name": self.name,
            "model_id/.id": str(model_id),
            "state": "webhook",
            "usage": "base_automation",
            "base_automation_id/id": reference(mark("automation", self.model)),
            "webhook_url": url,
            "webhook_field_ids/.id": _ids(PAYLOAD[self.model], ids),
        }
        why = f"sends {', '.join(PAYLOAD[self.model])} to {url.rpartition('/')[0]}/..."
        kept = frozenset({"webhook_url", "webhook_field_ids/.id"})
        return SetupRecord(ACTION, mark("action", self.model), self.name, why, columns, kept)


def hooks(fields: Iterable[str], said: Iterable[str], me: IntegrationUser) -> tuple[AutomationRule, AutomationRule]:
    """For tickets with these fields; ``said``: those in which people say something."""
    there = frozenset(fields)
    watched = tuple(dict.fromkeys([*(name for name in WATCHED if name in there), *said]))
    # a call that was logged as done is no spoken message, but a word of an agent as well
    spoken = ["|", ("message_type", "in", sorted(vocabulary().spoken)), ("mail_activity_type_id", "!=", False)]
    others = [("model", "=", MODEL), ("author_id", "!=", me.partner_id), *spoken]
    return (
        AutomationRule(MODEL, "on_create_or_write", watched, str([("write_uid", "!=", me.uid)])),
        AutomationRule(MESSAGE, "on_create", (), str(others)),
    )


def ensure_automations(
    site: SetupContext, settings: OdooSettings, said: Iterable[str], me: IntegrationUser
) -> Iterator[InstallLine]:
    """The rules with their webhooks, where this version has them and the bridge's address is known."""
    if reason := _impossible(site):
        yield Diagnosis("webhooks", ok=True, advice=f"none: {reason}; {_SWEEP}")
        return
    told = hooks(site.schema.fields, said, me)
    models = site.model_ids(hook.model for hook in told)
    ids = {hook.model: site.field_ids(hook.model, hook.fields) for hook in told}
    token, remark = _token(site, settings)
    url = f"{site.options.url}/webhooks/{site.name}/{token}"
    rules = [hook.rule(models[hook.model], ids[hook.model]) for hook in told]
    yield from site.ensure(rules)
    yield from _switched_off(site, rules)
    yield from site.ensure([hook.action(models[hook.model], ids[hook.model], url) for hook in told])
    if remark:
        yield Diagnosis("webhook token", ok=True, advice=remark)


def _switched_off(site: SetupContext, rules: Sequence[SetupRecord]) -> Iterator[Diagnosis]:
    """Whoever has done that may have had a reason: it is told, and not undone."""
    for record in site.registry.present(rules, ["name", "active"]).values():
        if not record["active"]:
            advice = f"is switched off, and {_SWEEP}; switch it on under Settings > Technical > Automation Rules"
            yield Diagnosis(f"automation rule {record['name']}", ok=False, advice=advice)


def _impossible(site: SetupContext) -> str:
    states = site.client.fields_get(ACTION, ["selection"])["state"]["selection"]
    if not site.client.search_count("ir.model", [("model", "=", RULE)]):
        return "the app Automation Rules (base_automation) is not installed; install it and run this again"
    if "webhook" not in {state for state, _ in states}:
        return "Odoo has webhooks from version 17 on"
    return "" if site.options.url else "set POLICYBRIDGE_PUBLIC_URL, or give --url https://<address of the bridge>"


def _token(site: SetupContext, settings: OdooSettings) -> tuple[str, str]:
    """The last part of the URL and what to say about it: ours, else the one that is in use, else a new one."""
    variable = f"{settings.prefix}WEBHOOK_TOKEN"
    if settings.webhook_tokens:
        return settings.webhook_tokens[0], ""
    probe = SetupRecord(ACTION, mark("action", MODEL), "", "", {})
    if found := site.registry.present([probe], ["webhook_url"]):
        used = str(found[probe.mark]["webhook_url"]).rpartition("/")[2]
        return used, f"{variable} is not set here; the bridge refuses what comes in without it"
    if not site.apply:
        return "", f"{variable} is not set; one is made and shown"
    token = secrets.token_urlsafe(32)
    return token, f"{variable}={token} has to be in the bridge's environment; it is not shown again"


def _ids(names: Iterable[str], ids: Mapping[str, int]) -> str:
    """Ids in order; a field that is still to be created stands there with its name."""
    wanted = list(names)
    known = [cell([ids[name] for name in wanted if name in ids])] if ids.keys() & set(wanted) else []
    return ",".join([*known, *(name for name in wanted if name not in ids)])
