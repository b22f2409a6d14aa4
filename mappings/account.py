"""Building an account from a vendor's organization: the part that is the same for every vendor. Pure."""

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

ReadSource = Callable[[OrganizationSource], Any]
"""Reads the value of a source from one organization."""
TaggedPeople = Callable[[str], list[str]]
"""Returns the addresses of the organization's people who have a tag."""


def build_account(
    connection: Connection, name: object, where: str, read: ReadSource, tagged: TaggedPeople
) -> tuple[Account, list[str]]:
    """The account, and one line for each value that could not be used, beginning with ``where``.

    A value that is not valid for an account, such as an unknown time zone, is left out and reported: it must not stop
    the reviews of tickets.
    """
    values = {"name": text_of(name)} | _values(connection.organizations, read, tagged)
    values = {key: value for key, value in values.items() if value is not None}
    problems: list[str] = []
    while True:
        try:
            return Account.model_validate(values), problems
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = str(first["loc"][0])
            problems.append(f"{where}: {field} {first['input']!r} is not used: {first['msg']}")
            del values[field]


def needs_people(connection: Connection) -> bool:
    """Whether the account depends on tags of the organization's people, who must then be read."""
    sources = connection.organizations
    return any(source and source.user_tag for source in (sources.contacts, sources.management))


def _values(sources: Organizations, read: ReadSource, tagged: TaggedPeople) -> dict[str, Any]:
    def found(source: OrganizationSource | None) -> Any:
        return read(source) if source else None

    support = {"starts": _day(found(sources.support_starts)), "ends": _day(found(sources.support_ends))}
    return {
        "plan": found(sources.plan),
        "time_zone": found(sources.time_zone),
        "onboarding": found(sources.onboarding),
        "agreed_languages": _split(found(sources.agreed_languages)),
        "contacts": _people(sources.contacts, read, tagged),
        "management": _people(sources.management, read, tagged),
        "roles": {role: text for role, source in sources.roles.items() if (text := text_of(read(source)))},
        "support": support if any(support.values()) else None,
    }


def _people(source: OrganizationSource | None, read: ReadSource, tagged: TaggedPeople) -> list[str] | None:
    """Lower-case addresses; None where no list is configured, which means that everybody may ask."""
    if source is None:
        return None
    found = tagged(source.user_tag) if source.user_tag else _split(read(source))
    return None if found is None else [address.lower() for address in found]


def _split(value: Any) -> list[str] | None:
    text = text_of(value)
    return [part for part in _SEPARATORS.split(text) if part] if text else None


def _day(value: Any) -> str | None:
    text = text_of(value)
    return text[:10] if text else None
