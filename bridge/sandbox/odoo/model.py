"""What may be called on any model from outside: create, read, search, write, unlink and the like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from bridge.sandbox.odoo import domain as domains
from bridge.sandbox.odoo import errors, importing
from bridge.sandbox.odoo.field import Field, shown
from bridge.sandbox.odoo.ordering import ordered
from bridge.sandbox.odoo.tables import Row
from bridge.sandbox.odoo.writing import Writing

Function = TypeVar("Function", bound=Callable[..., Any])


def on_model(function: Function) -> Function:
    """May be called from outside, and takes no records."""
    function.__dict__["wire"] = "model"
    return function


def on_records(function: Function) -> Function:
    """May be called from outside, on records."""
    function.__dict__["wire"] = "records"
    return function


class Model(Writing):
    """The methods that every model has."""

    def visible(self, operation: str) -> list[Row]:
        """The rows of these records that exist. Raises an access fault when a rule hides one."""
        found = list(self.rows(self.ids))
        if not self.env.su:
            for row in found:
                if self.hidden(row, operation):
                    company = row.get("company_id") is not None and row["company_id"] not in self.env.companies
                    who = str(self.env.sudo()["res.users"].label(self.env.user))
                    raise errors.top_secret(who, self.env.uid, operation, self.schema.title, self.name, company)
        return found

    def search_rows(self, domain: Any, order: str | None = None) -> list[Row]:
        """Rows that a domain holds for and the user may see, in order; archived ones only when they are asked for."""
        holds = domains.predicate(self, domain)
        rows: Iterable[Row] = self.rows()
        living = "active" in self.fields and self.env.context.get("active_test", True)
        if living and "active" not in domains.names(domain):
            rows = (row for row in rows if row["active"])
        rows = [row for row in rows if holds(row) and (self.env.su or not self.hidden(row, "read"))]
        return ordered(self, rows, order)

    def _shown(self, row: Row, field: Field, load: str | None) -> Any:
        value = shown(field, self.value(row, field))
        if field.type == "many2one" and value and load == "_classic_read":
            other = self.env.sudo()[field.relation]
            target = other.row(value)
            return [value, (other.label(target) or False) if target is not None else False]
        return value

    def _readable(self, names: Sequence[str] | None) -> list[Field]:
        if not names:
            return [field for field in self.fields.values() if not field.groups or self.env.has_group(field.groups)]
        for name in names:
            if name not in self.fields:
                place = "on model" if self.env.series < 19 else "on"
                raise errors.value_error(f"Invalid field {name!r} {place} {self.name!r}")
            self.may_see(self.fields[name], "read")
        return [self.fields[name] for name in dict.fromkeys(("id", *names))]

    @on_records
    def read(self, fields: Sequence[str] | None = None, load: str | None = "_classic_read") -> list[dict[str, Any]]:
        self.env.allow(self.name, "read")
        fields_read = self._readable(fields)
        return [{field.name: self._shown(row, field, load) for field in fields_read} for row in self.visible("read")]

    @on_model
    def search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> list[int]:
        self.env.allow(self.name, "read")
        end = offset + limit if limit else None
        return [row["id"] for row in self.search_rows(domain, order)[offset:end]]

    @on_model
    def search_read(
        self,
        domain: Any = None,
        fields: Sequence[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        load: str | None = "_classic_read",
    ) -> list[dict[str, Any]]:
        return self.of(self.search(domain or [], offset, limit, order)).read(fields, load)

    @on_model
    def search_count(self, domain: Any, limit: int | None = None) -> int:
        return len(self.search(domain, limit=limit))

    @on_model
    def fields_get(
        self, allfields: Sequence[str] | None = None, attributes: Sequence[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        self.env.allow(self.name, "read")
        visible = (f for f in self.fields.values() if not f.groups or self.env.has_group(f.groups))
        return {
            field.name: {key: value for key, value in field.described().items() if not attributes or key in attributes}
            for field in visible
            if not allfields or field.name in allfields
        }

    @on_model
    def name_search(
        self, name: str = "", domain: Any = None, operator: str = "ilike", limit: int = 100
    ) -> list[list[Any]]:
        self.env.allow(self.name, "read")
        wanted = [*(domain or []), ("display_name", operator, name)] if name else domain or []
        return [[row["id"], self.label(row) or False] for row in self.search_rows(wanted)[:limit]]

    @on_records
    def has_access(self, operation: str) -> bool:
        return self.env.may(self.name, operation) and not any(
            self.hidden(row, operation) for row in self.rows(self.ids)
        )

    @on_model
    def create(self, vals_list: Any) -> list[int]:
        self.env.allow(self.name, "create")
        rows = [vals_list] if isinstance(vals_list, dict) else list(vals_list)
        return [self.insert(values) for values in rows]

    @on_model
    def load(self, fields: Sequence[str], data: Sequence[Sequence[str]]) -> dict[str, Any]:
        return importing.load(self, fields, data)

    @on_records
    def write(self, vals: dict[str, Any]) -> bool:
        self.env.allow(self.name, "write")
        self._existing("write")
        self.update_rows(vals)
        return True

    @on_records
    def unlink(self) -> bool:
        if not self.ids:
            return True
        self.env.allow(self.name, "unlink")
        self._existing("unlink")
        self.delete_rows()
        return True

    def _existing(self, operation: str) -> None:
        gone = [ident for ident in self.ids if self.row(ident) is None]
        if gone:
            raise errors.missing(self.name, gone, self.env.uid)
        self.visible(operation)
