"""The context of a setup: the database, the options, and how missing records are created."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.config.configuration_edit import Place
from bridge.errors import GiveUp
from bridge.helpdesks.installer import InstallOptions, InstallStep
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.setup.external_ids import ExternalIds, SetupRecord
from bridge.helpdesks.setup.engine import ensure
from mappings.odoo.schema import Schema

FIELDS = "ir.model.fields"
ALSO_ARCHIVED = {"active_test": False}


@dataclass(frozen=True)
class SetupContext:
    """One database that is being set up, with an administrator's client."""

    name: str
    """Name of the connection."""
    options: InstallOptions
    client: OdooClient
    external_ids: ExternalIds
    schema: Schema
    apply: bool
    """False: only show what would be done."""
    entries: dict[Place, Any] = field(default_factory=dict)
    """What is to be written into the connection; None where it is not known before the record exists."""

    def ensure(self, records: Sequence[SetupRecord], taken: Container[str] = ()) -> Iterator[InstallStep]:
        """Create the missing records of one model, and restore the kept columns of the others.

        ``taken``: names of existing records of somebody else, which are used and left unchanged.
        """
        yield from ensure(self.external_ids, records, apply=self.apply, taken=taken)

    def model_ids(self, models: Iterable[str]) -> dict[str, int]:
        """Ids of models. Raises ``GiveUp`` for a model that does not exist."""
        wanted = list(models)
        found = self.client.search_read("ir.model", [("model", "in", wanted)], ["model"], order="id")
        ids = {str(row["model"]): int(row["id"]) for row in found}
        if absent := [model for model in wanted if model not in ids]:
            raise GiveUp(f"the database has no {', '.join(absent)}; is the app installed that provides it?")
        return ids

    def field_ids(self, model: str, names: Iterable[str]) -> dict[str, int]:
        """Ids of the existing fields of a model, by name."""
        domain = [("model", "=", model), ("name", "in", sorted(names))]
        found = self.client.search_read(FIELDS, domain, ["name"], order="id")
        return {str(row["name"]): int(row["id"]) for row in found}

    def fields_of(self, model: str) -> frozenset[str]:
        """Names of the fields of a model."""
        return frozenset(self.client.fields_get(model, ["type"]))
