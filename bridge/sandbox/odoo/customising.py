"""What an administrator adds to a database: fields by hand, external identifiers, rights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.model import Model, on_model
from bridge.sandbox.odoo.tables import Row
from bridge.sandbox.odoo.views import mentions

_NAME = re.compile(r"[a-z0-9_]{1,63}")
_BASE = (
    "Properties of base fields cannot be altered in this manner! Please modify them through Python code, preferably "
    "through a custom addon!"
)


class ModelField(Model):
    """``ir.model.fields``: creating one by hand adds a field to its model at once."""

    def label(self, row: Row) -> str:
        return f"{row['field_description']} ({self.env.work.registry.title(row['model'])})"

    def _compute_selection(self, row: Row) -> str | None:
        options = [r for r in self.env["ir.model.fields.selection"].rows() if r["field_id"] == row["id"]]
        options.sort(key=lambda option: (option["sequence"], option["id"]))
        return str([(option["value"], option["name"]) for option in options]) if options else None

    def insert(self, values: Mapping[str, Any], *, echoes: int = 0) -> int:
        name = str(values.get("name") or "")
        model = self.env.row("ir.model", values.get("model_id"))
        if not _NAME.fullmatch(name):
            raise errors.validation("Field names can only contain characters, digits and underscores (up to 63).")
        if not name.startswith("x_"):
            text = "Custom fields must have a name that starts with 'x_'!"
            raise errors.validation(f"The operation cannot be completed: {text}")
        if model is not None and name in self.env.sudo()[model["model"]].fields:
            raise errors.validation("The operation cannot be completed: Field names must be unique per model.")
        given = {**values, "model": (model or {}).get("model"), "state": "manual"}
        ident = super().insert(given, echoes=echoes)
        self.env.work.registry.forget()
        self._blank(self.row(ident) or {})
        return ident

    def _blank(self, row: Row) -> None:
        """Give the column to the rows there are."""
        env = self.env.sudo()
        model = env[row["model"]]
        blank = model.fields[row["name"]].blank
        for found in list(model.rows()):
            env.work.transaction.put(model.name, found["id"], {**found, row["name"]: blank})

    def update_rows(self, values: Mapping[str, Any], *, echoes: int = 0) -> None:
        if any(row["state"] == "base" for row in self.rows(self.ids)):
            raise errors.user_error(_BASE)
        super().update_rows(values, echoes=echoes)
        self.env.work.registry.forget()

    def delete_rows(self) -> None:
        rows = list(self.rows(self.ids))
        if any(row["state"] == "base" for row in rows):
            raise errors.user_error("This column contains module data and cannot be removed!")
        for row in rows:
            views = self.env.sudo()["ir.ui.view"]
            shown = [v for v in views.rows() if v["model"] == row["model"] and mentions(v["arch_db"], row["name"])]
            if shown:
                raise errors.user_error(
                    "Cannot rename/delete fields that are still present in views:\n"
                    f"Fields: {row['model']}.{row['name']}\nView: {shown[0]['name']}"
                )
        super().delete_rows()
        self.env.work.registry.forget()
        for row in rows:
            for found in list(self.env.sudo()[row["model"]].rows()):
                left = {key: value for key, value in found.items() if key != row["name"]}
                self.env.work.transaction.put(row["model"], found["id"], left)


class Selection(Model):
    """``ir.model.fields.selection``."""

    def insert(self, values: Mapping[str, Any], *, echoes: int = 0) -> int:
        ident = super().insert(values, echoes=echoes)
        self.env.work.registry.forget()
        return ident

    def update_rows(self, values: Mapping[str, Any], *, echoes: int = 0) -> None:
        super().update_rows(values, echoes=echoes)
        self.env.work.registry.forget()

    def delete_rows(self) -> None:
        super().delete_rows()
        self.env.work.registry.forget()


class ModelData(Model):
    """``ir.model.data``: external identifiers."""

    def label(self, row: Row) -> str:
        return self._compute_complete_name(row)

    def _compute_complete_name(self, row: Row) -> str:
        return f"{row['module']}.{row['name']}" if row["module"] else str(row["name"])

    def insert(self, values: Mapping[str, Any], *, echoes: int = 0) -> int:
        wanted = (values.get("module") or "", values.get("name"))
        if any((row["module"], row["name"]) == wanted for row in self.rows()):
            raise errors.validation(
                "The operation cannot be completed: You cannot have multiple records with the same external ID in the "
                "same module!"
            )
        return super().insert({"module": "", **values}, echoes=echoes)

    @on_model
    def check_object_reference(
        self,
        module: str,
        xml_id: str,
        raise_on_access_error: bool = False,  # noqa: ARG002 - as the real method has it
    ) -> list[Any]:
        """Model and id behind an external identifier."""
        self.env.allow(self.name, "read")
        for row in self.rows():
            if (row["module"], row["name"]) == (module, xml_id):
                return [row["model"], row["res_id"]]
        raise errors.value_error(f"External ID not found in the system: {module}.{xml_id}")
