"""Conditions of Zendesk's SLA policies and automations in the words of a policy pack. Pure.

https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mappings.native_conditions import NotSayable, joined, name_in, slug
from mappings.native_rules import Condition, NativeFact

Json = Mapping[str, Any]

VIA = {"0": "web", "4": "email", "5": "api", "17": "web", "29": "chat", "44": "voice", "45": "phone", "46": "phone"}
"""Id of a channel -> the pack's word: https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types"""
STATUSES = {
    "new": "new",
    "open": "open",
    "pending": "waiting_customer",
    "hold": "waiting_internal",
    "solved": "solved",
    "closed": "closed",
}
_SECTIONS = {"group_id": ("group", "groups"), "brand_id": ("brand", "brands"), "ticket_form_id": ("form", "forms")}
_IS = ("is", "includes")
_IS_NOT = ("is_not", "not_includes")


@dataclass
class NativeConditions:
    """Translates conditions, and remembers which names and fields they need."""

    documents: Json
    """``groups``, ``brands``, ``ticket_forms``, ``organizations``, ``ticket_fields``, ``custom_statuses``."""
    facts: dict[str, NativeFact] = field(default_factory=dict)
    names: dict[str, dict[str, int | str]] = field(default_factory=dict)

    def translate(self, conditions: Json) -> Condition:
        """``all`` and ``any`` of Zendesk as one condition. Raises ``NotSayable``, and then remembers nothing."""
        names = {section: dict(each) for section, each in self.names.items()}
        attempt = NativeConditions(self.documents, dict(self.facts), names)
        condition = attempt._translate(conditions)
        self.facts, self.names = attempt.facts, attempt.names
        return condition

    def _translate(self, conditions: Json) -> Condition:
        every = [self._one(each) for each in conditions.get("all") or ()]
        some = [self._one(each) for each in conditions.get("any") or ()]
        if some:
            every.append(some[0] if len(some) == 1 else {"any": some})
        return joined(every)

    def _one(self, condition: Json) -> Condition:
        name, operator = str(condition.get("field")), str(condition.get("operator"))
        given = condition.get("value")
        values = [str(value) for value in given] if isinstance(given, list) else [str(given)]
        if name == "current_tags":
            return self._tags(operator, [tag for value in values for tag in value.split()])
        key, words = self._key_and_words(name, values)
        if operator in _IS:
            return {key: words[0] if len(words) == 1 else words}
        if operator in _IS_NOT:
            return {key: {"not": words[0]}} if len(words) == 1 else {"none": [{key: words}]}
        raise NotSayable(f"{name} {operator} {', '.join(values)}")

    @staticmethod
    def _tags(operator: str, tags: list[str]) -> Condition:
        if operator not in _IS + _IS_NOT:
            raise NotSayable(f"current_tags {operator} {' '.join(tags)}")
        return {"tags": {"any" if operator in _IS else "none": tags}}

    def _key_and_words(self, name: str, values: list[str]) -> tuple[str, list[str]]:
        if name in ("type", "priority"):
            return name, values
        if name == "status":
            return "status", [_word(STATUSES, "status", value) for value in values]
        if name == "via_id":
            return "channel", [_word(VIA, "via_id", value) for value in values]
        if name == "custom_status_id":
            label = self._document("custom_statuses", values[0]).get("agent_label", values[0])
            raise NotSayable(f"the custom status {label}; map it in the connection first")
        if name == "organization_id":
            return "account", [self._name("organizations", value) for value in values]
        if name in _SECTIONS:
            key, section = _SECTIONS[name]
            return key, [self._named(name, section, value) for value in values]
        if found := re.fullmatch(r"(?:custom_fields_|ticket_fields_)(\d+)", name):
            return self._fact(int(found[1]), values)
        raise NotSayable(f"{name}, which policies cannot express")

    def _named(self, field_name: str, section: str, ident: str) -> str:
        table = {"group_id": "groups", "brand_id": "brands", "ticket_form_id": "ticket_forms"}[field_name]
        return name_in(self.names.setdefault(section, {}), self._name(table, ident), int(ident))

    def _name(self, table: str, ident: str) -> str:
        return str(self._document(table, ident).get("name") or ident)

    def _document(self, table: str, ident: str) -> Json:
        for each in self.documents.get(table) or ():
            if str(each.get("id")) == ident:
                return dict(each)
        raise NotSayable(f"{table.removesuffix('s').replace('_', ' ')} {ident}, which does not exist")

    def _fact(self, ident: int, values: list[str]) -> tuple[str, list[str]]:
        document = self._document("ticket_fields", str(ident))
        title = str(document.get("title") or ident)
        name = slug(title)
        options = [str(option.get("value")) for option in document.get("custom_field_options") or ()]
        self.facts[name] = NativeFact(name, title, ident, {option: option for option in options})
        if options and (unknown := sorted(set(values) - set(options))):
            raise NotSayable(f"the option {unknown[0]} of the field {title}, which does not exist")
        if document.get("type") == "checkbox":
            raise NotSayable(f"the checkbox {title}; use its tag instead")
        return name, values


def _word(words: Mapping[str, str], name: str, value: str) -> str:
    if value not in words:
        raise NotSayable(f"{name} {value}, which policies cannot express")
    return words[value]
