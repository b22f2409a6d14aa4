"""Contacts, users, groups and API keys as models."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.env import RecordSet
from bridge.sandbox.odoo.field import moment
from bridge.sandbox.odoo.model import Model, on_model, on_records
from bridge.sandbox.odoo.tables import Row

PROGRAMMATIC, LIMIT = "base.enable_programmatic_api_keys", 10
LONGEST_DAYS = 90.0


class Partner(Model):
    """``res.partner``."""

    def label(self, row: Row) -> str | None:
        return self._compute_complete_name(row)

    def _compute_complete_name(self, row: Row) -> str | None:
        above = self.row(row["parent_id"])
        return f"{above['name']}, {row['name']}" if above is not None else row["name"]

    def _compute_email_normalized(self, row: Row) -> str | None:
        return row["email"].strip().lower() if row["email"] else None

    def _compute_commercial_partner_id(self, row: Row) -> int:
        above = self.row(row["parent_id"])
        return int(row["id"]) if above is None or row["is_company"] else self._compute_commercial_partner_id(above)

    def _compute_partner_share(self, row: Row) -> bool:
        users = self.env.sudo()["res.users"]
        mine = [user for user in users.rows() if user["partner_id"] == row["id"]]
        return not mine or any(users.value(user, users.fields["share"]) for user in mine)


class User(Model):
    """``res.users``."""

    def label(self, row: Row) -> str | None:
        return (self.env.row("res.partner", row["partner_id"]) or {}).get("name")

    def _compute_share(self, row: Row) -> bool:
        return not self.env.as_user(row["id"]).has_group("base.group_user")

    def _compute_all_group_ids(self, row: Row) -> tuple[int, ...]:
        return tuple(sorted(self.env.as_user(row["id"]).groups))

    def _columns(self, values: Mapping[str, Any], row: Row) -> dict[str, Any]:
        columns = super()._columns(values, row)
        if "groups_id" in columns:  # series 18 keeps what the groups imply with them
            columns["groups_id"] = tuple(sorted(self.env.implied(columns["groups_id"])))
        return columns

    @on_model
    def context_get(self) -> dict[str, Any]:
        partner = self.env.row("res.partner", self.env.partner_id) or {}
        return {"lang": partner["lang"] or "en_US", "tz": partner["tz"] or False, "uid": self.env.uid}

    @on_records
    def has_group(self, group_ext_id: str) -> bool:
        return self.env.as_user(self.id).has_group(group_ext_id)


class Group(Model):
    """``res.groups``."""

    def _compute_full_name(self, row: Row) -> str:
        return str(row.get("_full_name") or row["name"])

    def insert(self, values: Any, *, echoes: int = 0) -> int:
        ident = super().insert(values, echoes=echoes)
        row = self.row(ident) or {}
        self.env.work.transaction.put(self.name, ident, {**row, "_full_name": row["name"]})
        return ident

    def label(self, row: Row) -> str:
        return self._compute_full_name(row)


class Parameter(Model):
    """``ir.config_parameter``."""

    @on_model
    def get_param(self, key: str, default: Any = False) -> Any:
        self.env.allow(self.name, "read")
        return next((row["value"] for row in self.rows() if row["key"] == key), default)

    @on_model
    def set_param(self, key: str, value: Any) -> Any:
        self.env.allow(self.name, "write")
        before = self.get_param(key)
        mine = [row["id"] for row in self.rows() if row["key"] == key]
        if mine:
            self.of(mine).update_rows({"value": str(value)})
        else:
            self.insert({"key": key, "value": str(value)})
        return before


class ApiKey(Model):
    """``res.users.apikeys``: everybody sees their own; the key itself is shown once."""

    def hidden(self, row: Row, operation: str) -> bool:  # noqa: ARG002
        return row["user_id"] != self.env.uid and not self.env.has_group("base.group_system")

    def allow_for(self, days: float | None) -> None:
        """Raise a fault for a life that the user's groups do not allow."""
        if self.env.has_group("base.group_system"):
            return
        if days is None:
            raise errors.validation("The API key must have an expiration date")
        if days > LONGEST_DAYS:
            raise errors.validation(f"You cannot exceed {LONGEST_DAYS} days.")

    @on_model
    def generate(self, key: str, scope: str | None, name: str, expiration_date: str | None) -> str:
        """A new key for whoever holds a valid one."""
        self._programmatic(key)
        expires = moment(expiration_date) if expiration_date else None
        self.allow_for(None if expires is None else (expires - self.env.now) / timedelta(days=1))
        if sum(row["user_id"] == self.env.uid for row in self.rows()) >= LIMIT:
            raise errors.user_error(f"Limit of {LIMIT} API keys is reached for programmatic creation")
        made = secrets.token_hex(20)
        keep(self, self.env.uid, name, made, expires=expires, scope=scope)
        return made

    @on_model
    def revoke(self, key: str) -> bool:
        found = self._programmatic(key)
        self.of([found["id"]]).delete_rows()
        return True

    def _programmatic(self, key: str) -> Row:
        if self.env.series < 19:
            raise errors.attribute_error(f"The method '{self.name}.generate' does not exist")
        enabled = self.env.sudo()["ir.config_parameter"].get_param(PROGRAMMATIC)  # type: ignore[attr-defined]
        if str(enabled).lower() not in ("true", "1") and not self.env.has_group("base.group_system"):
            raise errors.user_error("Programmatic API keys are not enabled")
        found = next((row for row in self.rows() if row["_key"] == key and row["user_id"] == self.env.uid), None)
        if found is None:
            raise errors.access_error("The provided API key is invalid or does not belong to the current user.")
        return found


def keep(keys: RecordSet, user: int, name: str, key: str, *, expires: Any = None, scope: str | None = None) -> int:
    """Remember a key; returns its id."""
    ident = keys.insert({"name": name, "user_id": user, "scope": scope, "expiration_date": expires})
    keys.env.work.transaction.put(keys.name, ident, {**(keys.row(ident) or {}), "_key": key})
    return ident
