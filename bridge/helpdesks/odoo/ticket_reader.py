"""Reading an Odoo ticket with everything that is needed to understand it.

It takes two to six calls: messages, the history if it may be read, the ticket, and people who are not cached.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import structlog

from bridge.errors import Forbidden, GiveUp, Gone, InputError, Misconfigured
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S, NEEDS_ADMIN_PAUSE_S
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.metadata import HISTORY, ConnectedDatabase, MetadataCache
from bridge.helpdesks.odoo.partners import Partners
from bridge.ticket import RESOLVED
from mappings.coercion import Json, parse_instant
from mappings.connection import Connection
from mappings.harmless_text import harmless
from mappings.odoo.delivery import NOTIFICATION_FIELDS
from mappings.odoo.merges import is_merge, merged_ids
from mappings.odoo.schema import MODEL
from mappings.odoo.sla_status import StageMove
from mappings.odoo.snapshot import ACTIVITY_FIELDS, MERGED_FIELDS, MESSAGE_FIELDS, TicketSnapshot, people_ids_in
from mappings.odoo.vocabulary import many2one_id, vocabulary

log = structlog.get_logger()

_PAGE = 200


class TicketReader:
    """Reads the tickets of one connection, shared by its threads."""

    def __init__(self, name: str, connection: Connection, client: OdooClient, partners: Partners) -> None:
        self._name, self._connection = name, connection
        self._client, self._partners = client, partners
        self._metadata = MetadataCache(client, connection)
        self._denied: TtlCache[bool] = TtlCache(CACHE_S, 1_000)

    def snapshot(self, ident: int) -> tuple[TicketSnapshot, Connection]:
        """A ticket with its messages, history and people, and the connection with names resolved to ids."""
        database = self.database()
        # the ticket comes last, so it never shows an older state than its messages
        messages = self._messages(ident)
        trackings = self._trackings(database.history, messages) if database.history else []
        ticket = self.ticket(ident, database)
        database = self.database(ticket, messages)
        catalog = database.catalog
        partners, users = self._partners.with_users(*people_ids_in(catalog.schema, ticket, messages, trackings))
        failed = self._failed_mails(messages)
        snapshot = TicketSnapshot(
            ticket,
            messages,
            trackings,
            partners,
            users,
            database.me,
            catalog,
            failed,
            self._merged(ident, messages),
            self._planned(ticket, database),
            self._merged_into(ident) if ticket.get("active") is False else 0,
        )
        return snapshot, database.connection

    def stage_moves(self, ident: int) -> tuple[StageMove, ...] | None:
        """When a ticket went from one stage to another; None without the right to read history."""
        database = self.database()
        if not database.history:
            return None
        about = [("model", "=", MODEL), ("res_id", "=", ident)]
        messages = self._client.search_read("mail.message", about, ["id", "create_date"], order="id")
        times = {message["id"]: parse_instant(message["create_date"]) for message in messages}
        rows = self._trackings(database.history, messages)
        found = (
            StageMove(at, many2one_id(row.get("old_value_integer")), many2one_id(row.get("new_value_integer")))
            for row in rows
            if database.catalog.schema.tracked_field(row) == "stage_id"
            and (at := times[many2one_id(row.get("mail_message_id"))])
        )
        return tuple(sorted(found))

    def database(self, ticket: Json | None = None, messages: Sequence[Json] = ()) -> ConnectedDatabase:
        """The metadata, including everything that ``ticket`` refers to. Raises ``Retry`` if the connection is wrong."""
        try:
            return self._metadata.database_for(ticket, messages) if ticket else self._metadata.database()
        except InputError as error:
            raise Misconfigured(f"connections.{self._name}: {error}", after=NEEDS_ADMIN_PAUSE_S) from error

    def refreshed(self) -> ConnectedDatabase:
        """The metadata, read again now."""
        self._metadata.forget()
        return self.database()

    def ticket(self, ident: int, database: ConnectedDatabase) -> Json:
        """The current fields of a ticket, in the form in which a snapshot keeps them."""
        fields = self.fields(database)
        try:
            found = self._client.read(MODEL, [ident], fields)
        except (Forbidden, Gone):
            raise
        except GiveUp:
            known = self.fields(self.refreshed())
            if set(fields) <= set(known):
                raise
            found = self._client.read(MODEL, [ident], known)  # one of them was deleted meanwhile
        if not found:
            raise Gone(f"ticket {ident} no longer exists in Odoo")
        return harmless(found[0])

    def fields(self, database: ConnectedDatabase) -> list[str]:
        """The fields to read of a ticket."""
        return database.catalog.schema.ticket_fields(self._connection)

    def with_tags(self, database: ConnectedDatabase, tags: Iterable[str]) -> ConnectedDatabase:
        """The metadata after creating missing tags, as far as the integration user may do that."""
        missing = [tag for tag in sorted(tags) if not any(database.catalog.tag_ids(tag))]
        missing = [tag for tag in missing if not self._denied.get(tag)]
        for tag in missing:
            try:
                self._client.create(database.catalog.schema.tag, [{"name": tag}])
                self._metadata.forget()
            except GiveUp as error:
                log.info("tag_not_created", connection=self._name, tag=tag, reason=str(error))
                self._denied[tag] = True
        return self.database() if missing else database

    def _messages(self, ident: int) -> list[Json]:
        """All messages of a ticket, oldest first."""
        found: list[Json] = []
        about = [("model", "=", MODEL), ("res_id", "=", ident)]
        while True:
            domain = [*about, ("id", ">", found[-1]["id"])] if found else about
            page = self._client.search_read("mail.message", domain, MESSAGE_FIELDS, order="id", limit=_PAGE)
            found += page
            if len(page) < _PAGE:
                return found

    def _failed_mails(self, messages: Sequence[Json]) -> list[Json]:
        """The mails that did not arrive, of messages that were posted in Odoo."""
        sent = [message["id"] for message in messages if message["message_type"] not in vocabulary().received]
        if not sent:
            return []
        failed = ("notification_status", "in", sorted(vocabulary().undelivered))
        about = [("mail_message_id", "in", sent), failed]
        return list(self._client.search_read("mail.notification", about, NOTIFICATION_FIELDS, order="id"))

    def _planned(self, ticket: Json, database: ConnectedDatabase) -> list[Json]:
        """What the bridge's user has put on people's lists, of a resolved ticket: nobody has to do it any more."""
        stage, open_activities = many2one_id(ticket.get("stage_id")), ticket.get("activity_ids")
        if not open_activities or database.catalog.status(stage, database.connection) not in RESOLVED:
            return []
        about = [("id", "in", open_activities), ("create_uid", "=", self._client.uid)]
        return list(self._client.search_read("mail.activity", about, ACTIVITY_FIELDS, order="id"))

    def _merged(self, ident: int, messages: Sequence[Json]) -> dict[int, Json]:
        """The tickets that were merged into this one, as far as the integration user may read them."""
        merged = merged_ids(ident, messages)
        if not merged:
            return {}
        about = [("id", "in", merged), ("active", "in", [True, False])]
        return {row["id"]: row for row in self._client.search_read(MODEL, about, MERGED_FIELDS, order="id")}

    def _merged_into(self, ident: int) -> int:
        """The ticket into which the merge addon merged this one; 0: none. Its comments moved to the other ticket."""
        about = [("model", "=", MODEL), ("res_id", "!=", ident), ("body", "like", f'data-oe-id="{ident}"')]
        found = self._client.search_read("mail.message", about, ["subject", "res_id"], order="id desc", limit=20)
        return next((many2one_id(message["res_id"]) for message in found if is_merge(message)), 0)

    def _trackings(self, fields: list[str], messages: Sequence[Json]) -> list[Json]:
        about = [("mail_message_id", "in", [message["id"] for message in messages])]
        with_names: list[Json] = self._client.call(HISTORY, "search_read", domain=about, fields=fields, order="id")
        return with_names
