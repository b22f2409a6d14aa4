"""How rows come to be, change and go; without asking for rights, which the methods for callers do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.env import Change, RecordSet
from bridge.sandbox.odoo.field import MAGIC, Field, kept
from bridge.sandbox.odoo.records import Records
from bridge.sandbox.odoo.tables import Row

_SHARED = ("mail.message", "mail.followers", "mail.activity")
"""Models whose rows belong to a record of any model."""


class Writing(Records):
    """The part of a model that writes."""

    read_when_set: tuple[str, ...] = ()
    """References that the model itself reads when they are written, so that a missing record is noticed early."""

    def defaults(self) -> dict[str, Any]:
        """Values of a new record that was given none."""
        return {field.name: kept(field, self.name, field.default) for field in self.fields.values() if field.default}

    def insert(self, values: Mapping[str, Any], *, echoes: int = 0) -> int:
        """Create one record; returns its id."""
        work, env = self.env.work, self.env
        blank = {field.name: field.blank for field in self.fields.values() if field.kept}
        row = blank | self.defaults()
        row |= self._columns(values, row)
        ident = work.transaction.new_id(self.name)
        row |= {"id": ident, "create_uid": env.uid, "write_uid": env.uid, "create_date": env.now, "write_date": env.now}
        self._complete(row, self.fields)
        work.transaction.put(self.name, ident, row)
        work.changes.append(Change(self.name, ident, None, row, echoes))
        self._pass_on(ident, values)
        return ident

    def update_rows(self, values: Mapping[str, Any], *, echoes: int = 0) -> None:
        """Write to all of these records."""
        work, env = self.env.work, self.env
        for before in list(self.rows(self.ids)):
            after = {**before, **self._columns(values, before), "write_uid": env.uid, "write_date": env.now}
            self._complete(after, values)
            work.transaction.put(self.name, before["id"], after)
            work.changes.append(Change(self.name, before["id"], before, after, echoes))
            self._pass_on(before["id"], values)

    def delete_rows(self) -> None:
        """Delete these records, and what belongs to them."""
        work = self.env.work
        for row in list(self.rows(self.ids)):
            self._let_go(row["id"])
            work.transaction.drop(self.name, row["id"])
            work.changes.append(Change(self.name, row["id"], row, None))

    def _let_go(self, ident: int) -> None:
        """See to the records that refer to one which is to be deleted."""
        env = self.env.sudo()
        for name in self.env.work.registry.base:
            other = env[name]
            for field in other.fields.values():
                if field.relation == self.name and field.kept:
                    _release(other, field, ident)
        for name in _SHARED:
            shared = env[name]
            mine = [
                r["id"]
                for r in shared.rows()
                if (r.get("res_model") or r.get("model"), r["res_id"]) == (self.name, ident)
            ]
            shared.of(mine).delete_rows()
        data = env["ir.model.data"]
        data.of([row["id"] for row in data.rows() if (row["model"], row["res_id"]) == (self.name, ident)]).delete_rows()

    def _columns(self, values: Mapping[str, Any], row: Row) -> dict[str, Any]:
        """Checked values of the fields that are kept here."""
        columns: dict[str, Any] = {}
        for name, value in values.items():
            field = self.fields.get(name)
            if field is None:
                place = "on model" if self.env.series < 19 else "in"
                raise errors.value_error(f"Invalid field {name!r} {place} {self.name!r}")
            self.may_see(field, "write")
            if name in MAGIC or not field.kept:
                continue
            if field.type == "many2many":
                columns[name] = self._linked(field, row[name] or (), value)
            else:
                columns[name] = kept(field, self.name, value)
                self._present(field, columns[name])
        return columns

    def _present(self, field: Field, value: Any) -> None:
        if field.type == "many2one" and value and self.env.row(field.relation, value) is None:
            if field.name in self.read_when_set:
                raise errors.missing(field.relation, [value], self.env.uid)
            raise errors.dangling(self.schema.title, field.name, field.string, self.name)

    def _linked(self, field: Field, now: tuple[int, ...], commands: Any) -> tuple[int, ...]:
        """The ids of a many2many after commands."""
        found = list(now)
        for command in _commands(commands):
            match command:
                case [0, _, values]:
                    found += self.env[field.relation].create([values])
                case [1, ident, values]:
                    self.env.on(field.relation, [ident]).write(values)
                case [2 | 3, ident, *_]:
                    found = [other for other in found if other != ident]
                case [4, ident, *_]:
                    found.append(ident)
                case [5, *_]:
                    found = []
                case [6, _, idents]:
                    found = list(idents)
        found = list(dict.fromkeys(found))
        gone = [ident for ident in found if self.env.row(field.relation, ident) is None]
        if gone:
            raise errors.missing(field.relation, gone, self.env.uid)
        return tuple(sorted(found))

    def _complete(self, row: Row, names: Mapping[str, Any]) -> None:
        """Raise a validation fault for a mandatory field that is not set."""
        for name in names:
            field = self.fields[name]
            if field.required and field.kept and row.get(name) is None:
                raise errors.not_set(self.env.series, self.schema.title, self.name, field.string, name)

    def _pass_on(self, ident: int, values: Mapping[str, Any]) -> None:
        """Write what other records keep."""
        for name, value in values.items():
            field = self.fields[name]
            if "." in field.related and not field.readonly:
                first, last = field.related.split(".")
                target = (self.row(ident) or {}).get(first)
                self.env.sudo().on(self.fields[first].relation, [target] if target else []).update_rows({last: value})
            elif field.inverse:
                other = self.env[field.relation]
                if other.fields[field.inverse].type == "many2many":
                    _mirror(other, field, ident, value, list(self.value(self.row(ident) or {"id": ident}, field)))
                else:
                    self._set_children(other, field, ident, value)

    def _set_children(self, other: RecordSet, field: Field, ident: int, commands: Any) -> None:
        for command in _commands(commands):
            match command:
                case [0, _, values]:
                    other.create([{**values, field.inverse: ident}])
                case [1, child, values]:
                    other.of([child]).write(values)
                case [2 | 3, child, *_]:
                    other.of([child]).unlink()
                case [4, child, *_]:
                    other.of([child]).write({field.inverse: ident})
                case [5, *_] | [6, _, []]:
                    other.of(list(self.value(self.row(ident) or {}, field))).unlink()


def _commands(given: Any) -> Iterator[list[Any]]:
    """``[[4, id]]`` as it is; a mere list of ids replaces."""
    if given in (None, False):
        yield [5]
    elif given and all(isinstance(item, int) for item in given):
        yield [6, 0, list(given)]
    else:
        yield from (list(item) for item in given)


def _mirror(other: RecordSet, field: Field, ident: int, commands: Any, now: list[int]) -> None:
    """Commands for a many2many that the other model keeps."""
    for command in _commands(commands):
        match command:
            case [4, target, *_]:
                other.of([target]).write({field.inverse: [[4, ident]]})
            case [2 | 3, target, *_]:
                other.of([target]).write({field.inverse: [[3, ident]]})
            case [5, *_]:
                other.of(now).write({field.inverse: [[3, ident]]})
            case [6, _, targets]:
                other.of([target for target in now if target not in targets]).write({field.inverse: [[3, ident]]})
                other.of(targets).write({field.inverse: [[4, ident]]})


def _release(other: RecordSet, field: Field, ident: int) -> None:
    """A record is about to go: do to those that refer to it what their field says; the database does so, unnoticed."""
    transaction = other.env.work.transaction
    for row in list(other.rows()):
        value = row.get(field.name)
        if field.type == "many2many" and ident in (value or ()):
            left = tuple(linked for linked in value or () if linked != ident)
            transaction.put(other.name, row["id"], {**row, field.name: left})
        elif field.type == "many2one" and value == ident:
            if field.ondelete == "cascade":
                other.of([row["id"]]).delete_rows()
            elif field.ondelete == "restrict":
                raise errors.dangling(other.schema.title, field.name, field.string, other.name)
            else:
                transaction.put(other.name, row["id"], {**row, field.name: None})
