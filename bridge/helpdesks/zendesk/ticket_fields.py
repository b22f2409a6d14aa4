"""The custom fields of an account's tickets, read when a field is to be written and kept for ten minutes."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.decision import Fact, Field, Plan, Say
from bridge.errors import GiveUp, Gone
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S
from bridge.helpdesks.zendesk.client import ZendeskClient
from mappings.field_sources import VendorRef
from mappings.zendesk.custom_fields import CustomField, custom_fields

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
        found = self._known.get(_KEY)
        if found is None:
            found = self._known[_KEY] = self._read()
        return found

    def _read(self) -> Mapping[VendorRef, CustomField]:
        try:
            return custom_fields(self._client.pages("ticket_fields.json", "ticket_fields"))
        except (Gone, GiveUp):
            return {}
