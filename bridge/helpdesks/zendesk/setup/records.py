"""The records of an account that ``install`` makes, each with a mark in its description and an entry in the journal.

A record whose creation was never answered has no entry, but it has the mark, so the next run finds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import GiveUp, Gone
from bridge.helpdesks.setup.journal import InstallJournal
from bridge.helpdesks.zendesk.client import ZendeskClient
from bridge.ports.helpdesk import Diagnosis
from mappings.coercion import Json
from mappings.record_digest import digest_of

MADE = "made"
"""The part of the journal with the id of each record."""


@dataclass(frozen=True)
class RecordKind:
    """A kind of record, as the API names it."""

    model: str
    """Its name for people."""
    path: str
    singular: str
    title: str
    """The attribute with a record's name."""
    update: str = "PUT"
    deletable: bool = True
    """False: the API cannot delete it, so it is made inactive."""
    in_every_plan: bool = True
    """False: where the account's plan lacks it, it cannot be listed, and there are none."""


FIELD = RecordKind("ticket field", "ticket_fields", "ticket_field", "title")
STATUS = RecordKind(
    "custom status", "custom_statuses", "custom_status", "agent_label", deletable=False, in_every_plan=False
)
GROUP = RecordKind("group", "groups", "group", "name")
WEBHOOK = RecordKind("webhook", "webhooks", "webhook", "name", update="PATCH")
VIEW = RecordKind("view", "views", "view", "title")
FORM = RecordKind("ticket form", "ticket_forms", "ticket_form", "name", in_every_plan=False)
KINDS = (WEBHOOK, VIEW, FIELD, GROUP, STATUS)
"""What is made, in the order of removal: first what calls us, then what refers to others."""


@dataclass(frozen=True)
class WantedRecord:
    """One record that should exist; see :class:`bridge.helpdesks.setup.engine.Wanted`."""

    kind: RecordKind
    key: str
    name: str
    why: str
    values: Mapping[str, Any]
    """Its attributes at creation, its name and description left out."""
    description: str = ""
    """What it is for; the mark follows."""
    kept: frozenset[str] = frozenset()
    """Attributes that are restored if somebody has changed them."""
    complete: frozenset[str] = frozenset()
    """Lists that must have our items; what people have added stays."""
    noted: frozenset[str] = frozenset()
    """Attributes that the journal keeps, for later runs that are not told them."""
    revised: frozenset[str] = frozenset()
    """Attributes that are written again when the policies want something else than at creation."""

    @property
    def model(self) -> str:
        return self.kind.model

    def differing(self, there: Json) -> Sequence[str]:
        changed = [name for name in self.kept if there.get(name) != self.values[name]]
        lacking = [name for name in self.complete if self.lacking(name, there)]
        stale = sorted(self.revised) if self.revised and there.get("_wanted", self.wanted) != self.wanted else []
        return [name.replace("_", " ") for name in sorted({*changed, *lacking, *stale})]

    def lacking(self, name: str, there: Json) -> list[Any]:
        """The items of a list that an existing record lacks."""
        present = {_identity(item) for item in there.get(name) or ()}
        return [item for item in self.values[name] if _identity(item) not in present]

    @property
    def wanted(self) -> str:
        """A digest of what the policies want of the attributes that are revised."""
        return digest_of({name: self.values[name] for name in sorted(self.revised)}) if self.revised else ""


def _identity(item: Any) -> Any:
    """What tells the items of a list apart: options have a tag."""
    return item.get("value") if isinstance(item, Mapping) else item


