"""The fields that Zendesk's own rules read and set, and what their values mean on one connection. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bridge.ticket import FactValue, fact_field, own_field
from mappings.coercion import translate
from mappings.connection import Connection
from mappings.field_sources import FactSource
from mappings.native_conditions import NotSayable
from mappings.zendesk.native_conditions import VIA
from mappings.zendesk.vocabulary import id_text, vocabulary

Json = Mapping[str, Any]

CUSTOM_FIELD = re.compile(r"(?:custom_fields_|ticket_fields_)(\d+)")


@dataclass(frozen=True)
class ActingFields:
    """The fields of one connection."""

    connection: Connection
    documents: Json
    """``groups``, ``brands``, ``ticket_forms`` and ``organizations``, which rules name by id."""

    def field(self, name: str) -> tuple[str, Callable[[str], tuple[FactValue, ...]]]:
        """The canonical name of a field, and what its values mean. Raises ``NotSayable``."""
        if found := CUSTOM_FIELD.fullmatch(name):
            return self._custom_field(int(found[1]))
        readers = {
            "status": ("status", self.statuses),
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

    def statuses(self, category: str) -> tuple[FactValue, ...]:
        """The canonical statuses of one of Zendesk's categories."""
        found = tuple(status for status, each in vocabulary().written_status.items() if each == category)
        if not found:
            raise NotSayable(f"its condition on the status {category} is not understood")
        return found

    def _custom_status(self, ident: str) -> tuple[FactValue, ...]:
        for status, ids in self.connection.statuses.items():
            if ident in map(str, ids):
                return (status,)
        row = _find(self.documents, "customstatuses", ident)
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


def _option(words: Mapping[str, str], value: str) -> tuple[FactValue, ...]:
    return (words.get(value, value) or None,)


def _translated(source: FactSource, value: str) -> tuple[FactValue, ...]:
    return (translate(source, value, ()),)


def _find(documents: Json, table: str, ident: str) -> Json:
    return next((row for row in documents.get(table) or () if str(row.get("id")) == ident), {})


def _known(words: Mapping[str, str], name: str, value: str) -> str:
    if value not in words:
        raise NotSayable(f"its condition on {name} {value} is not understood")
    return words[value]
