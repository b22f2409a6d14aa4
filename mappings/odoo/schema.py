"""The helpdesk app of an Odoo database: its models and fields, and its stages, teams and tags. Pure.

The community helpdesk (OCA ``helpdesk_mgmt``) and Enterprise use the same model name for tickets but different fields
and different names for everything else; they are told apart by their fields.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Literal

from bridge.decision import Fact, Field, Target
from bridge.errors import InputError
from mappings.coercion import Json
from mappings.connection import DEFERRABLE, Connection
from mappings.odoo.fields import TICKET_FIELDS, WritableField, misfit, shown_type
from mappings.odoo.vocabulary import INSTALL, LOG_FIELD, PREFIX, many2one_id

MODEL = "helpdesk.ticket"
Flavour = Literal["community", "enterprise"]

_SIGNS: dict[Flavour, frozenset[str]] = {
    "community": frozenset({"number", "unattended"}),
    "enterprise": frozenset({"ticket_ref", "sla_status_ids"}),
}


@dataclass(frozen=True)
class Schema:
    """The models and fields of a database's helpdesk."""

    flavour: Flavour
    stage: str
    """Model of the stages; ``team`` and ``tag`` likewise."""
    team: str
    tag: str
    fields: Mapping[str, Json]
    """``fields_get`` of a ticket: type, string, selection, relation ..."""
    names: Mapping[int, str] = field(default_factory=dict)
    """Field names by the ids in tracked changes, if ``ir.model.fields`` may be read."""

    @classmethod
    def of(cls, fields: Mapping[str, Json], names: Mapping[int, str] | None = None) -> Schema:
        """Detect the helpdesk from a ticket's ``fields_get``. Raises ``InputError`` if it is neither of the two."""
        flavour = next((flavour for flavour, signs in _SIGNS.items() if signs <= fields.keys()), None)
        if flavour is None:
            known = "; ".join(f"{flavour}: {', '.join(sorted(signs))}" for flavour, signs in _SIGNS.items())
            raise InputError(
                f"the fields of {MODEL} belong to no supported helpdesk ({known}); is the addon installed?"
            )
        stage, team, tag = (str(fields[name].get("relation")) for name in ("stage_id", "team_id", "tag_ids"))
        return cls(flavour, stage, team, tag, fields, names or {})

    def ticket_fields(self, connection: Connection) -> list[str]:
        """Fields to read of a ticket, as far as they exist."""
        named = {where: name for where, name in connection.named_fields() if name in self.fields}
        ours = (name for name in self.fields if name.startswith(PREFIX))
        usual = (name for name in TICKET_FIELDS if name in self.fields)
        return list(dict.fromkeys([*usual, *map(str, named.values()), *ours]))

    def missing_facts(self, connection: Connection) -> dict[str, str]:
        """Facts whose field does not exist: why."""
        named = {name: source.field for name, source in connection.facts.items() if source.field}
        return {name: f"{MODEL} has no field {field}" for name, field in named.items() if field not in self.fields}

    def missing_sources(self, connection: Connection) -> dict[str, str]:
        """Of ``type`` and ``channel``, those whose field does not exist: why."""
        sources = {"type": connection.type, "channel": connection.channel}
        named = {name: source.field for name, source in sources.items() if source and source.field}
        return {name: f"{MODEL} has no field {field}" for name, field in named.items() if field not in self.fields}

    def missing_fields(self, connection: Connection) -> dict[str, str]:
        """Configured fields that do not exist, by key path: what is wrong."""
        problems: dict[str, str] = {}
        for where, name in connection.named_fields():
            if name not in self.fields:
                near = ", ".join(get_close_matches(str(name), self.fields))
                problems[where] = f"{where}: {MODEL} has no field {name}{f'; similar: {near}' if near else ''}"
        return problems

    def tracked_field(self, row: Json) -> str | None:
        """The field of a ``mail.tracking.value``, by its id or else by its label, ``Stage (Helpdesk Ticket)``."""
        found = row.get("field_id")
        label = str(found[1]).rpartition(" (")[0] if isinstance(found, list | tuple) and len(found) > 1 else ""
        return self.names.get(many2one_id(found)) or self._by_label.get(label)

    @cached_property
    def _by_label(self) -> dict[str, str]:
        """Fields by their label, for unique labels."""
        labels = Counter(about.get("string") for about in self.fields.values())
        return {str(about["string"]): n for n, about in self.fields.items() if labels[about.get("string")] == 1}

    def target(self, target: Field | Fact, connection: Connection) -> WritableField | None:
        """The field to write for a target: that of a fact; a configured one, or else our own ``x_policy_<name>``.

        None if there is none or its type is unsuitable.
        """
        return None if self.misfit(target, connection) else self._behind(target, connection)

    def misfit(self, target: Field | Fact, connection: Connection) -> str:
        """Why a display field is not written; empty if it is suitable, and if there is none."""
        found = self._behind(target, connection)
        if found is None or isinstance(target, Fact):
            return ""
        problem = misfit(found.type, shown_type(target.name, chosen=bool(found.values)), written=True)
        return problem and f"field {found.name} {problem}"

    @property
    def keeps_log(self) -> bool:
        """Whether tickets have a text field for our own log."""
        return LOG_FIELD in self.fields and not misfit(str(self.fields[LOG_FIELD].get("type")), "text", written=True)

    def _behind(self, target: Field | Fact, connection: Connection) -> WritableField | None:
        named = connection.write_target(target)
        if named is None and isinstance(target, Fact):
            return None
        found = str(named.field) if named else f"{PREFIX}{target.name}"
        about = self.fields.get(found)
        if about is None or found == LOG_FIELD:
            return None
        options = {str(value): str(label) for value, label in about.get("selection") or ()}
        size = int(about.get("size") or 0)
        return WritableField(found, str(about.get("type")), options, named.values if named else {}, size, target.name)

    def targets(self, connection: Connection) -> dict[str, WritableField]:
        """Display fields by canonical name: the configured ones and our own ``x_policy_<name>``."""
        ours = (name.removeprefix(PREFIX) for name in self.fields if name.startswith(PREFIX) and name != LOG_FIELD)
        names = dict.fromkeys([*connection.fields, *ours])
        return {name: found for name in names if (found := self.target(Field(name), connection))}

    def known_fields(self, connection: Connection) -> frozenset[Target]:
        """Fields that the bridge can write; plans leave out the others."""
        kept = DEFERRABLE if self.keeps_log else frozenset()
        shown = map(Field, {*self.targets(connection), *kept})
        return frozenset({*shown, *connection.written_beside_fields()})


def with_advice(missing: Iterable[str]) -> str:
    """What is wrong with configured fields, in one line that says what to do; empty: nothing is."""
    lines = [*missing]
    return "; ".join([*lines, f"{INSTALL}, which creates those that begin with x_"]) if lines else ""
