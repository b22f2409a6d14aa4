"""Which helpdesk an Odoo database has, and what stands in its lists of stages, teams and tags. Pure.

The community helpdesk (OCA ``helpdesk_mgmt``) and Enterprise call their tickets alike and everything else
differently; the fields tell them apart, never a guess.
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
from mappings.field_sources import FieldTarget, VendorRef
from mappings.odoo.fields import STAGE_FIELDS, TEAM_FIELDS, TICKET_FIELDS, WritableField, misfit, shown_type, text_in
from mappings.odoo.vocabulary import INSTALL, LOG_FIELD, PREFIX, number, numbers, tag_slug

__all__ = ["MODEL", "STAGE_FIELDS", "TEAM_FIELDS", "Flavour", "HelpdeskCatalog", "Schema", "WritableField"]

MODEL = "helpdesk.ticket"
Flavour = Literal["community", "enterprise"]

_SIGNS: dict[Flavour, frozenset[str]] = {
    "community": frozenset({"number", "unattended"}),
    "enterprise": frozenset({"ticket_ref", "sla_status_ids"}),
}


@dataclass(frozen=True)
class Schema:
    """What the tickets of a database are made of."""

    flavour: Flavour
    stage: str
    """Model of the stages; ``team`` and ``tag`` likewise."""
    team: str
    tag: str
    fields: Mapping[str, Json]
    """``fields_get`` of a ticket: type, string, selection, relation ..."""
    names: Mapping[int, str] = field(default_factory=dict)
    """Field names by the ids that tracked changes use, where ``ir.model.fields`` may be read."""

    @classmethod
    def of(cls, fields: Mapping[str, Json], names: Mapping[int, str] | None = None) -> Schema:
        """Told by a ticket's ``fields_get``. Raises ``InputError`` for a helpdesk that is neither of the two."""
        flavour = next((flavour for flavour, signs in _SIGNS.items() if signs <= fields.keys()), None)
        if flavour is None:
            known = "; ".join(f"{flavour}: {', '.join(sorted(signs))}" for flavour, signs in _SIGNS.items())
            raise InputError(f"{MODEL} has the fields of no helpdesk that is known ({known}); is the addon installed?")
        stage, team, tag = (str(fields[name].get("relation")) for name in ("stage_id", "team_id", "tag_ids"))
        return cls(flavour, stage, team, tag, fields, names or {})

    def ticket_fields(self, connection: Connection) -> list[str]:
        """Fields of a ticket to read. Raises ``InputError`` naming those of the connection that do not exist."""
        named = dict(connection.named_fields())
        if missing := {where: str(name) for where, name in named.items() if name not in self.fields}:
            advice = f"{INSTALL}, which makes those whose names begin with x_"
            raise InputError("; ".join([*self._missing(missing), advice]))
        ours = (name for name in self.fields if name.startswith(PREFIX))
        usual = (name for name in TICKET_FIELDS if name in self.fields)
        return list(dict.fromkeys([*usual, *map(str, named.values()), *ours]))

    def _missing(self, named: Mapping[str, str]) -> Iterator[str]:
        for where, name in named.items():
            near = ", ".join(get_close_matches(name, self.fields))
            yield f"{where}: there is no field {name} on {MODEL}{f'; near: {near}' if near else ''}"

    def tracked_field(self, row: Json) -> str | None:
        """The field of a ``mail.tracking.value``: by its id, else by its label, ``Stage (Helpdesk Ticket)``."""
        found = row.get("field_id")
        label = str(found[1]).rpartition(" (")[0] if isinstance(found, list | tuple) and len(found) > 1 else ""
        return self.names.get(number(found)) or self._by_label.get(label)

    @cached_property
    def _by_label(self) -> dict[str, str]:
        """Fields by the label that only they have."""
        labels = Counter(about.get("string") for about in self.fields.values())
        return {str(about["string"]): n for n, about in self.fields.items() if labels[about.get("string")] == 1}

    def target(self, name: str, connection: Connection) -> WritableField | None:
        """The field behind a name of ``set_field``: that of a fact, one that is named, else ours of that name.

        None where there is none, or one that does not serve.
        """
        return None if self.misfit(name, connection) else self._behind(name, connection)

    def misfit(self, name: str, connection: Connection) -> str:
        """Why the field behind a name of ours is not written; empty where it serves, and where there is none."""
        found = self._behind(name, connection)
        source = connection.facts.get(name)
        if found is None or (source and source.field):
            return ""
        fault = misfit(found.type, shown_type(name, chosen=bool(found.words)), written=True)
        return fault and f"field {found.name} {fault}"

    @property
    def keeps_log(self) -> bool:
        """Whether tickets have the field for our own record, and it holds a text."""
        return LOG_FIELD in self.fields and not misfit(str(self.fields[LOG_FIELD].get("type")), "text", written=True)

    def _behind(self, name: str, connection: Connection) -> WritableField | None:
        source, target = connection.facts.get(name), connection.fields.get(name)
        if source and source.field:
            target = FieldTarget(field=source.field, values={str(word): raw for raw, word in source.values.items()})
        found = str(target.field) if target else f"{PREFIX}{name}"
        about = self.fields.get(found)
        if about is None or found == LOG_FIELD:
            return None
        options = {str(value): str(label) for value, label in about.get("selection") or ()}
        return WritableField(found, str(about.get("type")), options, target.values if target else {})

    def targets(self, connection: Connection) -> dict[str, WritableField]:
        """The fields of ours by canonical name: those that are named and those called ``x_policy_<name>``."""
        ours = (name.removeprefix(PREFIX) for name in self.fields if name.startswith(PREFIX) and name != LOG_FIELD)
        names = dict.fromkeys([*connection.fields, *ours])
        return {name: found for name in names if (found := self.target(name, connection))}

    def known_fields(self, connection: Connection) -> frozenset[str]:
        """Names for which ``set_field`` can be carried out."""
        facts = {name for name, source in connection.facts.items() if source.field}
        kept = DEFERRABLE if self.keeps_log else frozenset()
        return frozenset(self.targets(connection)) | facts | kept | ({"group"} if connection.groups else set())


