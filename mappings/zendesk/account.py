"""A Zendesk organization -> what it says about the customer's account. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.account import Account
from mappings.account import account_of
from mappings.coercion import Json, mapping, objects, text_of, word
from mappings.connection import Connection
from mappings.field_sources import OrganizationSource
from mappings.zendesk.vocabulary import tags_of


def to_account(organization: Json, users: Iterable[Json], connection: Connection) -> tuple[Account, list[str]]:
    """The account, and what could not be used of it, one line each.

    ``users`` are the organization's users, needed only where a source says ``user_tag``.
    """
    people = objects(list(users))

    def said(source: OrganizationSource) -> Any:
        if source.tags:
            tags = tags_of(organization.get("tags"))
            return next((canonical for tag, canonical in source.tags.items() if tag in tags), None)
        text = text_of(mapping(organization.get("organization_fields")).get(source.field or ""))
        return source.values.get(text, text) if text else None

    def tag_is(tag: str) -> list[str]:
        return [word(user.get("email")) for user in people if tag in tags_of(user.get("tags"))]

    where = f"organization {organization.get('id')}"
    return account_of(connection, organization.get("name"), where, said, tag_is)
