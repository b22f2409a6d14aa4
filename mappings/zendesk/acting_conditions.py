"""Conditions of Zendesk's triggers, automations and SLA policies, as they are played on scenarios. Pure.

https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.ticket import FactValue, Role
from mappings.acting_rules import (
    ActedBy,
    All,
    AnyOf,
    Condition,
    Has,
    HasTag,
    HasWords,
    IsOpen,
    Not,
    Ranks,
    Spoke,
    Turned,
    Updated,
    Waited,
)
from mappings.coercion import json_objects
from mappings.native_conditions import NotSayable
from mappings.zendesk.acting_fields import ActingFields
from mappings.zendesk.vocabulary import parse_tags

Json = Mapping[str, Any]

CUSTOM_FIELD = re.compile(r"(?:custom_fields_|ticket_fields_)(\d+)")
CATEGORIES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = (("",), ("low",), ("normal",), ("high",), ("urgent",))
_EMPTY = ("", "None", "null")
_SINCE = {"updated_at": "updated", "requester_updated_at": "customer", "assignee_updated_at": "agent"}
_SPOKE: Mapping[str, bool | None] = {
    "true": True,
    "public": True,
    "requester_can_see_comment": True,
    "false": False,
    "private": False,
    "not_relevant": None,
}
_ROLES = {"end_user": (Role.CUSTOMER, Role.OTHER), "agent": (Role.AGENT, Role.BRIDGE)}
_TURNED = ("changed", "value", "value_previous", "not_changed", "not_value", "not_value_previous")


@dataclass(frozen=True)
class ActingConditions:
    """Translates conditions by what the fields of one connection mean."""

    fields: ActingFields

    def translate(self, conditions: Json) -> Condition:
        """``all`` and ``any`` of Zendesk as one condition. Raises ``NotSayable``."""
        every = [self._one(each) for each in json_objects(conditions.get("all"))]
        some = [self._one(each) for each in json_objects(conditions.get("any"))]
        return All((*every, *([AnyOf(tuple(some))] if some else ())))

    def _one(self, condition: Json) -> Condition:
        name, operator = str(condition.get("field")), str(condition.get("operator") or "is")
        given = condition.get("value")
        values = [_text(each) for each in (given if isinstance(given, list) else [given])]
        if operator.startswith("not_") and operator not in ("not_includes", "not_present"):
            return Not(self._positive(name, operator.removeprefix("not_"), values))
        if operator in ("is_not", "not_includes", "not_present"):
            positive = {"is_not": "is", "not_includes": "includes", "not_present": "present"}[operator]
            return Not(self._positive(name, positive, values))
        return self._positive(name, operator, values)

    def _positive(self, name: str, operator: str, values: list[str]) -> Condition:
        if name in _OF_UPDATES:
            return _OF_UPDATES[name](values)
        if name.upper() in map(str.upper, (*CATEGORIES, "assigned_at", "created_at", *_SINCE)) and (
            name not in ("status",) and _is_number(values)
        ):
            return self._waited(name, operator, float(values[0]))
        if name == "current_tags":
            return HasTag(tuple(sorted(parse_tags(" ".join(values)))))
        if name in ("subject_includes_word", "description_includes_word", "comment_includes_word"):
            where = name.removesuffix("_includes_word").replace("comment", "message")
            words = tuple(values) if operator == "is" else tuple(" ".join(values).split())
            return HasWords(where, words)  # type: ignore[arg-type]  # one of the three
        if operator in ("less_than", "greater_than"):
            return self._ranks(name, operator, values[0])
        if operator in ("changed", "present"):
            fields = ("group", "tier") if name == "group_id" else (self.fields.field(name)[0],)
            return AnyOf(tuple(_compared(name, field, operator, ()) for field in fields))
        if name == "group_id":
            return AnyOf(
                tuple(_compared(name, field, operator, (word,)) for field, word in map(self.fields.group, values))
            )
        field, words_of = self.fields.field(name)
        return _compared(name, field, operator, tuple(word for value in values for word in words_of(value)))

    def _ranks(self, name: str, operator: str, value: str) -> Condition:
        is_below = operator == "less_than"
        if name == "priority":
            return Ranks("priority", PRIORITIES, value, is_below)
        if name == "status":
            order = tuple(tuple(str(each) for each in self.fields.statuses(category)) for category in CATEGORIES)
            return Ranks("status", order, str(self.fields.statuses(value)[0]), is_below)
        raise NotSayable(f"its condition on {name} ({operator.replace('_', ' ')}) is not understood")

    def _waited(self, name: str, operator: str, hours: float) -> Condition:
        business = operator.endswith("_business_hours")
        comparison = {"is": "exactly", "less_than": "less", "greater_than": "at_least"}.get(
            operator.removesuffix("_business_hours")
        )
        if comparison is None:
            raise NotSayable(f"its condition on {name} ({operator}) is not understood")
        if name.lower() in CATEGORIES and name.upper() != "NEW":
            statuses = tuple(str(each) for each in self.fields.statuses(name.lower()))
            return Waited("status", hours, comparison, statuses, business)  # type: ignore[arg-type]
        since = {"new": "created", "created_at": "created", "assigned_at": "assigned", **_SINCE}[name.lower()]
        return Waited(since, hours, comparison, (), business)  # type: ignore[arg-type]


def _compared(name: str, field: str, operator: str, values: tuple[FactValue, ...]) -> Condition:
    match operator:
        case "is" | "includes":
            return Has(field, values)
        case "present":
            return Not(Has(field, (None,)))
        case "changed":
            return Turned(field)
        case "value":
            return Turned(field, after=values)
        case "value_previous":
            return Turned(field, before=values)
        case _:
            raise NotSayable(f"its condition on {name} ({operator.replace('_', ' ')}) is not understood")


def _update_type(values: list[str]) -> Condition:
    return Updated(is_creation=values[0].lower() == "create")


def _comment(values: list[str]) -> Condition:
    if values[0] not in _SPOKE:
        raise NotSayable(f"its condition on the comment ({values[0]}) is not understood")
    return Spoke(_SPOKE[values[0]])


def _role(values: list[str]) -> Condition:
    if values[0] in ("all", ""):
        return All(())
    if values[0] not in _ROLES:
        raise NotSayable(f"its condition on one person ({values[0]}) is not understood")
    return ActedBy(_ROLES[values[0]])


def _open(values: list[str]) -> Condition:
    return IsOpen() if values[0] == "true" else Not(IsOpen())


_OF_UPDATES: Mapping[str, Callable[[list[str]], Condition]] = {
    "update_type": _update_type,
    "comment_is_public": _comment,
    "role": _role,
    "current_user_role": _role,
    "in_business_hours": _open,
}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None or str(value) in _EMPTY else str(value)


def _is_number(values: list[str]) -> bool:
    return len(values) == 1 and re.fullmatch(r"\d+(\.\d+)?", values[0]) is not None