@dataclass(frozen=True)
class HelpdeskCatalog:
    """What changes seldom in a database and is read again now and then."""

    schema: Schema
    stages: Sequence[Json]
    """``STAGE_FIELDS``, the archived ones too."""
    teams: Sequence[Json]
    """``TEAM_FIELDS``, the archived ones too."""
    tags: Mapping[int, str]
    subtypes: Mapping[int, Json]
    """``mail.message.subtype`` by id, with its ``internal`` flag."""
    categories: Mapping[int, str] = field(default_factory=dict)
    """Of the community helpdesk; in Enterprise the ticket types, where it has them."""
    channels: Mapping[int, str] = field(default_factory=dict)
    call_types: frozenset[int] = frozenset()
    """Activity types of the category ``phonecall``."""
    companies: Mapping[int, str] = field(default_factory=dict)

    def resolve(self, connection: Connection) -> Connection:
        """The connection with ids in the place of names. Raises ``InputError`` naming what exists."""
        lists: dict[str, tuple[str, Mapping[int, str]]] = {
            "statuses": ("stage", _names(self.stages)),
            "tiers": ("team", _names(self.teams)),
            "groups": ("team", _names(self.teams)),
            "forms": ("category", self.categories),
            "brands": ("company", self.companies),
        }
        told: dict[str, Any] = {}
        for section, (kind, names) in lists.items():
            told[section] = {
                word: [_one(f"{section}.{word}", kind, ref, names) for ref in refs]
                if isinstance(refs, list)
                else _one(f"{section}.{word}", kind, refs, names)
                for word, refs in getattr(connection, section).items()
            }
        try:
            return Connection.model_validate(connection.model_dump() | told)
        except ValidationError as error:  # a name and an id may turn out to be the same thing
            raise InputError(str(error.errors()[0]["msg"])) from error

    def text(self, name: str, raw: object) -> str | None:
        """What a field of a ticket holds, as text: names for records; None where nothing is set."""
        about = self.schema.fields.get(name, {})
        kind = str(about.get("type"))
        if kind not in ("many2one", "many2many"):
            return text_in(kind, raw)
        names = self._named(str(about.get("relation")))
        ids = numbers(raw) if kind == "many2many" else [number(raw)] if number(raw) else []
        return text_of([names.get(ident, str(ident)) for ident in ids])

    def status(self, stage_id: int, connection: Connection) -> Status | None:
        """What a stage means: as the connection says, else by its flags; None for a stage that is not there."""
        named = (status for status, ids in connection.statuses.items() if stage_id in ids)
        stage = next((stage for stage in self.stages if stage.get("id") == stage_id), None)
        return next(named, None) or (self._usual(stage) if stage else None)

    def stage_for(self, status: Status, connection: Connection, team_id: int = 0) -> int | None:
        """The stage to write for a status on a ticket of a team; None: the connection has to name one."""
        elsewhere = {ident for other, ids in connection.statuses.items() if other != status for ident in ids}
        ranked = sorted(self.stages, key=lambda s: (s.get("sequence") or 0, s["id"]))
        by_flags = [int(s["id"]) for s in ranked if self._usual(s) is status and s["id"] not in elsewhere]
        wanted: Iterable[VendorRef] = connection.statuses.get(status) or by_flags
        open_to = {s["id"]: numbers(s.get("team_ids")) for s in self.stages if s.get("active", True)}
        fitting = (int(s) for s in wanted if s in open_to and (not open_to[s] or team_id in open_to[s]))
        return next(fitting, None)

    def tag_ids(self, word: str) -> Iterator[int]:
        """The tags that read as a word, lowest id first; names are not unique in Odoo."""
        yield from (ident for ident, name in sorted(self.tags.items()) if tag_slug(name) == word)

    @property
    def mails_on_stages(self) -> bool:
        """Whether entering some stage sends a mail of its own."""
        return any(stage.get("mail_template_id") or stage.get("template_id") for stage in self.stages)

    def team_name(self, team_id: int) -> str | None:
        return _names(self.teams).get(team_id) or (str(team_id) if team_id else None)

    def _usual(self, stage: Json) -> Status:
        if self.schema.flavour == "enterprise":
            return Status.SOLVED if stage.get("fold") else Status.OPEN
        if stage.get("closed"):
            return Status.SOLVED
        return Status.NEW if stage.get("unattended") else Status.OPEN

    def _named(self, model: str) -> Mapping[int, str]:
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


def _one(where: str, kind: str, ref: VendorRef, names: Mapping[int, str]) -> int:
    wanted = str(ref).strip().lower()
    found = [ident for ident, name in names.items() if ident == ref or name.strip().lower() == wanted]
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"{name} ({ident})" for ident, name in sorted(names.items()))
    fault = f"more than one {kind} is called {ref!r}; name the id" if found else f"there is no {kind} {ref!r}"
    raise InputError(f"{where}: {fault}; there are: {there or 'none'}")
