"""Domains of Odoo's SLA policies and automation rules in the words of a policy pack. Pure.

https://www.odoo.com/documentation/19.0/developer/reference/backend/orm.html#search-domains
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.ticket import tag_form
from mappings.native_conditions import NotSayable, joined, name_in, slug
from mappings.native_rules import Condition, NativeFact
from mappings.odoo.native_stages import NativeStages
from mappings.odoo.vocabulary import vocabulary

Json = Mapping[str, Any]

OPERATORS = {"=": True, "in": True, "==": True, "!=": False, "not in": False, "<>": False}
"""Operator -> whether the field has the value."""
_RECORDS = {"team_id": ("group", "groups", "teams"), "category_id": ("form", "forms", "categories")}
"""Field -> condition, section of the connection, list of the records."""
_ACCOUNTS = ("commercial_partner_id", "partner_id.commercial_partner_id")


def parse_domain(text: object) -> list[Any]:
    """A domain as Odoo stores it. Raises ``NotSayable`` for one that is not a plain list."""
    try:
        found = ast.literal_eval(str(text or "[]").strip())
    except (ValueError, SyntaxError) as error:
        raise NotSayable(f"the filter {text}, which is computed") from error
    if not isinstance(found, list):
        raise NotSayable(f"the filter {text}, which is not a list")
    return found


@dataclass
class NativeDomains:
    """Translates domains, and remembers which names and fields they need."""

    documents: Json
    """``teams``, ``categories``, ``channels``, ``tags``, ``companies`` and ``fields``."""
    stages: NativeStages
    facts: dict[str, NativeFact] = field(default_factory=dict)
    names: dict[str, dict[str, int | str | list[int | str]]] = field(default_factory=dict)

    def translate(self, domain: list[Any]) -> Condition:
        """One condition. Raises ``NotSayable``."""
        parts, rest = [], list(domain)
        while rest:
            parts.append(self._term(rest))
        return joined(parts)

    def records(self, name: str, idents: list[int]) -> Condition:
        """That a many2one of the ticket is one of these."""
        key, words = self._words(name, idents)
        return {key: words[0] if len(words) == 1 else words}

    def tags(self, idents: list[int]) -> Condition:
        """That the ticket has one of these tags."""
        return {"tags": {"any": [tag_form(self._name("tags", ident)) for ident in idents]}}

    def _term(self, rest: list[Any]) -> Condition:
        """The next term in prefix notation, which it takes from the list."""
        if not rest:
            raise NotSayable("a filter that ends too early")
        term = rest.pop(0)
        if term == "!":
            return {"none": [self._term(rest)]}
        if term in ("&", "|"):
            both = [self._term(rest), self._term(rest)]
            return joined(both) if term == "&" else {"any": both}
        if not isinstance(term, list | tuple) or len(term) != 3:
            raise NotSayable(f"{term!r}, which policies cannot express")
        return self._comparison(str(term[0]), str(term[1]), term[2])

    def _comparison(self, name: str, operator: str, value: Any) -> Condition:
        values = list(value) if isinstance(value, list | tuple) else [value]
        if operator not in OPERATORS or any(each is False or each is None for each in values) or not values:
            raise NotSayable(f"{name} {operator} {value!r}, which policies cannot express")
        if name == "tag_ids":
            found = self.tags(values)["tags"]["any"]
            return {"tags": {"any" if OPERATORS[operator] else "none": found}}
        key, words = self._words(name, values)
        if OPERATORS[operator]:
            return {key: words[0] if len(words) == 1 else words}
        return {key: {"not": words[0]}} if len(words) == 1 else {"none": [{key: words}]}

    def _words(self, name: str, values: list[Any]) -> tuple[str, list[str]]:
        if name in _RECORDS:
            key, section, table = _RECORDS[name]
            return key, [self._named(section, table, value) for value in values]
        if name == "priority":
            return name, [_word(vocabulary().priority, name, value) for value in values]
        if name == "channel_id":
            known = vocabulary().channel
            return "channel", [_word(known, name, self._name("channels", value).lower()) for value in values]
        if name == "stage_id":
            return "status", [self.stages.status(value) for value in values]
        if name in _ACCOUNTS:
            return "account", [self._name("companies", value) for value in values]
        return self._fact(name, values)

    def _named(self, section: str, table: str, ident: Any) -> str:
        return name_in(self.names.setdefault(section, {}), self._name(table, ident), int(ident))

    def _name(self, table: str, ident: Any) -> str:
        for each in self.documents.get(table) or ():
            if each.get("id") == ident:
                return str(each.get("name") or ident)
        raise NotSayable(f"{ident!r} of {table}, which does not exist")

    def _fact(self, name: str, values: list[Any]) -> tuple[str, list[str]]:
        about: Json = next((each for each in self.documents.get("fields") or () if each.get("name") == name), {})
        if not name.startswith("x_") or about.get("type") not in ("selection", "char"):
            raise NotSayable(f"{name}, which policies cannot express")
        options = [str(value) for value, _ in about.get("selection") or ()]
        if options and (unknown := sorted({str(value) for value in values} - set(options))):
            raise NotSayable(f"the option {unknown[0]} of {name}, which does not exist")
        label = str(about.get("string") or name)
        fact = slug(name.removeprefix("x_"))
        self.facts[fact] = NativeFact(fact, label, name, {option: option for option in options})
        return fact, [str(value) for value in values]


def _word(words: Mapping[str, Any], name: str, value: Any) -> str:
    if str(value) not in words:
        raise NotSayable(f"{name} {value!r}, which policies cannot express")
    return str(words[str(value)])
