"""The records of an Odoo helpdesk that a connection refers to: stages, teams, tags, categories, companies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from bridge.errors import InputError
from bridge.ticket import Status, tag_form
from bridge.yamlio.validate import advice
from mappings.coercion import Json, text_of
from mappings.connection import Connection
from mappings.field_sources import VendorRef
from mappings.harmless_text import harmless
from mappings.odoo.fields import text_in
from mappings.odoo.schema import Schema
from mappings.odoo.vocabulary import many2many_ids, many2one_id

Name = tuple[str, str]
"""What a record is, such as ``stage``, and its name."""


@dataclass(frozen=True)
class Problems:
    """What a connection names and cannot be found by its name, by key path."""

    missing: Mapping[str, str]
    renamed: Mapping[str, str]
    """What is still known by its id."""
    archived: Mapping[str, str] = field(default_factory=dict)
    """Of what nothing is left but archived records."""

    def lines(self) -> list[str]:
        """All of it, in one line each."""
        return [*self.missing.values(), *self.renamed.values(), *self.archived.values()]


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
    missing: Mapping[str, str] = field(default_factory=dict)
    """What a connection names and nothing here is called, by key path: what is wrong."""
    archived: Mapping[str, str] = field(default_factory=dict)
    """Likewise of what a connection names and nobody can choose any more."""

    def __post_init__(self) -> None:
        for name in ("stages", "teams", "tags", "subtypes", "categories", "channels", "companies"):
            object.__setattr__(self, name, harmless(getattr(self, name)))

    def resolve(self, connection: Connection) -> Connection:
        """The connection with names resolved to ids. Raises ``InputError`` that lists what exists."""
        lists = self._named_records
        resolved: dict[str, Any] = {}
        problems: list[str] = []
        for section, (kind, names) in lists.items():
            resolved[section] = {}
            for key, refs in getattr(connection, section).items():
                try:
                    resolved[section][key] = _resolve_all(f"{section}.{key}", kind, refs, names)
                except InputError as error:
                    problems.append(str(error))
        if problems:
            raise InputError("\n".join(problems))
        try:
            return Connection.model_validate(connection.model_dump() | resolved)
        except ValidationError as error:  # a name and an id may turn out to be the same thing
            raise InputError(advice(error.errors()[0])) from error

    @property
    def _named_records(self) -> dict[str, tuple[str, Mapping[int, str]]]:
        """For each section of a connection that names records what they are, and their names by id."""
        return {
            "statuses": ("stage", _names(self.stages)),
            "tiers": ("team", _names(self.teams)),
            "groups": ("team", _names(self.teams)),
            "forms": ("category", self.categories),
            "brands": ("company", self.companies),
        }

    def without_missing(self, connection: Connection, known: Mapping[Name, int]) -> tuple[Connection, Problems]:
        """The connection without what it names and is not there, and the problems; raises nothing for these.

        ``known``: ids of what was once called so. A record that was renamed since is still the one that is meant.
        """
        kept: dict[str, Any] = {}
        missing: dict[str, str] = {}
        renamed: dict[str, str] = {}
        archived: dict[str, str] = {}
        for section, (kind, names) in self._named_records.items():
            kept[section] = {}
            for key, refs in getattr(connection, section).items():
                where, left = f"{section}.{key}", []
                for ref in refs if isinstance(refs, list) else [refs]:
                    try:
                        left.append(_resolve(where, kind, ref, names))
                    except InputError as error:
                        before = known.get((kind, str(ref)), 0)
                        if before in names:
                            left.append(before)
                            renamed[where] = f"{where}: the {kind} {ref!r} is now called {names[before]!r}"
                        else:
                            missing[where] = str(error)
                if left:
                    kept[section][key] = left if isinstance(refs, list) else left[0]
                if left and not self.active(kind, left):
                    advice = "restore it, or name another one"
                    archived[where] = f"{where}: the {kind} {names[left[0]]!r} is archived; {advice}"
        return connection.model_copy(update=kept), Problems(missing, renamed, archived)

    def active(self, kind: str, ids: Iterable[Any]) -> list[int]:
        """Those of these records that are not archived; what is no stage or team cannot be."""
        records = {"stage": self.stages, "team": self.teams}.get(kind, ())
        archived = {record["id"] for record in records if not record.get("active", True)}
        return [int(ident) for ident in ids if ident not in archived]

    def ids_by_name(self) -> dict[Name, int]:
        """The ids of all records that a connection can name."""
        return {
            (kind, name): ident for kind, names in self._named_records.values() for ident, name in names.items() if name
        }

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
        found = next(named, None) or (self._status_by_flags(stage) if stage else None)
        # its stage may be the one that was named and is called otherwise now
        return None if found is Status.OPEN and stage_id not in _ids(connection) and self._lacks_stages else found

    @property
    def _lacks_stages(self) -> bool:
        return any(where.startswith("statuses.") for where in self.missing)

    def stage_for(self, status: Status, connection: Connection, team_id: int = 0) -> int | None:
        """The stage to write for a status on a ticket of a team; None when one must be configured."""
        elsewhere = {ident for other, ids in connection.statuses.items() if other != status for ident in ids}
        ranked = sorted(self.stages, key=lambda s: (s.get("sequence") or 0, s["id"]))
        if f"statuses.{status}" in self.missing and status not in connection.statuses:
            return None
        by_flags = [int(s["id"]) for s in ranked if self._status_by_flags(s) is status and s["id"] not in elsewhere]
        wanted: Iterable[VendorRef] = connection.statuses.get(status) or by_flags
        open_to = {s["id"]: many2many_ids(s.get("team_ids")) for s in self.stages if s.get("active", True)}
        fitting = (int(s) for s in wanted if s in open_to and (not open_to[s] or team_id in open_to[s]))
        return next(fitting, None)

    def tag_ids(self, tag: str) -> Iterator[int]:
        """Ids of the tags whose names have this form, lowest first; tag names are not unique in Odoo."""
        yield from (ident for ident, name in sorted(self.tags.items()) if tag_form(name) == tag)

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


def _ids(connection: Connection) -> set[VendorRef]:
    return {stage for stages in connection.statuses.values() for stage in stages}


def _names(records: Iterable[Json]) -> dict[int, str]:
    return {int(record["id"]): str(record.get("name") or "") for record in records}


def _resolve_all(where: str, kind: str, refs: VendorRef | list[VendorRef], names: Mapping[int, str]) -> int | list[int]:
    if isinstance(refs, list):
        return [_resolve(where, kind, ref, names) for ref in refs]
    return _resolve(where, kind, refs, names)


def _resolve(where: str, kind: str, ref: VendorRef, names: Mapping[int, str]) -> int:
    wanted = str(ref).strip().lower()
    found = [ident for ident, name in names.items() if ident == ref or name.strip().lower() == wanted]
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"{name} ({ident})" for ident, name in sorted(names.items()))
    problem = f"more than one {kind} is called {ref!r}; use its id" if found else f"there is no {kind} {ref!r}"
    raise InputError(f"{where}: {problem}; found: {there or 'none'}")