@dataclass
class ZendeskRecords:
    """The records of one account; see :class:`bridge.helpdesks.setup.engine.Records`."""

    client: ZendeskClient
    journal: InstallJournal
    writes: bool
    """Whether the journal may be written."""
    _rows: dict[RecordKind, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def rows(self, kind: RecordKind) -> Mapping[str, Json]:
        """All records of a kind by id, read once; none where the account does not have the feature."""
        if kind not in self._rows:
            try:
                found = list(self.client.pages(f"{kind.path}.json" if kind is not WEBHOOK else kind.path, kind.path))
            except GiveUp as error:
                if kind.in_every_plan and not isinstance(error, Gone):
                    raise
                found = []
            self._rows[kind] = {str(row.get("id")): row for row in found}
        return self._rows[kind]

    def made(self) -> dict[str, dict[str, Any]]:
        """The entries of the journal: key -> kind and id."""
        return self.journal.read(MADE)

    def made_id(self, key: str) -> str:
        """The id of the record with this key, as text, whether or not it still exists; empty if none was made."""
        return str(self.made().get(key, {}).get("id", ""))

    def mark(self, key: str) -> str:
        """The end of the description of a record of ours."""
        return f"[policybridge {self.journal.connection.partition(' ')[0]}/{key}]"

    def present(self, wanted: Sequence[WantedRecord]) -> Mapping[str, Json]:
        found = {each.key: self._find(each) for each in wanted}
        return {key: row for key, row in found.items() if row is not None}

    def _find(self, wanted: WantedRecord) -> Json | None:
        entry, rows = self.made().get(wanted.key, {}), self.rows(wanted.kind)
        row = rows.get(str(entry.get("id"))) or self.marked(wanted.kind).get(wanted.key)
        if row is None:
            return None
        if self.writes and str(entry.get("id")) != str(row["id"]):
            self._note(wanted, row)
        return {**row, **({"_wanted": entry["wanted"]} if "wanted" in entry else {})}

    def marked(self, kind: RecordKind) -> dict[str, Json]:
        """The records of a kind with a mark of ours, by key."""
        start = self.mark("").removesuffix("]")
        found: dict[str, Json] = {}
        for row in self.rows(kind).values():
            text = str(row.get("description") or "")
            if text.endswith("]") and start in text:
                found.setdefault(text.rpartition(start)[2].removesuffix("]"), row)
        return found

    def ours(self, kind: RecordKind) -> dict[str, Json]:
        """The records of a kind that we have made and that exist, by key: from the journal, or by their mark."""
        rows = self.rows(kind)
        noted = {key: str(entry["id"]) for key, entry in self.made().items() if entry["kind"] == kind.path}
        return self.marked(kind) | {key: rows[ident] for key, ident in noted.items() if ident in rows}

    def renamed(self) -> Iterator[Diagnosis]:
        """Records of ours that people have given another name, which stays."""
        for kind in KINDS:
            rows = self.rows(kind) if any(entry["kind"] == kind.path for entry in self.made().values()) else {}
            for entry in self.made().values():
                name = str(rows.get(str(entry["id"]), {}).get(kind.title, entry["name"]))
                if entry["kind"] == kind.path and name != entry["name"]:
                    advice = f"somebody has renamed it to {name}; the new name stays"
                    yield Diagnosis(f"{kind.model} {entry['name']}", ok=True, advice=advice, warns=True)

    def create(self, wanted: Sequence[WantedRecord]) -> Iterator[WantedRecord]:
        for each in wanted:
            description = f"{each.description} {self.mark(each.key)}".strip()
            body = {each.kind.title: each.name, "description": description, **each.values}
            row = self.client.send("POST", each.kind.path, {each.kind.singular: body})[each.kind.singular]
            self._note(each, row)
            self._keep(each.kind, row)
            yield each

    def change(self, wanted: WantedRecord, parts: Sequence[str]) -> None:
        """Restore some parts; lists are read again first, so that nobody's items are lost."""
        row = self.present([wanted])[wanted.key]
        path = f"{wanted.kind.path}/{row['id']}"
        fresh = self.client.get(path)[wanted.kind.singular]
        names = [part.replace(" ", "_") for part in parts]
        lists = {name: [*(fresh.get(name) or ()), *wanted.lacking(name, fresh)] for name in wanted.complete}
        body = {name: lists.get(name, wanted.values[name]) for name in names}
        self.client.send(wanted.kind.update, path, {wanted.kind.singular: body})
        self._note(wanted, row)
        self._keep(wanted.kind, {**fresh, **body})

    def digest(self, there: Json) -> str:
        return digest_of({name: value for name, value in there.items() if not name.startswith("_")})

    def delete(self, key: str, kind: RecordKind, ident: str) -> None:
        """Delete a record of ours, or make it inactive where the API cannot delete, and forget it."""
        path = f"{kind.path}/{ident}"
        try:
            if kind.deletable:
                self.client.send("DELETE", path)
            else:
                self.client.send("PUT", path, {kind.singular: {"active": False}})
        except Gone:
            pass
        self.journal.drop(MADE, key)
        if kind in self._rows:
            self._rows[kind].pop(ident, None)

    def _note(self, wanted: WantedRecord, row: Json) -> None:
        before = self.made().get(wanted.key, {})
        name = before["name"] if before.get("id") == row["id"] else wanted.name
        entry = {"kind": wanted.kind.path, "id": row["id"], "name": name, "wanted": wanted.wanted}
        entry |= {each: wanted.values[each] for each in sorted(wanted.noted)}
        self.journal.put(MADE, wanted.key, {name: value for name, value in entry.items() if value})

    def _keep(self, kind: RecordKind, row: Json) -> None:
        self.rows(kind)
        self._rows[kind][str(row["id"])] = dict(row)
