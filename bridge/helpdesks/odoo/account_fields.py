"""The ticket fields of an Odoo database; see :mod:`bridge.helpdesks.account_fields`."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.config.field_proposals import AccountField, FieldKind
from bridge.config.odoo_settings import OdooSettings
from bridge.config.sources import read_settings
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.transport import JSON2
from mappings.coercion import Json
from mappings.field_sources import VendorRef
from mappings.odoo.schema import MODEL

_KINDS: dict[str, FieldKind] = {
    "selection": "choice",
    "boolean": "bool",
    "integer": "number",
    "float": "number",
    "char": "text",
    "text": "text",
}
_CUSTOM = "x_"
"""Prefix of fields that people have added; those of Odoo itself mean what Odoo says."""


def account_fields(given: Mapping[str, str]) -> OdooAccountFields:
    """A database with these settings. Raises ``InputError``."""
    return OdooAccountFields(OdooClient(read_settings(OdooSettings, given=given)))


def needed(given: Mapping[str, str]) -> frozenset[str]:
    """What servers before Odoo 19 need in addition. Raises :mod:`bridge.errors`."""
    client = OdooClient(read_settings(OdooSettings, given=given))
    return frozenset() if client.series >= JSON2 else frozenset({"login"})


class OdooAccountFields:
    """The fields of one database."""

    def __init__(self, client: OdooClient) -> None:
        self._client = client

    def who(self) -> str:
        return str(self._client.read("res.users", [self._client.uid], ["login"])[0]["login"])

    def fields(self) -> list[AccountField]:
        found = self._client.fields_get(MODEL, ["type", "string", "selection"])
        return [_field(name, about) for name, about in found.items() if _is_custom(name, about)]

    def tickets_with(self, ref: VendorRef) -> int | None:
        return self._client.search_count(MODEL, [(str(ref), "!=", False)])


def _is_custom(name: str, about: Json) -> bool:
    return name.startswith(_CUSTOM) and not name.startswith(f"{_CUSTOM}policy_") and about.get("type") in _KINDS


def _field(name: str, about: Json) -> AccountField:
    options = {str(value): str(label) for value, label in about.get("selection") or ()}
    return AccountField(name, str(about.get("string") or name), _KINDS[str(about.get("type"))], options)
