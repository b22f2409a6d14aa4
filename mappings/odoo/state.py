"""The raw values of an Odoo ticket at one moment, and their canonical meaning. Pure.

Timeline entries are the differences between two such states, so moving between stages of one status is not a change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.ticket import FactValue, Priority, Status, fact_field, own_field, tag_form
from mappings.coercion import Json, enum_value, text_of, translate
from mappings.connection import Connection
from mappings.event_marks import MARK, is_set
from mappings.field_sources import ValueSource, VendorRef
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.vocabulary import many2many_ids, many2one_id, vocabulary

State = dict[str, Any]
"""Raw values by technical name, as returned by ``read`` with ``load=None``."""

_COLUMNS = {
    "many2one": "integer",
    "integer": "integer",
    "boolean": "integer",
    "float": "float",
    "monetary": "float",
    "datetime": "datetime",
    "date": "datetime",
    "char": "char",
    "selection": "char",
    "text": "text",
}
"""Type of a field -> column of a tracked change that holds its values; changes of other types are only observed."""


@dataclass(frozen=True)
class StateReader:
    """Reads states by the settings of one connection."""

    connection: Connection
    catalog: HelpdeskCatalog
    address: Callable[[object], str | None]
    """User id -> e-mail address, or the id if there is none, or None for nobody."""

    def canonical(self, state: Json) -> dict[str, FactValue]:
        """The canonical value of every timeline field; tags, display fields and marks as text."""
        team = many2one_id(state.get("team_id"))
        values: dict[str, FactValue] = {
            "status": self.status(state),
            "priority": self.priority(state),
            "type": self.type(state),
            "assignee": self.address(state.get("user_id")),
            "group": self.group(team),
            "tier": self.tier(team),
            "tags": ",".join(sorted(self.tags(state))),
        }
        values |= {fact_field(name): value for name, value in self.facts(state).items()}
        values |= {own_field(name): value for name, value in self.fields(state).items()}
        return values | dict.fromkeys((f"{MARK}{name}" for name in self.marks(state)), True)

    def status(self, state: Json) -> Status | None:
        if state.get("active") is False:
            return Status.CLOSED
        return self.catalog.status(many2one_id(state.get("stage_id")), self.connection)

    def priority(self, state: Json) -> Priority | None:
        return vocabulary().priority.get(str(state.get("priority")))

    def type(self, state: Json) -> str | None:
        source = self.connection.type or ValueSource()
        value = self.value_of(source, state, usual="category_id" if "category_id" in state else "ticket_type_id")
        return text_of(value) if self.connection.type else enum_value(value) or None

    def group(self, team_id: int) -> str | None:
        return named(self.connection.groups, team_id) or self.catalog.team_name(team_id)

    def tier(self, team_id: int) -> int | None:
        return next((tier for tier, teams in self.connection.tiers.items() if team_id in teams), None)

    def tags(self, state: Json) -> frozenset[str]:
        names = self.catalog.tags
        return frozenset(tag_form(names.get(ident, ident)) for ident in many2many_ids(state.get("tag_ids")))

    def facts(self, state: Json) -> dict[str, FactValue]:
        return {name: self.value_of(source, state) for name, source in self.connection.facts.items()}

    def fields(self, state: Json) -> dict[str, str | None]:
        """The current values of the fields that the bridge writes, with options translated back."""
        targets = self.catalog.schema.targets(self.connection)
        return {name: target.read(state.get(target.name)) for name, target in targets.items()}

    def marks(self, state: Json) -> frozenset[str]:
        """Names of the marks that are set: ``escalation``, ``approve:<gate>`` ..."""
        tags, marks = self.tags(state), self.connection.marks.named()
        return frozenset(name for name, mark in marks.items() if is_set(mark, self._text(mark.field, state), tags))

    def value_of(self, source: ValueSource, state: Json, usual: str | None = None) -> FactValue:
        """The value of a source. ``usual``: the field to use if the source names none."""
        return translate(source, self._text(source.field or usual, state), self.tags(state))

    def tracked(self, name: str, row: Json, side: str) -> object:
        """One side (``old`` or ``new``) of a tracked change, raw; None if the field's type is not tracked in full."""
        about = self.catalog.schema.fields.get(name, {})
        kind = str(about.get("type"))
        found = row.get(f"{side}_value_{_COLUMNS[kind]}") if kind in _COLUMNS else None
        match kind:
            case "boolean":
                return bool(found)
            case "selection":
                # Odoo stores the label, in the language of whoever changed it
                labels = {str(label): value for value, label in about.get("selection") or ()}
                return labels.get(str(found)) if found else False
            case "date":
                return str(found)[:10] if found else False
            case "integer" | "float" | "monetary":
                return found
        return (found or False) if kind in _COLUMNS else None

    def _text(self, field: VendorRef | None, state: Json) -> str | None:
        return self.catalog.text(str(field), state.get(str(field))) if field else None


def named(names: Mapping[str, VendorRef], ident: int) -> str | None:
    """The canonical name of an id."""
    return next((name for name, number in names.items() if number == ident), None)
