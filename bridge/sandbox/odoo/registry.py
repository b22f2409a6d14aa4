"""Which models a database has: those of the schema, with the fields that were added by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.env import Env
from bridge.sandbox.odoo.field import Field
from bridge.sandbox.odoo.model import Model
from bridge.sandbox.odoo.schema import Schema, schemas
from bridge.sandbox.odoo.tables import Row, Table, Transaction


class Registry:
    """Models by name, for one series (18 or 19)."""

    def __init__(self, series: int, classes: Mapping[str, type[Model]]) -> None:
        self.series = series
        self.base = schemas(series)
        self.model_ids = {name: number for number, name in enumerate(sorted(self.base), start=101)}
        self._classes = classes
        self._manual: tuple[Table, Table, dict[str, Schema]] | None = None

    def title(self, model: str) -> str:
        return self.base[model].title

    def model(self, env: Env, name: str, idents: Sequence[int]) -> Model:
        """Records of a model. Raises the 404 fault for an unknown one."""
        found = self._schemas(env.work.transaction).get(name)
        if found is None:
            raise errors.not_found(f"the model {name!r} does not exist")
        return self._classes.get(name, Model)(env, found, idents)

    def forget(self) -> None:
        """Fields by hand have changed."""
        self._manual = None

    def _schemas(self, transaction: Transaction) -> dict[str, Schema]:
        fields, options = (transaction.table(name) for name in ("ir.model.fields", "ir.model.fields.selection"))
        known = self._manual
        if known is None or known[0] is not fields or known[1] is not options:
            known = self._manual = (fields, options, self._extended(fields, options))
        return known[2]

    def _extended(self, fields: Table, options: Table) -> dict[str, Schema]:
        found = dict(self.base)
        for row in fields.values():
            if row["state"] == "manual" and row["model"] in found:
                schema = found[row["model"]]
                found[schema.name] = replace(schema, fields={**schema.fields, row["name"]: _field(row, options)})
        return found


def _field(row: Row, options: Table) -> Field:
    mine = sorted((o for o in options.values() if o["field_id"] == row["id"]), key=lambda o: (o["sequence"], o["id"]))
    return Field(
        row["name"],
        row["ttype"],
        row["field_description"],
        relation=row["relation"] or "",
        selection=tuple((option["value"], option["name"]) for option in mine),
        required=row["required"],
        readonly=row["readonly"],
        tracked=bool(row["tracking"]),
        help=row["help"] or "",
    )
