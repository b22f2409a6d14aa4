"""What a call works in: one transaction, the user who calls, and the context that was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol, Self

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.field import Field
from bridge.sandbox.odoo.schema import Schema
from bridge.sandbox.odoo.tables import Row, Transaction

ODOOBOT, ADMIN = 1, 2
"""Users that every database has."""


@dataclass(frozen=True)
class Change:
    """A record was created (no ``before``), written, or deleted (no ``after``)."""

    model: str
    ident: int
    before: Row | None
    after: Row | None
    echoes: int = 0
    """How often the model wrote to the record once more on its own account."""


class ReadableRecords(Protocol):
    """Records of one model, as searching and sorting see them; ``Records`` in ``records`` are such."""

    env: Env
    schema: Schema
    ids: list[int]

    @property
    def name(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, Field]: ...
    def row(self, ident: int | None) -> Row | None: ...
    def rows(self, idents: Iterable[int] | None = None) -> Iterator[Row]: ...
    def value(self, row: Row, field: Field) -> Any: ...
    def label(self, row: Row) -> str | None: ...
    def may_see(self, field: Field, operation: str) -> None: ...
    def hidden(self, row: Row, operation: str) -> bool: ...


class RecordSet(ReadableRecords, Protocol):
    """Records of one model with all that can be done to them; a ``Model`` in ``model`` is one."""

    @property
    def id(self) -> int: ...
    def of(self, ids: Sequence[int]) -> Self: ...
    def insert(self, values: Mapping[str, Any], *, echoes: int = 0) -> int: ...
    def update_rows(self, values: Mapping[str, Any], *, echoes: int = 0) -> None: ...
    def delete_rows(self) -> None: ...
    def search_rows(self, domain: Any, order: str | None = None) -> list[Row]: ...
    def read(self, fields: Sequence[str] | None = None, load: str | None = ...) -> list[dict[str, Any]]: ...
    def search_read(
        self,
        domain: Any = None,
        fields: Sequence[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        load: str | None = ...,
    ) -> list[dict[str, Any]]: ...
    def create(self, vals_list: Any) -> list[int]: ...
    def write(self, vals: dict[str, Any]) -> bool: ...
    def unlink(self) -> bool: ...


class ModelRegistry(Protocol):
    """Which models there are; see :class:`bridge.sandbox.odoo.registry.Registry`."""

    series: int
    base: dict[str, Schema]
    model_ids: dict[str, int]

    def title(self, model: str) -> str: ...
    def model(self, env: Env, name: str, idents: Sequence[int]) -> RecordSet: ...
    def forget(self) -> None: ...


@dataclass
class Work:
    """What the environments of one call share."""

    transaction: Transaction
    registry: ModelRegistry
    clock: Callable[[], datetime]
    now: datetime
    """Start of the transaction, naive UTC: the ``write_date`` of all it writes."""
    changes: list[Change] = field(default_factory=list)


class Env:
    """A user's view of the models, ``env["helpdesk.ticket"]``; with ``su`` no right is asked for."""

    def __init__(self, work: Work, uid: int, context: Mapping[str, Any] | None = None, *, su: bool = False) -> None:
        self.work = work
        self.uid = uid
        self.context = dict(context or {})
        self.su = su

    @property
    def series(self) -> int:
        return self.work.registry.series

    @property
    def now(self) -> datetime:
        return self.work.now

    def __getitem__(self, name: str) -> RecordSet:
        return self.on(name, ())

    def on(self, name: str, idents: Sequence[int]) -> RecordSet:
        """Records of a model. Raises the 404 fault for an unknown one."""
        return self.work.registry.model(self, name, idents)

    def sudo(self) -> Env:
        return Env(self.work, self.uid, self.context, su=True)

    def with_context(self, **more: Any) -> Env:
        return Env(self.work, self.uid, {**self.context, **more}, su=self.su)

    def as_user(self, uid: int) -> Env:
        return Env(self.work, uid, self.context)

    def row(self, model: str, ident: int | None) -> Row | None:
        return self.work.transaction.table(model).get(ident or 0)

    @property
    def wall(self) -> datetime:
        """The present moment, naive UTC."""
        return self.work.clock().replace(tzinfo=None)

    @property
    def user(self) -> Row:
        return self.work.transaction.table("res.users")[self.uid]

    @property
    def partner_id(self) -> int:
        """The contact of the user."""
        found: int = self.user["partner_id"]
        return found

    @cached_property
    def groups(self) -> frozenset[int]:
        """Groups of the user, with those they imply."""
        return self.implied(self.user["groups_id" if self.series < 19 else "group_ids"])

    def implied(self, groups: Iterable[int]) -> frozenset[int]:
        """Groups and what they imply."""
        table, found, left = self.work.transaction.table("res.groups"), set[int](), list(groups)
        while left:
            ident = left.pop()
            if ident in table and ident not in found:
                found.add(ident)
                left += table[ident]["implied_ids"]
        return frozenset(found)

    @cached_property
    def companies(self) -> frozenset[int]:
        """Companies whose records may be seen; the context may narrow them down. Raises an access fault."""
        own = frozenset(self.user["company_ids"])
        chosen = self.context.get("allowed_company_ids")
        if chosen and not set(chosen) <= own:
            raise errors.access_error("Access to unauthorized or invalid companies.")
        return frozenset(chosen) if chosen else own

    def ref(self, xmlid: str) -> int:
        """The record that an external identifier names. Raises a value fault."""
        module, _, name = xmlid.partition(".")
        for row in self.work.transaction.table("ir.model.data").values():
            if (row["module"], row["name"]) == (module, name):
                found: int = row["res_id"]
                return found
        raise errors.value_error(f"External ID not found in the system: {xmlid}")

    def has_group(self, xmlid: str) -> bool:
        try:
            return self.ref(xmlid) in self.groups
        except errors.Fault:
            return False

    def allow(self, model: str, operation: str) -> None:
        """Raise an access fault unless the user's groups may do that with the model at all."""
        if not (self.su or self.may(model, operation)):
            raise errors.access_error(self._denied(model, operation))

    def may(self, model: str, operation: str) -> bool:
        return any(group is None or group in self.groups for group in self._granting(model, operation))

    def _granting(self, model: str, operation: str) -> list[int | None]:
        model_id = self.work.registry.model_ids[model]
        rights = self.work.transaction.table("ir.model.access").values()
        return [
            row["group_id"]
            for row in rights
            if row["model_id"] == model_id and row["active"] and row[f"perm_{operation}"]
        ]

    def _denied(self, model: str, operation: str) -> str:
        verb = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}[operation]
        title = self.work.registry.title(model)
        groups = self.work.transaction.table("res.groups")
        granted = [groups[ident]["_full_name"] for ident in self._granting(model, operation) if ident in groups]
        listed = "\n".join(f"\t- {name}" for name in sorted(granted))
        allowed = f"This operation is allowed for the following groups:\n{listed}"
        if not granted:
            allowed = "No group currently allows this operation."
        return f"You are not allowed to {verb} '{title}' ({model}) records.\n\n{allowed}\n\n{errors.LACKS_RIGHT}"
