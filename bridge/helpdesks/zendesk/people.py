"""Users and organizations of a Zendesk account, cached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.errors import Gone
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from mappings.coercion import Json as AnyJson
from mappings.coercion import json_object, json_objects
from mappings.zendesk.vocabulary import OUR_NAME, id_text

_USERS_PER_CALL = 100
"""Zendesk answers 400 ``TooManyValues`` for more."""


class People:
    """The users and organizations of one connection, shared by its threads."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client
        self._users: TtlCache[Json] = TtlCache(CACHE_S, 5_000)
        self._organizations: TtlCache[Json] = TtlCache(CACHE_S, 1_000)
        self.integration_user: str | None = None
        """Id of the integration user once it is known; empty if Zendesk does not tell it."""

    def remember(self, users: Iterable[AnyJson]) -> None:
        """Cache users that came with another response."""
        for user in users:
            self._users[id_text(user.get("id"))] = dict(user)

    def users(self, ids: set[str]) -> dict[str, Json]:
        """Users by id; those that no longer exist are missing."""
        found: dict[str, Json] = {number: user for number in ids if (user := self._users.get(number))}
        missing = sorted(ids - found.keys())
        for start in range(0, len(missing), _USERS_PER_CALL):
            try:
                page = self._client.get("users/show_many.json", ids=",".join(missing[start : start + _USERS_PER_CALL]))
            except Gone:
                break  # none of them exists any more
            new = json_objects(page.get("users"))
            self.remember(new)
            found |= {id_text(user.get("id")): dict(user) for user in new}
        return found

    def integration_user_id(self, audits: Sequence[Json]) -> str:
        """The id of the integration user; if Zendesk does not tell it, the author of an audit with our metadata."""
        if self.integration_user is None:
            try:
                me = json_object(self._client.get("users/me.json").get("user"))
            except Gone:
                me = {}
            self.integration_user = id_text(me.get("id"))
        ours = (audit for audit in audits if _is_marked(audit))
        return self.integration_user or next((id_text(audit.get("author_id")) for audit in ours), "")

    def remember_organization(self, key: str, organization: Json) -> None:
        """Cache an organization under the key of its account."""
        self._organizations[key] = organization

    def organization(self, key: str, ticket_id: int) -> Json | None:
        """The organization of a ticket, by the key of its account."""
        if cached := self._organizations.get(key):
            return cached
        found = self._client.get(f"tickets/{ticket_id}.json", include="organizations")
        return find_by_id(found.get("organizations"), json_object(found.get("ticket")).get("organization_id"))

    def users_of(self, organization: Json) -> list[Json]:
        """The users of an organization."""
        return list(self._client.pages(f"organizations/{id_text(organization.get('id'))}/users.json", "users"))


def find_by_id(records: object, number: object) -> Json | None:
    """The record with an id in a list of side-loaded records."""
    wanted = id_text(number)
    return next((dict(item) for item in json_objects(records) if wanted and id_text(item.get("id")) == wanted), None)


def _is_marked(audit: AnyJson) -> bool:
    return OUR_NAME in json_object(json_object(audit.get("metadata")).get("custom"))
