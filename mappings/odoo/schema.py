"""The helpdesk app of an Odoo database: its models and fields, and its stages, teams and tags. Pure.

The community helpdesk (OCA ``helpdesk_mgmt``) and Enterprise use the same model name for tickets but different fields
and different names for everything else; they are told apart by their fields.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal

from pydantic import ValidationError

from bridge.errors import InputError
from bridge.ticket import Status
from mappings.coercion import Json, text_of
from mappings.connection import DEFERRABLE, Connection
from mappings.field_sources import VendorRef
from mappings.odoo.fields import STAGE_FIELDS, TEAM_FIELDS, TICKET_FIELDS, WritableField, misfit, shown_type, text_in
from mappings.odoo.vocabulary import INSTALL, LOG_FIELD, PREFIX, many2many_ids, many2one_id, tag_slug

__all__ = ["MODEL", "STAGE_FIELDS", "TEAM_FIELDS", "Flavour", "HelpdeskCatalog", "Schema", "WritableField"]

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
        """Fields to read of a ticket. Raises ``InputError`` for configured fields that do not exist."""
        named = dict(connection.named_fields())
        if missing := {where: str(name) for where, name in named.items() if name not in self.fields}:
            advice = f"{INSTALL}, which creates those that begin with x_"
            raise InputError("; ".join([*self._missing(missing), advice]))
        ours = (name for name in self.fields if name.startswith(PREFIX))
        usual = (name for name in TICKET_FIELDS if name in self.fields)
        return list(dict.fromkeys([*usual, *map(str, named.values()), *ours]))

    def _missing(self, named: Mapping[str, str]) -> Iterator[str]:
        for where, name in named.items():
            near = ", ".join(get_close_matches(name, self.fields))
            yield f"{where}: {MODEL} has no field {name}{f'; similar: {near}' if near else ''}"

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

    def target(self, name: str, connection: Connection) -> WritableField | None:
        """The field to write for a name: that of a fact, a configured one, or else our own ``x_policy_<name>``.

        None if there is none or its type is unsuitable.
        """
        return None if self.misfit(name, connection) else self._behind(name, connection)

    def misfit(self, name: str, connection: Connection) -> str:
        """Why the field of a display name is not written; empty if it is suitable, and if there is none."""
        found = self._behind(name, connection)
        source = connection.facts.get(name)
        if found is None or (source and source.field):
            return ""
        problem = misfit(found.type, shown_type(name, chosen=bool(found.values)), written=True)
        return problem and f"field {found.name} {problem}"

    @property
    def keeps_log(self) -> bool:
        """Whether tickets have a text field for our own log."""
        return LOG_FIELD in self.fields and not misfit(str(self.fields[LOG_FIELD].get("type")), "text", written=True)

    def _behind(self, name: str, connection: Connection) -> WritableField | None:
        target = connection.write_target(name)
        found = str(target.field) if target else f"{PREFIX}{name}"
        about = self.fields.get(found)
        if about is None or found == LOG_FIELD:
            return None
        options = {str(value): str(label) for value, label in about.get("selection") or ()}
        return WritableField(found, str(about.get("type")), options, target.values if target else {})

    def targets(self, connection: Connection) -> dict[str, WritableField]:
        """Display fields by canonical name: the configured ones and our own ``x_policy_<name>``."""
        ours = (name.removeprefix(PREFIX) for name in self.fields if name.startswith(PREFIX) and name != LOG_FIELD)
        names = dict.fromkeys([*connection.fields, *ours])
        return {name: found for name in names if (found := self.target(name, connection))}

    def known_fields(self, connection: Connection) -> frozenset[str]:
        """Fields that the bridge can write; plans leave out the others."""
        facts = {name for name, source in connection.facts.items() if source.field}
        kept = DEFERRABLE if self.keeps_log else frozenset()
        return frozenset(self.targets(connection)) | facts | kept | ({"group"} if connection.groups else set())


@dataclass(frozen=True)
class HelpdeskCatalog:
    """Stages, teams, tags and other records that rarely change and are cached."""

    schema: Schema
    stages: Sequence[Json]
    """``STAGE_FIELDS``, including archived stages."""
    teams: Sequence[Json]
    """``TEAM_FIELDS``, including archived teams."""
    tags: Mapping[int, str]
    subtypes: Mapping[int, Json]
    """``mail.message.subtype`` by id, with its ``internal`` flag."""
    categories: Mapping[int, str] = field(default_factory=dict)
    """Categories of the community helpdesk, or ticket types of Enterprise, if it has them."""
    channels: Mapping[int, str] = field(default_factory=dict)
    call_types: frozenset[int] = frozenset()
    """Activity types of the category ``phonecall``."""
    companies: Mapping[int, str] = field(default_factory=dict)

    def resolve(self, connection: Connection) -> Connection:
        """The connection with names resolved to ids. Raises ``InputError`` that lists what exists."""
        lists: dict[str, tuple[str, Mapping[int, str]]] = {
            "statuses": ("stage", _names(self.stages)),
            "tiers": ("team", _names(self.teams)),
            "groups": ("team", _names(self.teams)),
            "forms": ("category", self.categories),
            "brands": ("company", self.companies),
        }
        resolved: dict[str, Any] = {}
        for section, (kind, names) in lists.items():
            resolved[section] = {
                key: [_resolve(f"{section}.{key}", kind, ref, names) for ref in refs]
                if isinstance(refs, list)
                else _resolve(f"{section}.{key}", kind, refs, names)
                for key, refs in getattr(connection, section).items()
            }
        try:
            return Connection.model_validate(connection.model_dump() | resolved)
        except ValidationError as error:  # a name and an id may turn out to be the same thing
            raise InputError(str(error.errors()[0]["msg"])) from error

    def text(self, name: str, raw: object) -> str | None:
        """A field of a ticket as text, records by their names; None if nothing is set."""
        about = self.schema.fields.get(name, {})
        kind = str(about.get("type"))
        if kind not in ("many2one", "many2many"):
            return text_in(kind, raw)
        names = self._names_of(str(about.get("relation")))
        ids = many2many_ids(raw) if kind == "many2many" else [many2one_id(raw)] if many2one_id(raw) else []
        return text_of([names.get(ident, str(ident)) for ident in ids])

    def status(self, stage_id: int, connection: Connection) -> Status | None:
        """The status of a stage, by the connection or else by its flags; None for an unknown stage."""
        named = (status for status, ids in connection.statuses.items() if stage_id in ids)
        stage = next((stage for stage in self.stages if stage.get("id") == stage_id), None)
        return next(named, None) or (self._status_by_flags(stage) if stage else None)

    def stage_for(self, status: Status, connection: Connection, team_id: int = 0) -> int | None:
        """The stage to write for a status on a ticket of a team; None when one must be configured."""
        elsewhere = {ident for other, ids in connection.statuses.items() if other != status for ident in ids}
        ranked = sorted(self.stages, key=lambda s: (s.get("sequence") or 0, s["id"]))
        by_flags = [int(s["id"]) for s in ranked if self._status_by_flags(s) is status and s["id"] not in elsewhere]
        wanted: Iterable[VendorRef] = connection.statuses.get(status) or by_flags
        open_to = {s["id"]: many2many_ids(s.get("team_ids")) for s in self.stages if s.get("active", True)}
        fitting = (int(s) for s in wanted if s in open_to and (not open_to[s] or team_id in open_to[s]))
        return next(fitting, None)

    def tag_ids(self, slug: str) -> Iterator[int]:
        """Ids of the tags with this slug, lowest first; tag names are not unique in Odoo."""
        yield from (ident for ident, name in sorted(self.tags.items()) if tag_slug(name) == slug)

    @property
    def mails_on_stages(self) -> bool:
        """Whether any stage sends a mail of its own when a ticket enters it."""
        return any(stage.get("mail_template_id") or stage.get("template_id") for stage in self.stages)

    def team_name(self, team_id: int) -> str | None:
        return _names(self.teams).get(team_id) or (str(team_id) if team_id else None)

    def _status_by_flags(self, stage: Json) -> Status:
        if self.schema.flavour == "enterprise":
            return Status.SOLVED if stage.get("fold") else Status.OPEN
        if stage.get("closed"):
            return Status.SOLVED
        return Status.NEW if stage.get("unattended") else Status.OPEN

    def _names_of(self, model: str) -> Mapping[int, str]:
        fields = self.schema.fields
        found: dict[str, Mapping[int, str]] = {
            self.schema.stage: _names(self.stages),
            self.schema.team: _names(self.teams),
            self.schema.tag: self.tags,
            "res.company": self.companies,
        }
        for name, names in (
            ("category_id", self.categories),
            ("ticket_type_id", self.categories),
            ("channel_id", self.channels),
        ):
            found[str(fields.get(name, {}).get("relation"))] = names
        return found.get(model, {})


def _names(records: Iterable[Json]) -> dict[int, str]:
    return {int(record["id"]): str(record.get("name") or "") for record in records}


def _resolve(where: str, kind: str, ref: VendorRef, names: Mapping[int, str]) -> int:
    wanted = str(ref).strip().lower()
    found = [ident for ident, name in names.items() if ident == ref or name.strip().lower() == wanted]
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"{name} ({ident})" for ident, name in sorted(names.items()))
    problem = f"more than one {kind} is called {ref!r}; use its id" if found else f"there is no {kind} {ref!r}"
    raise InputError(f"{where}: {problem}; found: {there or 'none'}")
