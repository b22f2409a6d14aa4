"""The order of search results: ``"write_date desc, id"``; what is not set comes last, or first when descending."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.env import ReadableRecords
from bridge.sandbox.odoo.tables import Row


def ordered(model: ReadableRecords, rows: Iterable[Row], order: str | None) -> list[Row]:
    """Rows in an order, or in that of the model. Raises a value fault for an unknown field."""
    found = list(rows)
    for term in reversed((order or model.schema.order).split(",")):
        name, _, direction = term.strip().partition(" ")
        field = model.fields.get(name)
        if field is None:
            raise errors.value_error(f"Invalid field {name!r} on model {model.name!r}")

        def key(row: Row, name: str = name) -> tuple[bool, Any]:
            value = _sortable(model, row, name)
            return value is None, value if value is not None else 0

        found.sort(key=key, reverse=direction.strip().lower().startswith("desc"))
    return found


def _sortable(model: ReadableRecords, row: Row, name: str) -> Any:
    field = model.fields[name]
    value = model.value(row, field)
    if field.type == "many2one" and value:
        other = model.env.sudo()[field.relation]
        target = other.row(value)
        return str(other.label(target) or "").casefold() if target is not None else None
    if field.type in ("integer", "float", "many2one_reference"):
        return value or 0
    return value.casefold() if isinstance(value, str) else value
