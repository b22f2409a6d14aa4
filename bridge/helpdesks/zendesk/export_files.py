"""Files of Zendesk's exports: tickets, audits or ticket events, users, organizations and metric events, in any order.

JSON as the API answers (pages of lists) and NDJSON as exporters write it (a record a line), also compressed. They are
put into a database on disk first, because what belongs to one ticket is spread over files of any size.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.helpdesks.exports import ExportedTicket, UnreadableExport
from bridge.helpdesks.zendesk.export_records import Record, records_of
from bridge.helpdesks.zendesk.people import find_by_id
from bridge.ports.native_targets import NativeTarget
from bridge.ticket import TicketRef
from mappings.account import needs_people
from mappings.coercion import json_object, parse_instant
from mappings.connection import Connection
from mappings.zendesk.account import to_account
from mappings.zendesk.actors import TicketSnapshot, user_ids_in
from mappings.zendesk.merges import merged_ids
from mappings.zendesk.metric_events import to_targets
from mappings.zendesk.ticket import to_ticket
from mappings.zendesk.ticket_events import to_audit
from mappings.zendesk.vocabulary import OUR_NAME, id_text

_SCHEMA = """
create table record (kind text, ticket integer, id text, at text, body text);
"""
_BATCH = 5_000


def read_export(path: Path, name: str, connection: Connection) -> ZendeskExport:
    """The export in a file, or in all files of a folder. Raises ``InputError``."""
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    if not files or not path.exists():
        raise InputError(f"{path}: no such file")
    return ZendeskExport(files, name, connection)


class ZendeskExport:
    """The tickets of one account in exported files."""

    def __init__(self, files: list[Path], name: str, connection: Connection) -> None:
        self._name, self._connection = name, connection
        self._folder = tempfile.TemporaryDirectory(prefix="policybridge-export-")
        self._database = sqlite3.connect(Path(self._folder.name, "export.sqlite3"))
        self._database.executescript(f"pragma journal_mode = off; pragma synchronous = off; {_SCHEMA}")
        self._unreadable: list[UnreadableExport] = []
        self._fill(files)
        self._user = lru_cache(20_000)(self._find_user)

    @property
    def count(self) -> int:
        return int(self._one("select count(distinct ticket) from record where kind = 'tickets'"))

    @property
    def taken_at(self) -> datetime | None:
        return parse_instant(self._one("select max(at) from record where kind in ('tickets', 'audits')"))

    def tickets(self) -> Iterator[ExportedTicket | UnreadableExport]:
        """Every ticket as the newest of its records has it, with its audits."""
        yield from self._unreadable
        newest = "select ticket, body, max(at) from record where kind = 'tickets' group by ticket order by ticket"
        for number, body, _ in self._database.execute(newest):
            yield self._ticket(int(number), json.loads(body))

    def _ticket(self, number: int, ticket: dict[str, Any]) -> ExportedTicket | UnreadableExport:
        ref = TicketRef(connection=self._name, id=str(number))
        organization = self._find("organizations", id_text(ticket.get("organization_id")))
        audits = self._audits(number)
        if not audits:
            return UnreadableExport(str(ref), "neither audits nor ticket events", "no_history")
        merged = {each: (body, self._audits(int(each))) for each, body in self._merged(audits)}
        ids = set().union(*(user_ids_in(*each) for each in ((ticket, audits), *merged.values())))
        users = {ident: user for ident in ids if (user := self._user(ident))}
        me = next((id_text(audit.get("author_id")) for audit in audits if _is_ours(audit)), "")
        sources = {each: TicketSnapshot(*parts, users, me) for each, parts in merged.items()}
        try:
            found = to_ticket(
                ref, TicketSnapshot(ticket, audits, users, me, organization, merged=sources), self._connection
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return UnreadableExport(str(ref), " ".join(str(error).split()))
        account = None
        if organization:
            members = self._members(organization) if needs_people(self._connection) else []
            account = to_account(organization, members, self._connection)
        return ExportedTicket(found, account, self._native(number))

    def _audits(self, number: int) -> list[dict[str, Any]]:
        """By time; of the same audit and ticket event the audit counts, which has more."""
        found: dict[str, dict[str, Any]] = {}
        rows = self._rows(
            "select kind, body from record where ticket = ? and kind in ('audits', 'ticket_events')", number
        )
        for kind, body in sorted(rows):
            audit = json.loads(body)
            found.setdefault(id_text(audit.get("id")), to_audit(audit) if kind == "ticket_events" else audit)
        return sorted(found.values(), key=lambda audit: (str(audit.get("created_at")), int(audit.get("id") or 0)))

    def _merged(self, audits: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The tickets that these audits merged into theirs, as far as the export has them."""
        for ident in merged_ids(audits):
            rows = self._rows("select body from record where ticket = ? and kind = 'tickets' order by at", int(ident))
            yield from ((ident, json.loads(body)) for (body,) in rows[-1:])

    def _native(self, number: int) -> tuple[NativeTarget, ...]:
        rows = self._rows("select body from record where ticket = ? and kind = 'ticket_metric_events'", number)
        return to_targets(json.loads(body) for (body,) in dict.fromkeys(rows))

    def _find(self, kind: str, ident: str) -> dict[str, Any] | None:
        rows = self._rows("select body from record where kind = ? and id = ? order by at", kind, ident) if ident else []
        return find_by_id([json.loads(body) for (body,) in rows[-1:]], ident)

    def _find_user(self, ident: str) -> dict[str, Any] | None:
        return self._find("users", ident)

    def _members(self, organization: Mapping[str, Any]) -> list[dict[str, Any]]:
        rows = self._rows("select body from record where kind = 'users'")
        users = (json.loads(body) for (body,) in rows)
        return [user for user in users if user.get("organization_id") == organization.get("id")]

    def _fill(self, files: list[Path]) -> None:
        batch: list[tuple[str, int, str, str, str]] = []
        for path in files:
            for record in records_of(path):
                if isinstance(record, Record):
                    batch.append((record.kind, record.ticket, record.id, record.at, json.dumps(record.body)))
                else:
                    self._unreadable.append(record)
                if len(batch) >= _BATCH:
                    self._insert(batch)
        self._insert(batch)
        self._database.executescript(
            "create index by_ticket on record(ticket, kind); create index by_id on record(kind, id);"
        )
        if not self.count:
            raise InputError(f"{files[0]}: found no tickets of a Zendesk export; allowed: JSON or NDJSON with tickets")

    def _insert(self, batch: list[tuple[str, int, str, str, str]]) -> None:
        self._database.executemany("insert into record values (?, ?, ?, ?, ?)", batch)
        batch.clear()

    def _rows(self, statement: str, *values: object) -> list[Any]:
        return self._database.execute(statement, values).fetchall()

    def _one(self, statement: str) -> Any:
        return self._database.execute(statement).fetchone()[0]


def _is_ours(audit: Mapping[str, Any]) -> bool:
    return OUR_NAME in json_object(json_object(audit.get("metadata")).get("custom"))
