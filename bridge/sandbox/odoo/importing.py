"""Odoo's own import: rows of text, with external ids, all in one transaction or none of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.env import Env, RecordSet
from bridge.sandbox.odoo.errors import Fault
from bridge.sandbox.odoo.field import Field

_TRUE = {"1", "true", "yes"}


def load(model: RecordSet, fields: Sequence[str], data: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Create rows, or write those whose external id is there. A refused row undoes all and is told, with HTTP 200."""
    transaction, env = model.env.work.transaction, model.env
    before, changes = transaction.saved(), len(env.work.changes)
    idents: list[int] = []
    for number, cells in enumerate(data):
        try:
            idents.append(_row(model, dict(zip(fields, cells, strict=True))))
        except Fault as fault:
            transaction.restore(before)
            del env.work.changes[changes:]
            env.work.registry.forget()
            message = {
                "rows": {"from": number, "to": number},
                "record": number,
                "type": "error",
                "message": fault.message,
            }
            return {"ids": False, "messages": [message], "nextrow": 0}
    return {"ids": idents, "messages": [], "nextrow": 0}


def _row(model: RecordSet, cells: Mapping[str, str]) -> int:
    env, xmlid = model.env, cells.get("id", "")
    values = {}
    for column, text in cells.items():
        name, _, by = column.partition("/")
        if name == "id" or name not in model.fields:
            if name != "id":
                raise errors.value_error(f"Invalid field name '{name}'")
            continue
        values[name] = _cell(env, model.fields[name], by, str(text))
    if model.name == "ir.model.fields" and "selection" in values:
        values["selection_ids"] = _options(values.pop("selection"))
    module, _, name = xmlid.partition(".")
    data = env.sudo()["ir.model.data"]
    known = [row["res_id"] for row in data.rows() if xmlid and (row["module"], row["name"]) == (module, name)]
    if known and model.row(known[0]) is not None:
        model.of(known).write(values)
        return int(known[0])
    ident = model.create([values])[0]
    if xmlid:
        data.insert({"module": module, "name": name, "model": model.name, "res_id": ident})
    return ident


def _cell(env: Env, field: Field, by: str, text: str) -> Any:
    if not text:
        return [[6, 0, []]] if field.type == "many2many" else False
    if field.relation:
        idents = [_ident(env, field, by, part.strip()) for part in text.split(",")]
        return [[6, 0, idents]] if field.type == "many2many" else idents[0]
    if field.type == "boolean":
        return text.lower() in _TRUE
    return int(text) if field.type == "integer" else text


def _ident(env: Env, field: Field, by: str, text: str) -> int:
    if by == ".id":
        found = env.row(field.relation, int(text)) if text.isdigit() else None
        if found is None:
            raise errors.value_error(f"No matching record found for database id '{text}' in field '{field.string}'")
        return int(text)
    if by == "id":
        return env.ref(text)
    other = env.sudo()[field.relation]
    named = [row["id"] for row in other.rows() if other.label(row) == text]
    if not named:
        raise errors.value_error(f"No matching record found for name '{text}' in field '{field.string}'")
    return int(named[0])


def _options(text: str | bool) -> list[list[Any]]:
    """``"[('a', 'A')]"`` as rows of options."""
    pairs = ast.literal_eval(text) if isinstance(text, str) else []
    return [[0, 0, {"value": value, "name": name, "sequence": at}] for at, (value, name) in enumerate(pairs)]
