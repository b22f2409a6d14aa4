"""An Odoo partner -> what it says about the customer's account. Pure.

The account of a contact is its commercial partner: the company, or the person where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridge.account import Account
from mappings.account import account_of
from mappings.coercion import Json, text_of
from mappings.connection import Connection
from mappings.field_sources import OrganizationSource
from mappings.odoo.vocabulary import numbers, tag_slug

CONTACT_FIELDS = ("id", "email", "category_id")
"""What is read of a company's contacts (``commercial_partner_id`` = the company), where they are needed."""


def partner_fields(connection: Connection) -> list[str]:
    """Fields of the commercial partner to read, with names of records (no ``load=None``)."""
    named = (source.field for source in _sources(connection) if source.field)
    return list(dict.fromkeys(["id", "name", "ref", "category_id", *named]))


def key_of_partner(partner: Json, connection: Connection) -> str:
    """The key under which a commercial partner's account is known; its id where it has no other."""
    column = {"id": "id", "name": "name", "external_id": "ref"}[connection.organizations.key]
    return text_of(partner.get(column) or None) or str(partner.get("id"))


def to_account(
    partner: Json, contacts: Iterable[Json], categories: Mapping[int, str], connection: Connection
) -> tuple[Account, list[str]]:
    """The account, and what could not be used of it, one line each.

    ``contacts`` are needed only where a source says ``user_tag``; ``categories`` are the partner categories by id.
    """
    people = list(contacts)

    def tags(record: Json) -> set[str]:
        return {tag_slug(categories.get(ident, ident)) for ident in numbers(record.get("category_id"))}

    def said(source: OrganizationSource) -> Any:
        if source.tags:
            present = tags(partner)
            return next((canonical for tag, canonical in source.tags.items() if tag in present), None)
        text = _text(partner.get(source.field or ""))
        return source.values.get(text, text) if text else None

    def tag_is(tag: str) -> list[str]:
        return [address for person in people if tag in tags(person) and (address := _text(person.get("email")))]

    return account_of(connection, partner.get("name") or None, f"partner {partner.get('id')}", said, tag_is)


def _sources(connection: Connection) -> Iterator[OrganizationSource]:
    words = connection.organizations
    usual = (words.plan, words.time_zone, words.agreed_languages, words.contacts, words.management, words.onboarding)
    support = (words.support_starts, words.support_ends)
    yield from (source for source in (*usual, *support, *words.roles.values()) if source)


def _text(value: object) -> str | None:
    """A field as text: a record by its name; None for Odoo's ``false``."""
    if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[1], str):
        return text_of(value[1])
    return text_of(value) if value else None
