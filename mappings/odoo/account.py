"""Builds an account from an Odoo partner. Pure.

The account of a contact is its commercial partner: the company, or the person if there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridge.account import Account
from bridge.ticket import tag_form
from mappings.account import build_account
from mappings.coercion import Json, text_of
from mappings.connection import Connection
from mappings.field_sources import OrganizationSource
from mappings.odoo.vocabulary import many2many_ids

CONTACT_FIELDS = ("id", "email", "category_id")
"""Fields to read of a company's contacts (``commercial_partner_id`` = the company), if they are needed."""


def partner_fields(connection: Connection) -> list[str]:
    """Fields to read of the commercial partner, with display names of records (no ``load=None``)."""
    named = (source.field for source in _sources(connection) if source.field)
    return list(dict.fromkeys(["id", "name", "ref", "category_id", *named]))


def key_of_partner(partner: Json, connection: Connection) -> str:
    """The account key of a commercial partner; its id if the configured property is empty."""
    column = {"id": "id", "name": "name", "external_id": "ref"}[connection.organizations.key]
    return text_of(partner.get(column) or None) or str(partner.get("id"))


def to_account(
    partner: Json, contacts: Iterable[Json], categories: Mapping[int, str], connection: Connection
) -> Account:
    """The account.

    ``contacts`` are needed only if a source has ``user_tag``. ``categories``: names of the partner categories by id.
    """
    people = list(contacts)

    def tags(record: Json) -> set[str]:
        return {tag_form(categories.get(ident, ident)) for ident in many2many_ids(record.get("category_id"))}

    def read(source: OrganizationSource) -> Any:
        if source.tags:
            present = tags(partner)
            return next((canonical for tag, canonical in source.tags.items() if tag in present), None)
        text = _text(partner.get(source.field or ""))
        return source.values.get(text, text) if text else None

    def tagged(tag: str) -> list[str]:
        return [address for person in people if tag in tags(person) and (address := _text(person.get("email")))]

    return build_account(connection, partner.get("name") or None, f"partner {partner.get('id')}", read, tagged)


def _sources(connection: Connection) -> Iterator[OrganizationSource]:
    sources = connection.organizations
    usual = (
        sources.plan,
        sources.time_zone,
        sources.agreed_languages,
        sources.contacts,
        sources.management,
        sources.onboarding,
    )
    support = (sources.support_starts, sources.support_ends)
    yield from (source for source in (*usual, *support, *sources.roles.values()) if source)


def _text(value: object) -> str | None:
    """A field as text, a record by its name; None for Odoo's ``false``."""
    if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[1], str):
        return text_of(value[1])
    return text_of(value) if value else None
