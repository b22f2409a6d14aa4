"""The ticket fields of a Zendesk account; see :mod:`bridge.helpdesks.account_fields`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from bridge.config.field_proposals import AccountField, FieldKind
from bridge.config.sources import read_settings
from bridge.config.zendesk_settings import ZendeskSettings
from bridge.errors import GiveUp
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from mappings.coercion import json_object, json_objects
from mappings.field_sources import VendorRef

_KINDS: dict[str, FieldKind] = {
    "tagger": "choice",
    "checkbox": "bool",
    "integer": "number",
    "decimal": "number",
    "text": "text",
    "textarea": "text",
    "regexp": "text",
}


def account_fields(given: Mapping[str, str]) -> ZendeskAccountFields:
    """An account with these settings. Raises ``InputError``."""
    return ZendeskAccountFields(ZendeskClient(read_settings(ZendeskSettings, given=given)))


class ZendeskAccountFields:
    """The fields of one account."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client

    def who(self) -> str:
        me = json_object(self._client.get("users/me.json").get("user"))
        if me.get("role") not in ("agent", "admin"):
            raise GiveUp(f"signed in as {me.get('email')} ({me.get('role')}); use the OAuth client of an admin")
        return f"{me.get('email')} ({me.get('role')})"

    def fields(self) -> list[AccountField]:
        rows = self._client.pages("ticket_fields.json", "ticket_fields")
        return [_field(row) for row in rows if row.get("active") and row.get("type") in _KINDS]

    def tickets_with(self, ref: VendorRef) -> int | None:
        with suppress(GiveUp):
            found = self._client.get("search/count.json", query=f"type:ticket custom_field_{ref}:*")
            return int(found.get("count") or 0)
        return None


def _field(row: Json) -> AccountField:
    options = json_objects(row.get("custom_field_options"))
    labels = {str(option.get("value")): str(option.get("name")) for option in options}
    return AccountField(int(row["id"]), str(row.get("title")), _KINDS[str(row.get("type"))], labels)
