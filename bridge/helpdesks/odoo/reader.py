"""Reading a ticket of an Odoo database, with everything that is needed to understand it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import structlog

from bridge.errors import GiveUp, Gone, InputError, Retry
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S, NEEDS_ADMIN_PAUSE_S
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.metadata import HISTORY, ConnectedDatabase, MetadataCache
from bridge.helpdesks.odoo.partners import Partners
from mappings.coercion import Json
from mappings.connection import Connection
from mappings.odoo.actors import MESSAGE_FIELDS, TicketSnapshot, people_ids_in
from mappings.odoo.schema import MODEL

log = structlog.get_logger()

_PAGE = 200


class TicketReader:
    """Reads the tickets of one connection, for all threads."""

    def __init__(self, name: str, connection: Connection, client: OdooClient, people: Partners) -> None:
        self._name, self._connection = name, connection
        self._client, self._people = client, people
        self._directories = MetadataCache(client, connection)
        self._denied: TtlCache[bool] = TtlCache(CACHE_S, 1_000)

    def snapshot(self, ident: int) -> tuple[TicketSnapshot, Connection]:
        """A ticket with its messages, history and people, and the connection with ids in the place of names."""
        known = self.known()
        # the ticket comes last: what changed in between is then in the ticket, never taken back
        messages = self._messages(ident)
        trackings = self._trackings(known.history, messages) if known.history else []
        ticket = self.ticket(ident, known)
        known = self.known(ticket, messages)
        directory = known.directory
        partners, users = self._people.around(*people_ids_in(directory.schema, ticket, messages, trackings))
        return TicketSnapshot(ticket, messages, trackings, partners, users, known.me, directory), known.connection

    def known(self, ticket: Json | None = None, messages: Sequence[Json] = ()) -> ConnectedDatabase:
        """The directory; with a ticket one that has all of it. A connection that does not fit waits for a person."""
        try:
            return self._directories.covering(ticket, messages) if ticket else self._directories.known()
        except InputError as error:
            raise Retry(f"connections.{self._name}: {error}", after=NEEDS_ADMIN_PAUSE_S, all_tickets=True) from error

    def ticket(self, ident: int, known: ConnectedDatabase) -> Json:
        """A ticket's fields, now."""
        try:
            fields = known.directory.schema.ticket_fields(self._connection)
        except InputError as error:
            raise Retry(f"connections.{self._name}: {error}", after=NEEDS_ADMIN_PAUSE_S, all_tickets=True) from error
        found = self._client.read(MODEL, [ident], fields)
        if not found:
            raise Gone(f"Odoo has no ticket {ident} any more")
        return found[0]

    def with_tags(self, known: ConnectedDatabase, tags: Iterable[str]) -> ConnectedDatabase:
        """The directory with some tags in it, as far as those that are missing may be created."""
        missing = [tag for tag in sorted(tags) if not any(known.directory.tag_ids(tag))]
        missing = [tag for tag in missing if not self._denied.get(tag)]
        for tag in missing:
            try:
                self._client.create(known.directory.schema.tag, [{"name": tag}])
                self._directories.forget()
            except GiveUp as error:
                log.info("tag not created", connection=self._name, tag=tag, reason=str(error))
                self._denied[tag] = True
        return self.known() if missing else known

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

    def _trackings(self, fields: list[str], messages: Sequence[Json]) -> list[Json]:
        about = [("mail_message_id", "in", [message["id"] for message in messages])]
        with_names: list[Json] = self._client.call(HISTORY, "search_read", domain=about, fields=fields, order="id")
        return with_names
