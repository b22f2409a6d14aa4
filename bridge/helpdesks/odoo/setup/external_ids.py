"""What ``policybridge install`` has made in an Odoo database, as Odoo itself keeps it: external ids ``policybridge.*``.

A record is created together with its external id, by Odoo's own import, in one transaction: nothing of ours is ever
there without its mark, and what has no mark is not ours, whatever it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.errors import GiveUp
from bridge.helpdesks.odoo.client import OdooClient
from mappings.coercion import Json

MODULE = "policybridge"
_IDS = "/.id"
_ALSO_ARCHIVED = {"active_test": False}


@dataclass(frozen=True)
class SetupRecord:
    """One record that should be there."""

    model: str
    mark: str
    """Its external id, without the module."""
    name: str
    """What people know it by."""
    why: str
    columns: Mapping[str, str]
    """Columns of Odoo's import and their text; empty for nothing, ids in order with commas between."""
    kept: frozenset[str] = frozenset()
    """Columns that are put right again when somebody has changed them."""

    def differing(self, record: Json) -> list[str]:
        """The kept columns in which a record is not as it should be."""
        return [column for column in sorted(self.kept) if cell(record[_field(column)]) != self.columns[column]]

    def only(self, columns: Iterable[str]) -> SetupRecord:
        return replace(self, columns={column: self.columns[column] for column in columns})


@dataclass(frozen=True)
class InstalledRecord:
    """One record that was made here."""

    mark: str
    model: str
    id: int
    row: int
    """The id of the mark itself."""


def mark(kind: str, name: str) -> str:
    """The external id of a thing: letters, digits and underscores, as Odoo wants them."""
    return f"{kind}_{re.sub(r'[^A-Za-z0-9_]', '_', name)}"


def reference(mark: str) -> str:
    """How an import names a record by its mark."""
    return f"{MODULE}.{mark}"


def cell(value: Any) -> str:
    """A value as the import writes it."""
    match value:
        case bool():
            return "1" if value else ""
        case list() | tuple() | set() | frozenset():
            return ",".join(map(str, sorted(value)))
        case _:
            return str(value)


class ExternalIds:
    """The marked records of a database, with an administrator's client."""

    def __init__(self, client: OdooClient) -> None:
        self._client = client

    def made(self) -> dict[str, InstalledRecord]:
        """Everything that was made here, by mark. Raises ``GiveUp`` where the key is no administrator's."""
        rows = self._client.search_read(
            "ir.model.data", [("module", "=", MODULE)], ["name", "model", "res_id"], order="id"
        )
        return {row["name"]: InstalledRecord(row["name"], row["model"], row["res_id"], row["id"]) for row in rows}

    def present(self, pieces: Sequence[SetupRecord], fields: Iterable[str] = ()) -> dict[str, Json]:
        """The marked records of some pieces of one model that are still there, by mark, archived ones too."""
        made = self.made()
        ids = {made[piece.mark].id: piece.mark for piece in pieces if piece.mark in made}
        wanted = {"id", *fields, *(_field(column) for piece in pieces for column in piece.kept)}
        found = self._client.read(pieces[0].model, list(ids), sorted(wanted)) if ids else []
        return {ids[record["id"]]: record for record in found}

    def load(self, pieces: Sequence[SetupRecord]) -> None:
        """Create pieces of one model, or write those whose mark is there: all of them or, with ``GiveUp``, none."""
        columns = list(pieces[0].columns)
        rows = [[reference(piece.mark), *(piece.columns[column] for column in columns)] for piece in pieces]
        model = pieces[0].model
        answer = self._client.call(model, "load", fields=["id", *columns], data=rows)
        if not answer.get("ids"):
            faults = " ".join(str(fault.get("message")) for fault in answer.get("messages") or ())
            names = ", ".join(piece.name for piece in pieces)
            raise GiveUp(f"Odoo refuses {model} {names}: {' '.join(faults.split())}")

    def existing(self, model: str, ids: Iterable[int]) -> set[int]:
        """Those of some records that are still there."""
        wanted = sorted(ids)
        found = self._client.search_read(model, [("id", "in", wanted)], ["id"], order="id", context=_ALSO_ARCHIVED)
        return {record["id"] for record in found}

    def unlink(self, made: Sequence[InstalledRecord]) -> None:
        """Delete records of one model, and their marks."""
        if there := self.existing(made[0].model, [each.id for each in made]):
            self._client.unlink(made[0].model, sorted(there))
        self.forget([each for each in made if each.id not in there])

    def forget(self, made: Sequence[InstalledRecord]) -> None:
        """Delete the marks of records that are gone."""
        if made:
            self._client.unlink("ir.model.data", [each.row for each in made])


def _field(column: str) -> str:
    return column.removesuffix(_IDS)
