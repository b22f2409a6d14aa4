"""Builds an account from a Zendesk organization. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.account import Account
from bridge.ticket import tag_form
from mappings.account import build_account
from mappings.coercion import Json, enum_value, json_object, json_objects, text_of
from mappings.connection import Connection
from mappings.field_sources import OrganizationSource
from mappings.zendesk.vocabulary import parse_tags


def to_account(organization: Json, users: Iterable[Json], connection: Connection) -> Account:
    """The account.

    ``users``: the organization's users, needed only if a source has ``user_tag``.
    """
    people = json_objects(list(users))

    def read(source: OrganizationSource) -> Any:
        if source.tags:
            tags = _tags(organization)
            return next((canonical for tag, canonical in source.tags.items() if tag in tags), None)
        text = text_of(json_object(organization.get("organization_fields")).get(source.field or ""))
        return source.values.get(text, text) if text else None

    def tagged(tag: str) -> list[str]:
        return [enum_value(user.get("email")) for user in people if tag in _tags(user)]

    where = f"organization {organization.get('id')}"
    return build_account(connection, organization.get("name"), where, read, tagged)


def _tags(record: Json) -> frozenset[str]:
    return frozenset(map(tag_form, parse_tags(record.get("tags"))))
