"""Zendesk's triggers, automations and SLA policies as rules that can be played on scenarios. Pure.

https://developer.zendesk.com/documentation/ticketing/reference-guides/actions-reference
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bridge.ticket import fact_field
from mappings.acting_rules import ActingRule, ActingRules, All, Beside, Condition, Effect, Give, Retag, TargetRule, Tell
from mappings.coercion import json_objects
from mappings.connection import Connection
from mappings.native_conditions import NotSayable
from mappings.native_rules import Source
from mappings.record_digest import digest_of
from mappings.zendesk.acting_conditions import ActingConditions
from mappings.zendesk.acting_fields import CUSTOM_FIELD, ActingFields
from mappings.zendesk.native_rules import native_rules
from mappings.zendesk.vocabulary import parse_tags

Json = Mapping[str, Any]

_CUSTOMER = ("requester_id", "requester_and_ccs", "all")
_COMMENTS = re.compile(r"\{\{\s*ticket\.(?:latest_|public_|latest_public_)?comment")
"""Placeholders that bring the words of the ticket: ``ticket.comments_formatted``, ``ticket.latest_comment`` ..."""
_BESIDE = frozenset(
    {
        *("notification_webhook", "notification_target", "notification_group", "notification_zis", "webhook"),
        *("cc", "follower", "locale_id", "subject", "satisfaction_score", "share_ticket", "tweet_requester"),
        *("comment_mode_is_public", "side_conversation", "side_conversation_ticket", "side_conversation_slack"),
        *("add_skills", "set_skills", "remove_skills", "ticket_schedule_id", "set_schedule", "deflection"),
        *("notification_messaging_csat", "notification_sms_group", "external_comment"),
    }
)
"""Actions that no policy has."""


def acting_rules(documents: Json, connection: Connection) -> ActingRules:
    """What the rules of an account do, by the settings of a connection. Switched-off rules are left out."""
    conditions = ActingConditions(ActingFields(connection, documents))
    rules = [_acting("trigger", each, conditions) for each in _active(documents, "triggers")]
    rules += [_acting("automation", each, conditions) for each in _active(documents, "automations")]
    calendars = native_rules({**documents, "sla_policies": [], "automations": []}).calendars
    return ActingRules(
        tuple(rules),
        tuple(_targets(documents, conditions)),
        calendars[0] if calendars else None,
        tuple(map(str, documents.get("unreadable") or ())),
    )


def rule_digest(document: Json) -> str:
    """A digest of what a rule does and when; the same for every list in which the rule stands."""
    kept = ("title", "active", "conditions", "actions", "filter", "policy_metrics", "metric_settings")
    return digest_of({name: document[name] for name in kept if name in document})


def _active(documents: Json, table: str) -> list[Json]:
    rows = [each for each in json_objects(documents.get(table)) if each.get("active") is not False]
    return sorted(rows, key=lambda each: int(each.get("position") or 0))


def _acting(kind: str, document: Json, conditions: ActingConditions) -> ActingRule:
    source = Source(kind, str(document.get("id")), str(document.get("title") or "no title"))
    condition: Condition = All(())
    effects: list[Effect] = []
    problems: list[str] = []
    for action in json_objects(document.get("actions")):
        try:
            effects += _effects(str(action.get("field")), action.get("value"), conditions)
        except NotSayable as error:
            problems.append(str(error))
    try:
        condition = conditions.translate(document.get("conditions") or {})
    except NotSayable as error:
        problems.append(str(error))
    if kind == "automation" and _is_quiet(document):
        effects = [each for each in effects if not (isinstance(each, Tell) and each.is_comment)]
    if effects and all(isinstance(each, Beside) for each in effects) and not _unknown_actions(problems):
        problems = []  # whenever it acts, it does nothing that a policy does
    problem = "; ".join(dict.fromkeys(problems))
    return ActingRule(source, rule_digest(document), kind == "automation", condition, tuple(effects), problem)


def _unknown_actions(problems: list[str]) -> bool:
    return any(problem.startswith("its action") for problem in problems)


def _is_quiet(document: Json) -> bool:
    """Whether what it writes is an internal note."""
    actions = json_objects(document.get("actions"))
    return any(
        each.get("field") == "comment_mode_is_public" and str(each.get("value")).lower() == "false" for each in actions
    )


def _effects(name: str, value: Any, conditions: ActingConditions) -> Iterator[Effect]:
    """What one action does. Raises ``NotSayable``."""
    if name in ("current_tags", "set_tags", "remove_tags"):
        yield from _retag(name, value, conditions.fields.connection)
    elif name == "notification_user":
        yield _mail(value)
    elif name in ("comment_value", "comment_value_html"):
        yield Tell(str(value[-1] if isinstance(value, list) else value), is_comment=True)
    elif name == "group_id":
        yield Give(*conditions.fields.group(str(value)))
    elif name in ("status", "custom_status_id", "priority", "type", "assignee_id", "brand_id") or (
        name == "ticket_form_id" or CUSTOM_FIELD.fullmatch(name)
    ):
        field, words = conditions.fields.field(name)
        text = str(value[0] if isinstance(value, list) and value else value if value is not None else "")
        yield Give(field, words(text)[0])
    elif name in _BESIDE:
        yield Beside(name)
    else:
        raise NotSayable(f"its action {name} is not understood")


def _retag(name: str, value: Any, connection: Connection) -> Iterator[Effect]:
    """Tags; one that stands for a fact gives the fact its value as well."""
    tags = tuple(sorted(parse_tags(value)))
    if name == "remove_tags":
        yield Retag(remove=tags)
        return
    yield Retag(add=tags, replaces=name == "set_tags")
    for fact, source in connection.facts.items():
        if found := next((tag for tag in source.tags if tag in tags), None):
            yield Give(fact_field(fact), source.tags[found])


def _mail(value: Any) -> Effect:
    parts = [str(each) for each in value] if isinstance(value, list) else [str(value)]
    if parts[0] not in _CUSTOMER:
        return Beside("notification_user")
    return Tell(parts[-1], delivers=_COMMENTS.search(parts[-1]) is not None)


def _targets(documents: Json, conditions: ActingConditions) -> Iterator[TargetRule]:
    for document in sorted(json_objects(documents.get("sla_policies")), key=lambda row: int(row.get("position") or 0)):
        alone = {**documents, "automations": [], "sla_policies": [{**document, "filter": {}}]}
        rules = native_rules(alone)
        left_out = [each.reason for each in rules.not_taken if each.source.kind == "SLA policy"]
        condition: Condition = All(())
        try:
            condition = conditions.translate(document.get("filter") or {})
        except NotSayable as error:
            left_out.append(str(error))
        yield TargetRule(rules.policies[0], condition, rule_digest(document), "; ".join(dict.fromkeys(left_out)))
