"""The context of a setup: the account, the options, and how what was made gets into ``policybridge.yaml``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.helpdesks.installer import InstallOptions, InstallStep
from bridge.helpdesks.setup.engine import ensure
from bridge.helpdesks.zendesk.client import ZendeskClient
from bridge.helpdesks.zendesk.setup.records import FIELD, WantedRecord, ZendeskRecords
from bridge.policy.model import Policy
from bridge.policy.requirements import HelpdeskRequirements
from mappings.connection import Connection

Place = tuple[str, str | int]
"""A key of the connection: section and name."""


@dataclass(frozen=True)
class PlacedRecord:
    """A record, and what the connection says about it once it exists."""

    place: Place
    record: WantedRecord
    entry: Callable[[int], Any] = lambda ident: ident
    """What is written at the place, from the record's id."""


@dataclass(frozen=True)
class SetupContext:
    """One account that is being set up."""

    name: str
    """Name of the connection."""
    options: InstallOptions
    connection: Connection
    policies: Sequence[Policy]
    needed: HelpdeskRequirements
    client: ZendeskClient
    records: ZendeskRecords
    apply: bool
    entries: dict[Place, Any] = field(default_factory=dict)
    """What is to be written into the connection; None where the id is not known before the record exists."""
    planned_fields: list[str] = field(default_factory=list)
    """Names of the fields that would be created; none with ``apply``."""

    def ensure(self, placed: Sequence[PlacedRecord], used: Mapping[str, int] | None = None) -> Iterator[InstallStep]:
        """Create the missing records, unless the connection names other ones, and note what the file has to say.

        ``used``: records of somebody else that serve as well, by the key of ours.
        """
        ours = [each for each in placed if self.is_for_us(each)]
        others = used or {}
        wanted = [each.record for each in ours if each.record.key not in others]
        for step in ensure(self.records, wanted, apply=self.apply):
            if step.verb == "create" and step.model == FIELD.model and not self.apply:
                self.planned_fields.append(step.name)
            yield step
        there = self.records.present(wanted)
        for each in ours:
            ident = others.get(each.record.key) or there.get(each.record.key, {}).get("id")
            entry = None if ident is None else each.entry(int(ident))
            if entry is None or not self._says(each.place, entry):
                self.entries[each.place] = entry

    def has_consent(self, placed: PlacedRecord, option: bool) -> bool:
        """Whether a record may be created: the option allows it now, or allowed it when it was made."""
        return option or bool(self.records.made_id(placed.record.key))

    def is_for_us(self, placed: PlacedRecord) -> bool:
        """Whether the connection leaves the record to us: it names none, or the one that we have made."""
        configured = self.configured(placed.place)
        return configured is None or str(configured) == self.records.made_id(placed.record.key)

    def _says(self, place: Place, entry: Any) -> bool:
        """Whether the connection already says this at a place; translations that people have added are theirs."""
        if not isinstance(entry, dict):
            return bool(self.configured(place) == entry)
        source = getattr(self.connection, place[0]).get(place[1])
        return bool(
            source and source.field == entry["field"] and entry.get("values", {}).keys() <= source.values.keys()
        )

    def configured(self, place: Place) -> Any:
        """The record that the connection names at a place; ``tags`` for a fact that is read from tags."""
        section, name = place
        found = getattr(self.connection, section).get(name)
        if isinstance(found, list):
            return found[0]
        return (found.field or "tags") if hasattr(found, "field") else found
