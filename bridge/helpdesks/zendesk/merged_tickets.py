"""The tickets that were merged into others: Zendesk closes them, so they are read once."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.errors import Gone
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CLOSED_TICKET_CACHE_S
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from mappings.coercion import Json as AnyJson
from mappings.coercion import enum_value, json_object
from mappings.zendesk.merges import merged_ids

_MOST = 20
"""So many merged tickets are read for one; of the others only the id is known."""

TicketWithAudits = tuple[AnyJson, Sequence[AnyJson]]


class MergedTickets:
    """The merged tickets of one connection, shared by its threads."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client
        self._read: TtlCache[TicketWithAudits] = TtlCache(CLOSED_TICKET_CACHE_S, 500)

    def of(self, audits: Sequence[Json]) -> dict[str, TicketWithAudits]:
        """The tickets that these audits merged into theirs, by id; those that were deleted are missing."""
        found = ((ident, self._ticket(ident)) for ident in merged_ids(audits)[:_MOST])
        return {ident: ticket for ident, ticket in found if ticket}

    def _ticket(self, ident: str) -> TicketWithAudits | None:
        known = self._read.get(ident)
        if known is None:
            try:
                ticket = json_object(self._client.get(f"tickets/{ident}.json").get("ticket"))
                audits = list(self._client.pages(f"tickets/{ident}/audits.json", "audits"))
            except Gone:
                return None
            known = (ticket, audits)
            if enum_value(ticket.get("status")) == "closed":  # while it is being merged, its last words may be missing
                self._read[ident] = known
        return known
