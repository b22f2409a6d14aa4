"""What a vendor's organizations say about a customer's account, whatever the vendor. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from bridge.account import Account
from mappings.coercion import text_of
from mappings.connection import Connection, Organizations
from mappings.field_sources import OrganizationSource

_SEPARATORS = re.compile(r"[\s,;]+")

Said = Callable[[OrganizationSource], Any]
"""What a source says of one organization."""
Tagged = Callable[[str], list[str]]
"""Addresses of the organization's people that carry a tag."""


def account_of(
    connection: Connection, name: object, where: str, said: Said, tagged: Tagged
) -> tuple[Account, list[str]]:
    """The account, and what could not be used of it, one line each, beginning with ``where``.

    A word the helpdesk holds that no account may have (a plan nobody knows) is left out and reported: it must not stop
    the work on a ticket.
    """
    wanted = {"name": text_of(name)} | _values(connection.organizations, said, tagged)
    wanted = {key: value for key, value in wanted.items() if value is not None}
    faults: list[str] = []
    while True:
        try:
            return Account.model_validate(wanted), faults
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = str(first["loc"][0])
            faults.append(f"{where}: {field} {first['input']!r} is not used: {first['msg']}")
            del wanted[field]


def needs_people(connection: Connection) -> bool:
    """Whether the organization's people have to be read."""
    words = connection.organizations
    return any(source and source.user_tag for source in (words.contacts, words.management))


def _values(words: Organizations, said: Said, tagged: Tagged) -> dict[str, Any]:
    def found(source: OrganizationSource | None) -> Any:
        return said(source) if source else None

    support = {"starts": _day(found(words.support_starts)), "ends": _day(found(words.support_ends))}
    return {
        "plan": found(words.plan),
        "time_zone": found(words.time_zone),
        "onboarding": found(words.onboarding),
        "agreed_languages": _listed(found(words.agreed_languages)),
        "contacts": _people(words.contacts, said, tagged),
        "management": _people(words.management, said, tagged),
        "roles": {role: text for role, source in words.roles.items() if (text := text_of(said(source)))},
        "support": support if any(support.values()) else None,
    }


def _people(source: OrganizationSource | None, said: Said, tagged: Tagged) -> list[str] | None:
    """Lower-case addresses; None where no list is kept at all, so that everybody may ask."""
    if source is None:
        return None
    found = tagged(source.user_tag) if source.user_tag else _listed(said(source))
    return None if found is None else [address.lower() for address in found]


def _listed(value: Any) -> list[str] | None:
    text = text_of(value)
    return [part for part in _SEPARATORS.split(text) if part] if text else None


def _day(value: Any) -> str | None:
    text = text_of(value)
    return text[:10] if text else None
