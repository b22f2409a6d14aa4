"""A database that is being set up: what was asked of it, what it has, and how a piece that is missing gets there."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bridge.errors import GiveUp
from bridge.helpdesks.installer import InstallOptions, InstallStep
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.setup.external_ids import ExternalIds, SetupRecord
from mappings.odoo.schema import Schema

FIELDS = "ir.model.fields"
ALSO_ARCHIVED = {"active_test": False}


@dataclass(frozen=True)
class SetupContext:
    """One database, with an administrator's client."""

    name: str
    """Of the connection."""
    options: InstallOptions
    client: OdooClient
    registry: ExternalIds
    schema: Schema
    apply: bool
    """False: only look."""

    def ensure(self, pieces: Sequence[SetupRecord], taken: Container[str] = ()) -> Iterator[InstallStep]:
        """Create the pieces of one model that are missing, and put right those that differ.

        ``taken``: names that something else has already, which is used and left alone.
        """
        if not pieces:
            return
        there = self.registry.present(pieces)
        missing = [piece for piece in pieces if piece.mark not in there and piece.name not in taken]
        if self.apply and missing:
            self.registry.load(missing)
        yield from (InstallStep("create", piece.model, piece.name, piece.why) for piece in missing)
        for piece in pieces:
            if piece.mark in there and (columns := piece.differing(there[piece.mark])):
                if self.apply:
                    self.registry.load([piece.only(columns)])
                told = ", ".join(column.partition("/")[0] for column in columns)
                yield InstallStep("change", piece.model, piece.name, f"differs in {told}; {piece.why}")

    def model_ids(self, models: Iterable[str]) -> dict[str, int]:
        """Ids of models. Raises ``GiveUp`` for one that the database has not."""
        wanted = list(models)
        found = self.client.search_read("ir.model", [("model", "in", wanted)], ["model"], order="id")
        ids = {str(row["model"]): int(row["id"]) for row in found}
        if absent := [model for model in wanted if model not in ids]:
            raise GiveUp(f"this database has no {', '.join(absent)}; is the app installed that brings it?")
        return ids

    def field_ids(self, model: str, names: Iterable[str]) -> dict[str, int]:
        """Ids of those fields of a model that exist, by name."""
        domain = [("model", "=", model), ("name", "in", sorted(names))]
        found = self.client.search_read(FIELDS, domain, ["name"], order="id")
        return {str(row["name"]): int(row["id"]) for row in found}

    def fields_of(self, model: str) -> frozenset[str]:
        """Names of the fields of a model."""
        return frozenset(self.client.fields_get(model, ["type"]))
