"""Odoo's automation rules, the mails of its stages, automatic closing and SLA policies as rules that can be played on
scenarios. Pure.

https://www.odoo.com/documentation/19.0/applications/studio/automated_actions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mappings.acting_rules import (
    ActingRule,
    ActingRules,
    All,
    Beside,
    Condition,
    Effect,
    Give,
    Has,
    Retag,
    TargetRule,
    Tell,
    Turned,
    Waited,
)
from mappings.connection import Connection
from mappings.native_conditions import NotSayable
from mappings.native_rules import NativePolicy, Source
from mappings.odoo.acting_conditions import ActingConditions
from mappings.odoo.native_automations import TIMED
from mappings.odoo.native_domains import parse_domain
from mappings.odoo.native_rules import native_rules, stages_of
from mappings.odoo.vocabulary import html_to_text, many2many_ids, many2one_id
from mappings.record_digest import digest_of

Json = Mapping[str, Any]

RULE, STAGE_MAIL, CLOSING, SLA = "automation rule", "stage mail", "automatic closing of a team", "SLA policy"
"""What people call these rules."""
_BESIDE = frozenset(
    {"webhook", "next_activity", "followers", "remove_followers", "sms", "object_create", "object_copy"}
)
"""Actions that no policy has."""
_NO_FIELD_OF_POLICIES = frozenset({"name", "description", "color", "kanban_state", "sequence", "active"})
_DAY = 24.0


def acting_rules(documents: Json, connection: Connection) -> ActingRules:
    """What the rules of a database do, by the settings of a connection. Archived rules are left out."""
    conditions = ActingConditions(connection, documents, stages_of(documents))
    templates = {int(each["id"]): each for each in documents.get("templates") or ()}
    rules = [
        *_automations(documents, conditions, templates),
        *_stage_mails(documents, conditions, templates),
        *_closings(documents, conditions),
    ]
    return ActingRules(
        tuple(rules),
        tuple(_targets(documents, conditions)),
        None,
        tuple(str(each) for each in documents.get("unreadable") or () if each != "helpdesk.sla"),
    )


def stage_mail_source(stage: Json) -> Source:
    """The mail of a stage; its id says which template it was, so that it can be put back."""
    return Source(STAGE_MAIL, f"{stage['id']}-{many2one_id(stage.get('mail_template_id'))}", str(stage.get("name")))


def automation_digest(rule: Json) -> str:
    """A digest of what an automation rule does and when."""
    when = {name: value for name, value in rule.items() if name.startswith(("trg_", "trigger", "filter_"))}
    return digest_of({**when, "name": rule.get("name"), "active": rule.get("active"), "actions": rule.get("actions")})


def mail_digest(stage: Json) -> str:
    """A digest of the mail of a stage."""
    return digest_of({"stage": stage["id"], "mail_template_id": many2one_id(stage.get("mail_template_id"))})


def closing_digest(team: Json) -> str:
    """A digest of the automatic closing of a team."""
    kept = ("auto_close_ticket", "auto_close_day", "from_stage_ids", "to_stage_id")
    return digest_of({name: team.get(name) for name in kept})


def sla_digest(row: Json) -> str:
    """A digest of what an SLA policy promises."""
    return digest_of(row)


def _automations(documents: Json, conditions: ActingConditions, templates: Mapping[int, Json]) -> Iterator[ActingRule]:
    for rule in documents.get("automations") or ():
        if rule.get("active") is False:
            continue
        effects: list[Effect] = []
        problems: list[str] = []
        condition: Condition = All(())
        for action in rule.get("actions") or ():
            try:
                effects += _effects(action, conditions, templates)
            except NotSayable as error:
                problems.append(str(error))
        if not problems and all(isinstance(each, Beside) for each in effects):
            effects = effects or [Beside("nothing")]  # whenever it acts, it does nothing that a policy does
        else:
            try:
                condition = conditions.of_rule(rule)
            except NotSayable as error:
                problems.append(str(error))
        yield ActingRule(
            Source(RULE, str(rule["id"]), str(rule.get("name") or "no title")),
            automation_digest(rule),
            rule.get("trigger") in TIMED,
            condition,
            tuple(effects),
            "; ".join(dict.fromkeys(problems)),
        )


def _effects(action: Json, conditions: ActingConditions, templates: Mapping[int, Json]) -> Iterator[Effect]:
    """What one action does. Raises ``NotSayable``."""
    state, path = str(action.get("state")), str(action.get("update_path"))
    if state in _BESIDE or (state == "object_write" and path in _NO_FIELD_OF_POLICIES):
        yield Beside(state if state in _BESIDE else path)
    elif state == "mail_post":
        yield _mail(action, templates)
    elif state == "object_write":
        yield from _written(action, path, conditions)
    else:
        raise NotSayable("it runs code" if state == "code" else f"its action {state} is not understood")


def _mail(action: Json, templates: Mapping[int, Json]) -> Effect:
    method = action.get("mail_post_method")
    if method == "note":
        return Beside("internal note")
    template = templates.get(many2one_id(action.get("template_id")), {})
    return Tell(html_to_text(template.get("body_html") or ""), is_comment=method == "comment")


def _written(action: Json, path: str, conditions: ActingConditions) -> Iterator[Effect]:
    if action.get("evaluation_type") not in ("value", None, False):
        raise NotSayable(f"it computes {path}")
    raw = str(action.get("value") or "")
    value = int(raw) if raw.isdigit() and path.endswith(("_id", "_ids")) else raw or False
    if path == "tag_ids":
        yield _retag(str(action.get("update_m2m_operation") or "add"), conditions.tag(value))
    elif path == "team_id":
        name, words = conditions.team(value)
        yield Give(name, words[0])
    else:
        yield Give(conditions.field(path), conditions.value(path, value))


def _retag(operation: str, tag: str) -> Retag:
    if operation == "remove":
        return Retag(remove=(tag,))
    return Retag(add=() if operation == "clear" else (tag,), replaces=operation in ("set", "clear"))


def _stage_mails(documents: Json, conditions: ActingConditions, templates: Mapping[int, Json]) -> Iterator[ActingRule]:
    """The mail that the customer gets when a ticket enters a stage."""
    for stage in documents.get("stages") or ():
        template = many2one_id(stage.get("mail_template_id"))
        if template:
            text = html_to_text(templates.get(template, {}).get("body_html") or "")
            turned = Turned("status", after=(conditions.stages.status_of(int(stage["id"])),))
            yield ActingRule(stage_mail_source(stage), mail_digest(stage), False, turned, (Tell(text),))


def _closings(documents: Json, conditions: ActingConditions) -> Iterator[ActingRule]:
    """Automatic closing of Enterprise's teams: https://www.odoo.com/documentation/19.0/applications/services/helpdesk"""
    for team in documents.get("teams") or ():
        if not team.get("auto_close_ticket"):
            continue
        stages = many2many_ids(team.get("from_stage_ids"))
        waits = Waited("updated", float(team.get("auto_close_day") or 0) * _DAY, "at_least")
        only = (Has("status", tuple(conditions.stages.status_of(each) for each in stages)),) if stages else ()
        end = conditions.stages.status_of(many2one_id(team.get("to_stage_id"))) or "solved"
        name, words = conditions.team(team["id"])
        source = Source(CLOSING, f"team-{team['id']}", str(team.get("name")))
        yield ActingRule(
            source, closing_digest(team), True, All((Has(name, words), waits, *only)), (Give("status", end),)
        )


