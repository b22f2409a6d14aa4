"""What changes seldom in an Odoo database: fields, stages, teams, tags ... read once and kept for a while."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from bridge.errors import GiveUp
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S
from bridge.helpdesks.odoo.client import OdooClient
from mappings.coercion import Json
from mappings.connection import Connection
from mappings.odoo.actors import TRACKING_FIELDS, IntegrationUser
from mappings.odoo.schema import MODEL, STAGE_FIELDS, TEAM_FIELDS, HelpdeskCatalog, Schema
from mappings.odoo.vocabulary import many2many_ids, many2one_id

HISTORY = "mail.tracking.value"
_ARCHIVED_TOO: dict[str, Any] = {"active_test": False}


@dataclass(frozen=True)
class ConnectedDatabase:
    """A database as it was read at one time."""

    directory: HelpdeskCatalog
    connection: Connection
    """With ids in the place of names."""
    me: IntegrationUser
    history: list[str]
    """Fields to read of the history of tracked fields; empty where it may not be read."""
    until: float


class MetadataCache:
    """The directory of one connection, for all threads. Twelve calls, every ten minutes at most or when it lacks
    something that a ticket has."""

    def __init__(self, client: OdooClient, connection: Connection) -> None:
        self._client, self._connection = client, connection
        self._known: ConnectedDatabase | None = None
        self._strangers: TtlCache[bool] = TtlCache(CACHE_S, 1_000)
        self._lock = Lock()

    def known(self) -> ConnectedDatabase:
        """The present directory. Raises ``InputError`` for a word of the connection that names nothing there."""
        with self._lock:
            if self._known is None or time.monotonic() > self._known.until:
                self._known = self._read()
            return self._known

    def forget(self) -> None:
        """Read it again the next time: it has changed."""
        with self._lock:
            self._known = None

    def covering(self, ticket: Json, messages: Iterable[Json]) -> ConnectedDatabase:
        """The directory with the stage, team, tags and subtypes of a ticket in it, as far as they may be read."""
        known = self.known()
        missing = [ident for ident in _lacking(known.directory, ticket, messages) if not self._strangers.get(ident)]
        if not missing:
            return known
        self.forget()
        known = self.known()
        for ident in _lacking(known.directory, ticket, messages):
            self._strangers[ident] = True  # not for our eyes, or gone: asking again would not help
        return known

    def _read(self) -> ConnectedDatabase:
        client = self._client
        schema = Schema.of(client.fields_get(MODEL))
        directory = HelpdeskCatalog(
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
        return ConnectedDatabase(
            directory, directory.resolve(self._connection), me, self._history(), time.monotonic() + CACHE_S
        )

    def _history(self) -> list[str]:
        """Odoo 16 has another name for the field that was changed; there it is as if nothing could be read."""
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


def _lacking(directory: HelpdeskCatalog, ticket: Json, messages: Iterable[Json]) -> list[str]:
    """What a ticket refers to and the directory does not know, as ``kind/id``."""
    referred = {
        "stage": ({many2one_id(ticket.get("stage_id"))}, {record["id"] for record in directory.stages}),
        "team": ({many2one_id(ticket.get("team_id"))}, {record["id"] for record in directory.teams}),
        "tag": (set(many2many_ids(ticket.get("tag_ids"))), directory.tags.keys()),
        "subtype": ({many2one_id(message.get("subtype_id")) for message in messages}, directory.subtypes.keys()),
    }
    return [f"{kind}/{ident}" for kind, (ids, known) in referred.items() for ident in sorted(ids - known - {0})]
