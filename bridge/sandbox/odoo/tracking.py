"""The history of tracked fields: what changed, kept as ``mail.tracking.value`` rows of a notification."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bridge.sandbox.odoo.env import Env
from bridge.sandbox.odoo.field import Field
from bridge.sandbox.odoo.model import Model
from bridge.sandbox.odoo.tables import Row

Difference = tuple[str, Field, dict[str, Any]]

_COLUMN = {"datetime": "datetime", "date": "datetime", "float": "float", "text": "text", "char": "char"}


def differences(record: Model, before: Row, after: Row) -> Iterator[Difference]:
    """Model, field and values for every tracked field that changed."""
    for field in record.fields.values():
        if field.tracked and before.get(field.name) != after.get(field.name):
            old, new = (_tracked_value(record, field, row.get(field.name)) for row in (before, after))
            values = {f"old_value_{key}": value for key, value in old.items()}
            yield record.name, field, values | {f"new_value_{key}": value for key, value in new.items()}


def keep(env: Env, message: int, found: Iterable[Difference]) -> None:
    """Attach differences to a message."""
    fields = env.sudo()["ir.model.fields"]
    idents = {(row["model"], row["name"]): row["id"] for row in fields.rows()}
    for model, field, values in found:
        ident = idents[model, field.name]
        env.sudo()["mail.tracking.value"].insert({"field_id": ident, "mail_message_id": message, **values})


def _tracked_value(record: Model, field: Field, value: Any) -> dict[str, Any]:
    match field.type:
        case "many2one":
            other = record.env.sudo()[field.relation]
            row = other.row(value)
            return {"integer": value or 0, "char": (other.label(row) if row is not None else "") or ""}
        case "selection":
            return {"char": dict(field.selection).get(value, "") if value else ""}
        case "boolean" | "integer":
            return {"integer": int(value or 0)}
    return {_COLUMN[field.type]: value}