def _targets(documents: Json, conditions: ActingConditions) -> Iterator[TargetRule]:
    """SLA policies, once for each of the working hours of their teams; what cannot be said is not compared."""
    rows = {str(each["id"]): each for each in documents.get("slas") or ()}
    promised = native_rules({**documents, "automations": []})
    calendars = {each.name: each for each in promised.calendars}
    for policy in promised.policies:
        row = rows[policy.source.id]
        try:
            problem, condition = "", _of_sla(row, policy.team_ids, conditions)
        except NotSayable as error:
            problem, condition = str(error), All(())
        yield TargetRule(
            _told_apart(policy, promised.policies),
            condition,
            sla_digest(row),
            problem,
            True,
            calendars.get(policy.calendar),
        )


def _told_apart(policy: NativePolicy, promised: Sequence[NativePolicy]) -> NativePolicy:
    """With an id that no automation rule has, and a name of its own where working hours divide it."""
    ident, title = f"sla-{policy.source.id}", policy.source.title
    if sum(each.source == policy.source for each in promised) > 1:
        ident, title = f"{ident}-{policy.calendar}", f"{title}, {policy.calendar}"
    return replace(policy, source=Source(SLA, ident, title))


def _of_sla(row: Json, teams: tuple[int, ...], conditions: ActingConditions) -> Condition:
    parts: list[Any] = [("team_id", "in", list(teams))]
    parts += [("category_id", "in", categories)] if (categories := many2many_ids(row.get("category_ids"))) else []
    parts += [("tag_ids", "in", tags)] if (tags := many2many_ids(row.get("tag_ids"))) else []
    return conditions.of_domain([*parts, *parse_domain(row.get("domain"))])
