"""External ids ``policybridge.*``, by which Odoo itself knows what ``policybridge install`` has created.

A record is created together with its external id by Odoo's own import, in one transaction. So none of our records ever
lacks one, and a record without one is not ours, whatever its name is.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.errors import GiveUp
from bridge.helpdesks.odoo.client import OdooClient
from mappings.coercion import Json
from mappings.record_digest import digest_of

MODULE = "policybridge"
_IDS = "/.id"
_ALSO_ARCHIVED = {"active_test": False}


@dataclass(frozen=True)
class SetupRecord:
    """One record that should exist."""

    model: str
    external_id: str
    """Its external id without the module."""
    name: str
    """Its name for people."""
    why: str
    columns: Mapping[str, str]
    """Columns of Odoo's import with their text: empty for no value, ids in order and separated by commas."""
    kept: frozenset[str] = frozenset()
    """Columns that are restored if somebody has changed them."""

    @property
    def key(self) -> str:
        return self.external_id

    def differing(self, record: Json) -> list[str]:
        """The kept columns in which a record differs, without the suffix of the import."""
        columns = sorted(self.kept)
        return [_field(column) for column in columns if cell(record[_field(column)]) != self.columns[column]]

    def only(self, fields: Container[str]) -> SetupRecord:
        """This record with the columns of some fields."""
        return replace(self, columns={name: text for name, text in self.columns.items() if _field(name) in fields})


@dataclass(frozen=True)
class InstalledRecord:
    """One record that ``install`` has created."""

    external_id: str
    model: str
    id: int
    row: int
    """The id of the external id itself."""


def external_id(kind: str, name: str) -> str:
    """An external id without the module; Odoo allows letters, digits and underscores."""
    return f"{kind}_{re.sub(r'[^A-Za-z0-9_]', '_', name)}"


def reference(external_id: str) -> str:
    """The complete external id, as an import refers to a record."""
    return f"{MODULE}.{external_id}"


def cell(value: Any) -> str:
    """A value as text for the import."""
    match value:
        case bool():
            return "1" if value else ""
        case list() | tuple() | set() | frozenset():
            return ",".join(map(str, sorted(value)))
        case _:
            return str(value)


class ExternalIds:
    """The records with our external ids, read and written with an administrator's client."""

    def __init__(self, client: OdooClient) -> None:
        self._client = client

    def installed_records(self) -> dict[str, InstalledRecord]:
        """Everything that was created here, by external id. Raises ``GiveUp`` if the key is not an administrator's."""
        rows = self._client.search_read(
            "ir.model.data", [("module", "=", MODULE)], ["name", "model", "res_id"], order="id"
        )
        return {row["name"]: InstalledRecord(row["name"], row["model"], row["res_id"], row["id"]) for row in rows}

    def present(self, records: Sequence[SetupRecord], fields: Iterable[str] = ()) -> dict[str, Json]:
        """Those of the records of one model that still exist, by external id, including archived ones."""
        made = self.installed_records()
        ids = {made[record.external_id].id: record.external_id for record in records if record.external_id in made}
        wanted = {"id", *fields, *(_field(column) for record in records for column in record.kept)}
        found = self._client.read(records[0].model, list(ids), sorted(wanted)) if ids else []
        return {ids[record["id"]]: record for record in found}

    def create(self, wanted: Sequence[SetupRecord]) -> Iterator[SetupRecord]:
        """Create records of one model: all of them or, with ``GiveUp``, none."""
        if wanted:
            self.load(wanted)
        yield from wanted

    def change(self, wanted: SetupRecord, parts: Sequence[str]) -> None:
        """Restore some columns of a record."""
        self.load([wanted.only(parts)])

    def digest(self, there: Json) -> str:
        """A digest of the kept columns of a record, as far as they were read."""
        return digest_of(there)

    def load(self, records: Sequence[SetupRecord]) -> None:
        """Create or, by their external id, update records of one model: all of them or, with ``GiveUp``, none."""
        columns = list(records[0].columns)
        rows = [[reference(record.external_id), *(record.columns[column] for column in columns)] for record in records]
        model = records[0].model
        response = self._client.call(model, "load", fields=["id", *columns], data=rows)
        if not response.get("ids"):
            problems = " ".join(str(each.get("message")) for each in response.get("messages") or ())
            names = ", ".join(record.name for record in records)
            raise GiveUp(f"Odoo refuses {model} {names}: {' '.join(problems.split())}")

    def existing(self, model: str, ids: Iterable[int]) -> set[int]:
        """Those of the records that still exist."""
        wanted = sorted(ids)
        found = self._client.search_read(model, [("id", "in", wanted)], ["id"], order="id", context=_ALSO_ARCHIVED)
        return {record["id"] for record in found}

    def unlink(self, made: Sequence[InstalledRecord]) -> None:
        """Delete records of one model and their external ids."""
        if there := self.existing(made[0].model, [each.id for each in made]):
            self._client.unlink(made[0].model, sorted(there))
        self.forget([each for each in made if each.id not in there])

    def forget(self, made: Sequence[InstalledRecord]) -> None:
        """Delete the external ids of records that no longer exist."""
        if made:
            self._client.unlink("ir.model.data", [each.row for each in made])


def _field(column: str) -> str:
    return column.removesuffix(_IDS)
