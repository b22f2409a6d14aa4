"""Records of an Odoo database that rarely change: fields, stages, teams, tags ... They are read once and cached."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from bridge.errors import GiveUp
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S, MISSING_NAMES_S
from bridge.helpdesks.odoo.client import OdooClient
from mappings.coercion import Json
from mappings.connection import Connection
from mappings.odoo.catalog import HelpdeskCatalog, Name, Problems
from mappings.odoo.fields import STAGE_FIELDS, TEAM_FIELDS
from mappings.odoo.schema import MODEL, Schema
from mappings.odoo.snapshot import TRACKING_FIELDS, IntegrationUser
from mappings.odoo.vocabulary import many2many_ids, many2one_id

HISTORY = "mail.tracking.value"
_ARCHIVED_TOO: dict[str, Any] = {"active_test": False}


@dataclass(frozen=True)
class ConnectedDatabase:
    """The metadata of a database as it was last read, and the connection resolved with it."""

    catalog: HelpdeskCatalog
    connection: Connection
    """The connection with names resolved to ids."""
    me: IntegrationUser
    history: list[str]
    """Fields to read of ``mail.tracking.value``; empty without the right to read it."""
    problems: Problems
    """What the connection names and is not called so any more."""
    expires_at: float
    """By the monotonic clock, in seconds."""


class MetadataCache:
    """The metadata of one connection, shared by its threads.

    Reading it takes twelve calls. It is read again after ten minutes, or when a ticket refers to something unknown.
    """

    def __init__(self, client: OdooClient, connection: Connection) -> None:
        self._client, self._connection = client, connection
        self._database: ConnectedDatabase | None = None
        self._known: dict[Name, int] = {}
        self._unreadable: TtlCache[bool] = TtlCache(CACHE_S, 1_000)
        self._lock = Lock()

    def database(self) -> ConnectedDatabase:
        """The current metadata, without what the connection names and does not exist."""
        with self._lock:
            if self._database is None or time.monotonic() > self._database.expires_at:
                self._database = self._read()
            return self._database

    def forget(self) -> None:
        """Read it again next time."""
        with self._lock:
            self._database = None

    def database_for(self, ticket: Json, messages: Iterable[Json]) -> ConnectedDatabase:
        """The metadata including the stage, team, tags and subtypes of a ticket, as far as they may be read."""
        database = self.database()
        missing = [
            ident for ident in _missing_in(database.catalog, ticket, messages) if not self._unreadable.get(ident)
        ]
        if not missing:
            return database
        self.forget()
        database = self.database()
        for ident in _missing_in(database.catalog, ticket, messages):
            self._unreadable[ident] = True  # not readable for us, or deleted: reading again would not help
        return database

    def _read(self) -> ConnectedDatabase:
        client = self._client
        schema = Schema.of(client.fields_get(MODEL))
        catalog = HelpdeskCatalog(
            schema=schema,
            stages=self._records(schema.stage, STAGE_FIELDS, order="sequence, id"),
            teams=self._records(schema.team, TEAM_FIELDS),
            tags=self._names(schema.tag),
            subtypes={record["id"]: record for record in self._all("mail.message.subtype", ("id", "name", "internal"))},
            categories=self._names(_relation(schema, "category_id") or _relation(schema, "ticket_type_id")),
            channels=self._names(_relation(schema, "channel_id")),
            call_types=frozenset(
                record["id"] for record in self._all("mail.activity.type", ("id",), [("category", "=", "phonecall")])
            ),
            companies=self._names("res.company"),
        )
        user = client.read("res.users", [client.uid], ["partner_id"])[0]
        me = IntegrationUser(client.uid, many2one_id(user["partner_id"]))
        present, problems = catalog.without_missing(self._connection, self._known)
        self._known |= catalog.ids_by_name()
        catalog = replace(catalog, missing=problems.missing, archived=problems.archived)
        fresh_s = MISSING_NAMES_S if problems.lines() else CACHE_S
        return ConnectedDatabase(
            catalog, catalog.resolve(present), me, self._history(), problems, time.monotonic() + fresh_s
        )

    def _history(self) -> list[str]:
        # Odoo 16 has another name for the changed field, so its history is not used
        try:
            self._client.search_read(HISTORY, [], ["id"], order="id", limit=1)
            there = self._client.fields_get(HISTORY, ("type",))
        except GiveUp:
            return []
        return [name for name in TRACKING_FIELDS if name in there] if "field_id" in there else []

    def _records(self, model: str, fields: Iterable[str], order: str = "id") -> list[Json]:
        there = self._client.fields_get(model, ("type",))
        return self._all(model, [name for name in fields if name in there], order=order)

    def _names(self, model: str) -> dict[int, str]:
        return {record["id"]: str(record["name"] or "") for record in self._all(model, ("id", "name"))} if model else {}

    def _all(self, model: str, fields: Iterable[str], domain: Sequence[Any] = (), order: str = "id") -> list[Json]:
        return list(self._client.search_read(model, domain, list(fields), order=order, context=_ARCHIVED_TOO))


def _relation(schema: Schema, field: str) -> str:
    return str(schema.fields.get(field, {}).get("relation") or "")


def _missing_in(catalog: HelpdeskCatalog, ticket: Json, messages: Iterable[Json]) -> list[str]:
    """What a ticket refers to and the catalog does not have, as ``kind/id``."""
    referred = {
        "stage": ({many2one_id(ticket.get("stage_id"))}, {record["id"] for record in catalog.stages}),
        "team": ({many2one_id(ticket.get("team_id"))}, {record["id"] for record in catalog.teams}),
        "tag": (set(many2many_ids(ticket.get("tag_ids"))), catalog.tags.keys()),
        "subtype": ({many2one_id(message.get("subtype_id")) for message in messages}, catalog.subtypes.keys()),
    }
    return [f"{kind}/{ident}" for kind, (ids, database) in referred.items() for ident in sorted(ids - database - {0})]
