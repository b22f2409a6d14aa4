"""The custom fields of an account's tickets, read when a field is to be written and kept for ten minutes."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.decision import Fact, Field, Plan, Say
from bridge.errors import GiveUp, Gone
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S
from bridge.helpdesks.zendesk.client import ZendeskClient
from mappings.coercion import Json, json_objects
from mappings.connection import Connection
from mappings.field_sources import VendorRef
from mappings.zendesk.custom_fields import CustomField, custom_fields
from mappings.zendesk.vocabulary import id_text

_KEY = "fields"


class TicketFields:
    """The custom fields of one connection, shared by its threads."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client
        self._known: TtlCache[Mapping[VendorRef, CustomField]] = TtlCache(CACHE_S, 1)

    def written_by(self, plan: Plan) -> Mapping[VendorRef, CustomField]:
        """Every field, if the plan writes one; none otherwise, and none where they may not be read."""
        if not any(not isinstance(each, Say) and isinstance(each.target, Field | Fact) for each in plan.actions):
            return {}
        return self._all()

    def missing(self, ticket: Json, connection: Connection) -> dict[str, str]:
        """The fields of facts, type and channel that this ticket does not have because they are gone, by id: why.

        A ticket has every field of the account; only where one is not there the account is asked.
        """
        there = {id_text(field.get("id")) for field in json_objects(ticket.get("custom_fields"))}
        sources = (connection.type, connection.channel, *connection.facts.values())
        named = {str(source.field) for source in sources if source and source.field is not None}
        lacking = named - there if there else set()
        if lacking and lacking & self._active(self._all()) and (now := self._read()):
            self._known[_KEY] = now  # it has been deleted or switched off since they were read
        known = self._all() if lacking else {}
        gone = lacking - self._active(known) if known else set()
        return {
            field: f"ticket field {field} does not exist or is inactive; see Admin Center > Fields" for field in gone
        }

    @staticmethod
    def _active(fields: Mapping[VendorRef, CustomField]) -> set[str]:
        return {str(ident) for ident, field in fields.items() if field.active}

    def _all(self) -> Mapping[VendorRef, CustomField]:
        found = self._known.get(_KEY)
        if found is None:
            found = self._known[_KEY] = self._read()
        return found

    def _read(self) -> Mapping[VendorRef, CustomField]:
        try:
            return custom_fields(self._client.pages("ticket_fields.json", "ticket_fields"))
        except (Gone, GiveUp):
            return {}
