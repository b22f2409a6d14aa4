"""Automation rules with webhooks: which posts a call causes, and sending them.

As with the real server a post carries no signature, waits one second at most, and is never tried again.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from bridge.sandbox.delivery_faults import DeliveryFault, taken
from bridge.sandbox.odoo.domain import parsed, predicate
from bridge.sandbox.odoo.env import Change, Env, RecordSet
from bridge.sandbox.odoo.field import shown
from bridge.sandbox.odoo.model import Model
from bridge.sandbox.odoo.tables import Row

_log = logging.getLogger(__name__)

TIMEOUT_S = 1.0
KEPT_POSTS = 5000


class Automation(Model):
    """``base.automation``; its filters must be domains."""

    def _columns(self, values: Mapping[str, Any], row: Row) -> dict[str, Any]:
        columns = super()._columns(values, row)
        for name in ("filter_domain", "filter_pre_domain"):
            parsed(columns.get(name))
        return columns


class ServerAction(Model):
    """``ir.actions.server``; series 18 names a webhook itself."""

    def insert(self, values: Mapping[str, Any], *, echoes: int = 0) -> int:
        own = {"name": "Send Webhook Notification"} if self.env.series < 19 else {}
        return super().insert({**values, **own}, echoes=echoes)


@dataclass(frozen=True)
class WebhookCall:
    """One call of a webhook."""

    url: str
    body: str


def posts(env: Env) -> list[WebhookCall]:
    """What the changes of a call so far make the rules send; ``env`` has all rights."""
    rules = [row for row in env["base.automation"].rows() if row["active"]]
    return [post for change in env.work.changes for rule in rules for post in _fired(env, rule, change)]


def _fired(env: Env, rule: Row, change: Change) -> Iterator[WebhookCall]:
    model = env.row("ir.model", rule["model_id"]) or {}
    if model.get("model") != change.model or not _holds(env, rule, change):
        return
    row = env.row(change.model, change.ident) or change.before or {}
    actions = [a for a in env["ir.actions.server"].rows() if a["base_automation_id"] == rule["id"]]
    for action in actions:
        if action["webhook_url"]:
            post = WebhookCall(action["webhook_url"], json.dumps(_payload(env, change, action, row), sort_keys=True))
            yield from [post] * (1 if rule["trigger_field_ids"] else 1 + change.echoes)


def _holds(env: Env, rule: Row, change: Change) -> bool:
    created, deleted = change.before is None, change.after is None
    match rule["trigger"]:
        case "on_create":
            fits = created
        case "on_unlink":
            fits = deleted
        case "on_time" | "on_time_created" | "on_time_updated":
            fits = False
        case _:
            fits = not deleted and (created or _touched(env, rule, change))
    model = env[change.model]
    if fits and change.before is not None and change.after is not None:
        fits = predicate(model, parsed(rule["filter_pre_domain"]))(change.before)
    row = change.after or change.before or {}
    return fits and predicate(model, parsed(rule["filter_domain"]))(row)


def _touched(env: Env, rule: Row, change: Change) -> bool:
    """A watched field has another value; without watched fields every write counts."""
    watched = _names(env, rule["trigger_field_ids"])
    before, after = change.before or {}, change.after or {}
    return not watched or any(before.get(name) != after.get(name) for name in watched)


def _names(env: Env, fields: Iterable[int]) -> list[str]:
    return [str(row["name"]) for row in env["ir.model.fields"].rows(fields)]


def _payload(env: Env, change: Change, action: Row, row: Row) -> dict[str, Any]:
    model = env[change.model]
    names = _names(env, action["webhook_field_ids"])
    about = {"_action": f"{action['name']}(#{action['id']})", "_id": change.ident, "_model": change.model}
    return {**about, "id": change.ident, **{n: _raw(model, row, n) for n in names if n in model.fields}}


def _raw(model: RecordSet, row: Row, name: str) -> Any:
    """Other than in answers to calls, moments keep their microseconds here."""
    value = model.value(row, model.fields[name])
    return str(value) if isinstance(value, datetime) else shown(model.fields[name], value)


@dataclass
class WebhookSender:
    """Sends posts one after the other, in the thread that serves the caller; whatever comes of it is only noted."""

    delivery_faults: list[DeliveryFault] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)

    def send(self, found: Iterable[WebhookCall]) -> None:
        for post in found:
            fault = taken(self.delivery_faults)
            if fault is not None and fault.kind == "delay":
                time.sleep(fault.delay_s)
            for _ in range(2 if fault is not None and fault.kind == "duplicate" else 1):
                outcome = "dropped" if fault is not None and fault.kind == "drop" else _posted(post)
                self.sent.append({"url": post.url, "body": json.loads(post.body), "outcome": outcome})
                del self.sent[:-KEPT_POSTS]


def _posted(post: WebhookCall) -> int | str:
    """Status of the answer, or what went wrong."""
    try:
        headers = {"Content-Type": "application/json"}
        answer = requests.post(post.url, data=post.body.encode(), headers=headers, timeout=TIMEOUT_S)
    except requests.RequestException as error:
        _log.info("Webhook call failed: %s", error)
        return type(error).__name__
    return answer.status_code
