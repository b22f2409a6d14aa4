"""Odoo's automation rules that remind and close, as steps of a waiting ticket. Pure.

https://www.odoo.com/documentation/19.0/applications/studio/automated_actions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bridge.ticket import RESOLVED
from mappings.native_conditions import NotSayable
from mappings.native_rules import NativeStep, NotTaken, Source
from mappings.odoo.native_domains import parse_domain
from mappings.odoo.native_stages import NativeStages
from mappings.odoo.vocabulary import html_to_text, many2one_id

Json = Mapping[str, Any]

SINCE = "last_stage_update"
"""The date of a ticket from which the time in its stage counts."""
TIMED = ("on_time", "on_time_created", "on_time_updated")
_HOURS = {"hour": 1, "day": 24}
_PLACEHOLDERS = {
    "name": "{subject}",
    "number": "{ticket}",
    "display_name": "{ticket}",
    "partner_name": "{requester}",
    "partner_id.name": "{requester}",
}
"""Field of the ticket -> placeholder of a policy."""
_EXPRESSION = re.compile(r"""\{\{(.*?)\}\}|<t\b[^>]*\bt-(?:out|esc)="([^"]*)"[^>]*?(?:/>|>(?:[^<]*)</t>)""", re.DOTALL)


def native_steps(documents: Json, stages: NativeStages, not_taken: list[NotTaken]) -> Iterator[NativeStep]:
    """What the rules that wait for a time do; ``not_taken`` gets the others."""
    templates = {int(each["id"]): each for each in documents.get("templates") or ()}
    for rule in documents.get("automations") or ():
        if rule.get("active") is False or _is_ours(rule):
            continue
        source = Source("automation rule", str(rule["id"]), str(rule.get("name") or "no title"))
        try:
            yield _step(rule, source, stages, templates, not_taken)
        except NotSayable as error:
            not_taken.append(NotTaken(source, str(error)))


def _is_ours(rule: Json) -> bool:
    return str(rule.get("name")).startswith("Policybridge: ")


def _step(
    rule: Json, source: Source, stages: NativeStages, templates: Mapping[int, Json], not_taken: list[NotTaken]
) -> NativeStep:
    if rule.get("trigger") not in TIMED:
        raise NotSayable("it does not wait for a time; `policybridge conflicts` says whether it gets in the way")
    if rule.get("trg_date_field") != SINCE or rule.get("trg_date_range_mode") == "before":
        raise NotSayable("it does not count from the last change of the stage")
    if many2one_id(rule.get("trg_date_calendar_id")):
        raise NotSayable("it counts working days; write it as business days")
    unit = str(rule.get("trg_date_range_type"))
    if unit not in _HOURS:
        raise NotSayable(f"it counts {unit}s, and a waiting rule counts hours")
    hours = int(rule.get("trg_date_range") or 0) * _HOURS[unit]
    status = _status(rule, stages)
    reminder, becomes = "", ""
    for action in rule.get("actions") or ():
        said, moved = _effect(action, source, stages, templates, not_taken)
        reminder, becomes = said or reminder, moved or becomes
    if not reminder and not becomes:
        raise NotSayable("it neither writes to the customer nor solves the ticket")
    return NativeStep(source, status, hours, False, reminder=reminder, becomes=becomes)


def _status(rule: Json, stages: NativeStages) -> str:
    match parse_domain(rule.get("filter_domain")):
        case [[("stage_id"), ("=" | "in"), value]] | [(("stage_id"), ("=" | "in"), value)]:
            idents = list(value) if isinstance(value, list | tuple) else [value]
            if len(idents) == 1:
                return stages.status(idents[0])
    raise NotSayable(f"its filter is not one stage alone: {rule.get('filter_domain') or 'none'}")


def _effect(
    action: Json, source: Source, stages: NativeStages, templates: Mapping[int, Json], not_taken: list[NotTaken]
) -> tuple[str, str]:
    """The text that the customer gets, and the status that follows."""
    state = action.get("state")
    if state == "mail_post":
        if action.get("mail_post_method") == "note":
            raise NotSayable("it writes an internal note; a reaction of the policy can do that")
        template = templates.get(many2one_id(action.get("template_id")), {})
        return _text(str(template.get("body_html") or ""), source, not_taken), ""
    if state == "object_write" and action.get("update_path") == "stage_id":
        value = str(action.get("value"))
        status = stages.status_of(int(value)) if value.isdigit() else ""
        if status in RESOLVED:
            return "", status
        not_taken.append(NotTaken(source, "it moves the ticket to a stage that is not closed"))
        return "", ""
    what = action.get("update_path") if state == "object_write" else state
    not_taken.append(NotTaken(source, f"its action {what} is left out"))
    return "", ""


def _text(body: str, source: Source, not_taken: list[NotTaken]) -> str:
    """The text of a template with the placeholders of a policy; what has none there is left out, and said."""

    def replace(found: re.Match[str]) -> str:
        expression = (found[1] or found[2] or "").partition(" or ")[0].strip()
        if placeholder := _PLACEHOLDERS.get(expression.removeprefix("object.")):
            return placeholder
        not_taken.append(NotTaken(source, f"its placeholder {expression} is left out of the text"))
        return ""

    return html_to_text(_EXPRESSION.sub(replace, body)).strip()
