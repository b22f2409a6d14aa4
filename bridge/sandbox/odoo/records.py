"""Records of a model and how their values are found: kept ones, made ones, those of a relation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.domain import parsed, predicate
from bridge.sandbox.odoo.env import Env
from bridge.sandbox.odoo.field import Field
from bridge.sandbox.odoo.ordering import ordered
from bridge.sandbox.odoo.schema import Schema
from bridge.sandbox.odoo.tables import Row


class Records:
    """Records of one model, by their ids; possibly none."""

    def __init__(self, env: Env, schema: Schema, ids: Sequence[int] = ()) -> None:
        self.env = env
        self.schema = schema
        self.ids = list(ids)

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def fields(self) -> Mapping[str, Field]:
        return self.schema.fields

    def of(self, ids: Sequence[int]) -> Self:
        """Other records of this model."""
        return type(self)(self.env, self.schema, ids)

    @property
    def id(self) -> int:
        """The only record. Raises a value fault when there is none or more than one."""
        if len(self.ids) != 1:
            listed = ", ".join(map(str, self.ids)) + ("," if len(self.ids) == 1 else "")
            raise errors.value_error(f"Expected singleton: {self.name}({listed})")
        return self.ids[0]

    def row(self, ident: int | None) -> Row | None:
        return self.env.row(self.name, ident)

    def rows(self, idents: Iterable[int] | None = None) -> Iterator[Row]:
        """Rows of given ids that exist, or all rows; no right is asked for."""
        table = self.env.work.transaction.table(self.name)
        if idents is None:
            yield from list(table.values())
        else:
            yield from (table[ident] for ident in idents if ident in table)

    def value(self, row: Row, field: Field) -> Any:
        """What a record has in a field, kept or made."""
        if field.computed:
            return getattr(self, f"_compute_{field.name}")(row)
        if field.related:
            return self._related_value(row, field.related)
        if field.inverse:
            return self._inverse_ids(row, field)
        return row.get(field.name, field.blank)

    def _related_value(self, row: Row, path: str) -> Any:
        first, _, rest = path.partition(".")
        if not rest:
            return row.get(first)
        target = self.env.sudo()[self.fields[first].relation]
        found = target.row(row.get(first))
        return None if found is None else target.value(found, target.fields[rest])

    def label(self, row: Row) -> str | None:
        """What the record is called."""
        found = row.get("name")
        return None if found is None else str(found)

    def _compute_display_name(self, row: Row) -> str | None:
        return self.label(row)

    def _inverse_ids(self, row: Row, field: Field) -> tuple[int, ...]:
        """A relation that the other model keeps."""
        other = self.env.sudo()[field.relation]
        key, ident = other.fields[field.inverse], row["id"]
        if key.type == "many2many":
            return tuple(found["id"] for found in other.rows() if ident in found[key.name])
        found = [r for r in other.rows() if r[key.name] == ident and r.get("active", True)]
        if key.type == "many2one_reference":
            found = [r for r in found if (r.get("res_model") or r.get("model")) == self.name]
        return tuple(r["id"] for r in ordered(other, found, None))

    def hidden(self, row: Row, operation: str) -> bool:
        """A record rule keeps the user from the record. Rules of the user's groups add up, those of nobody narrow."""
        env = self.env.sudo()
        model = env.work.registry.model_ids[self.name]
        rules = [r for r in env["ir.rule"].rows() if r["model_id"] == model and r["active"] and r[f"perm_{operation}"]]
        common = [rule for rule in rules if not rule["groups"]]
        own = [rule for rule in rules if self.env.groups.intersection(rule["groups"])]
        if not all(_holds(self, rule, row) for rule in common):
            return True
        return bool(own) and not any(_holds(self, rule, row) for rule in own)

    def may_see(self, field: Field, operation: str) -> None:
        """Raise an access fault for a field of a group that the user is not in."""
        if field.groups and not (self.env.su or self.env.has_group(field.groups)):
            group = self.env.row("res.groups", self.env.ref(field.groups)) or {}
            raise errors.access_error(
                f'You do not have enough rights to access the field "{field.name}" on {self.schema.title} '
                f"({self.name}). Please contact your system administrator.\n\nOperation: {operation}\n"
                f"User: {self.env.uid}\nGroups: allowed for groups '{group['_full_name']}'"
            )


def _holds(records: Records, rule: Row, row: Row) -> bool:
    return predicate(records, parsed(rule["domain_force"]))(row)
