"""Conditions of Zendesk's triggers, automations and SLA policies, as they are played on scenarios. Pure.

https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bridge.ticket import FactValue, Role, fact_field, own_field
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
from mappings.coercion import json_objects, translate
from mappings.connection import Connection
from mappings.field_sources import FactSource
from mappings.native_conditions import NotSayable
from mappings.zendesk.native_conditions import VIA
from mappings.zendesk.vocabulary import id_text, parse_tags, vocabulary

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
    """Translates conditions by the settings of one connection."""

    connection: Connection
    documents: Json
    """``groups``, ``brands``, ``ticket_forms`` and ``organizations``, which conditions name by id."""

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
            fields = ("group", "tier") if name == "group_id" else (self.field(name)[0],)
            return AnyOf(tuple(_compared(name, field, operator, ()) for field in fields))
        if name == "group_id":
            return AnyOf(tuple(_compared(name, field, operator, (word,)) for field, word in map(self.group, values)))
        field, words_of = self.field(name)
        return _compared(name, field, operator, tuple(word for value in values for word in words_of(value)))

    def field(self, name: str) -> tuple[str, Callable[[str], tuple[FactValue, ...]]]:
        """The canonical name of a field, and what its values mean. Raises ``NotSayable``."""
        if found := CUSTOM_FIELD.fullmatch(name):
            return self._custom_field(int(found[1]))
        readers = {
            "status": ("status", self._statuses),
            "custom_status_id": ("status", self._custom_status),
            "priority": ("priority", lambda value: (value or None,)),
            "type": ("type", self._type),
            "ticket_type_id": ("type", self._type),
            "assignee_id": ("assignee", lambda value: (value or None,)),
            "via_id": ("channel", lambda value: (_known(VIA, "via_id", value),)),
            "organization_id": ("account", lambda value: (self._named("organizations", value),)),
            "brand_id": ("brand", lambda value: (self._configured("brands", value),)),
            "ticket_form_id": ("form", lambda value: (self._configured("forms", value),)),
        }
        if name not in readers:
            raise NotSayable(f"its condition on {name} is not understood")
        return readers[name]

    def group(self, ident: str) -> tuple[str, FactValue]:
        """A group as ``tier`` or ``group``, and what that is then."""
        ident = id_text(ident)
        tier = next((tier for tier, ids in self.connection.tiers.items() if ident in map(str, ids)), None)
        if tier is not None:
            return "tier", tier
        named = next((name for name, ref in self.connection.groups.items() if str(ref) == ident), None)
        return "group", named or (self._named("groups", ident) if ident else None)

    def _custom_field(self, ident: int) -> tuple[str, Callable[[str], tuple[FactValue, ...]]]:
        for name, source in self.connection.facts.items():
            if source.field == ident:
                return fact_field(name), partial(_translated, source)
        for name, target in self.connection.fields.items():
            if target.field == ident:
                back = {option: canonical for canonical, option in target.values.items()}
                return own_field(name), partial(_option, back)
        return own_field(f"custom_{ident}"), partial(_option, {})

    def _statuses(self, category: str) -> tuple[FactValue, ...]:
        """The canonical statuses of one of Zendesk's categories."""
        found = tuple(status for status, each in vocabulary().written_status.items() if each == category)
        if not found:
            raise NotSayable(f"its condition on the status {category} is not understood")
        return found

    def _custom_status(self, ident: str) -> tuple[FactValue, ...]:
        for status, ids in self.connection.statuses.items():
            if ident in map(str, ids):
                return (status,)
        row = _find(self.documents, "custom_statuses", ident)
        if row.get("default") and row.get("status_category"):
            return (vocabulary().status[str(row["status_category"])],)
        raise NotSayable(f"the custom status {row.get('agent_label') or ident} is not in the connection")

    def _type(self, value: str) -> tuple[FactValue, ...]:
        source = self.connection.type
        if source is not None and source.field is None and source.values:
            return (source.values.get(value, value),)
        return (value or None,)

    def _configured(self, section: str, ident: str) -> str:
        names: Mapping[str, int | str] = getattr(self.connection, section)
        known = next((name for name, ref in names.items() if str(ref) == ident), None)
        return known or self._named({"brands": "brands", "forms": "ticket_forms"}[section], ident)

    def _named(self, table: str, ident: str) -> str:
        row = _find(self.documents, table, ident)
        key = self.connection.organizations.key if table == "organizations" else "name"
        return str(row.get(key) or ident)

    def _ranks(self, name: str, operator: str, value: str) -> Condition:
        is_below = operator == "less_than"
        if name == "priority":
            return Ranks("priority", PRIORITIES, value, is_below)
        if name == "status":
            order = tuple(tuple(str(each) for each in self._statuses(category)) for category in CATEGORIES)
            return Ranks("status", order, str(self._statuses(value)[0]), is_below)
        raise NotSayable(f"its condition on {name} ({operator.replace('_', ' ')}) is not understood")

    def _waited(self, name: str, operator: str, hours: float) -> Condition:
        business = operator.endswith("_business_hours")
        comparison = {"is": "exactly", "less_than": "less", "greater_than": "at_least"}.get(
            operator.removesuffix("_business_hours")
        )
        if comparison is None:
            raise NotSayable(f"its condition on {name} ({operator}) is not understood")
        if name.lower() in CATEGORIES and name.upper() != "NEW":
            statuses = tuple(str(each) for each in self._statuses(name.lower()))
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


def _option(words: Mapping[str, str], value: str) -> tuple[FactValue, ...]:
    return (words.get(value, value) or None,)


def _translated(source: FactSource, value: str) -> tuple[FactValue, ...]:
    return (translate(source, value, ()),)


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


def _find(documents: Json, table: str, ident: str) -> Json:
    return next((row for row in documents.get(table) or () if str(row.get("id")) == ident), {})


def _known(words: Mapping[str, str], name: str, value: str) -> str:
    if value not in words:
        raise NotSayable(f"its condition on {name} {value} is not understood")
    return words[value]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None or str(value) in _EMPTY else str(value)


def _is_number(values: list[str]) -> bool:
    return len(values) == 1 and re.fullmatch(r"\d+(\.\d+)?", values[0]) is not None
