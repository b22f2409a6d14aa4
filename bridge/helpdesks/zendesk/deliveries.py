"""What Zendesk knows of the delivery of mail: the state of a requester's addresses, and what became of each mail."""

from __future__ import annotations

from bridge.errors import GiveUp, Gone, Retry
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S, NEEDS_ADMIN_PAUSE_S
from bridge.helpdesks.zendesk.client import ZendeskClient
from mappings.coercion import Json, enum_value, json_objects
from mappings.zendesk.vocabulary import id_text

_WAITING = ("pending", "solved")
"""Statuses in which customers are reminded; in others nothing depends on the delivery of a mail."""


class Deliveries:
    """The deliveries of one connection, shared by its threads."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client
        self._identities: TtlCache[list[Json]] = TtlCache(CACHE_S, 5_000)
        self._closed: TtlCache[bool] = TtlCache(CACHE_S, 2)

    def identities(self, ticket: Json) -> list[Json]:
        """The identities of the requester of a ticket that waits; of any other, nothing is read."""
        user = id_text(ticket.get("requester_id"))
        if not user or enum_value(ticket.get("status")) not in _WAITING:
            return []
        found = self._identities.get(user)
        if found is None:
            found = self._identities[user] = self._read(f"users/{user}/identities.json", "identities")
        return found

    def notifications(self, ticket: Json) -> list[Json]:
        """What became of the mails about a ticket that waits, the newest hundred."""
        if enum_value(ticket.get("status")) not in _WAITING:
            return []
        about = {"filter[ticket_id]": id_text(ticket.get("id")), "page[size]": "100"}
        return self._read("email_notifications.json", "email_notifications", **about)

    def _read(self, path: str, name: str, **query: str) -> list[Json]:
        """A list. Where it may not be read, because of the plan or the scopes, there is none for ten minutes."""
        if self._closed.get(name):
            return []
        try:
            return json_objects(self._client.get(path, **query).get(name))
        except (Gone, GiveUp, Retry) as error:
            if isinstance(error, Retry) and error.after != NEEDS_ADMIN_PAUSE_S:
                raise
            self._closed[name] = True
            return []
