"""A Zendesk organization -> what it says about the customer's account. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from bridge.account import Account
from mappings.connection import Connection, OrganizationSource
from mappings.zendesk_words import Json, mapping, objects, tags_of, text_of, word

_SEPARATORS = re.compile(r"[\s,;]+")


def to_account(organization: Json, users: Iterable[Json], connection: Connection) -> tuple[Account, list[str]]:
    """The account, and what could not be used of it, one line each.

    ``users`` are the organization's users, needed only where a source says ``user_tag``. A word Zendesk holds that no
    account may have (a plan nobody knows) is left out and reported: it must not stop the work on a ticket.
    """
    wanted = _values(organization, list(users), connection)
    faults: list[str] = []
    while True:
        try:
            return Account.model_validate(wanted), faults
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = str(first["loc"][0])
            faults.append(
                f"organization {organization.get('id')}: {name} {first['input']!r} is not used: {first['msg']}"
            )
            del wanted[name]


def needs_users(connection: Connection) -> bool:
    """Whether the organization's users have to be read."""
    words = connection.organizations
    return any(source and source.user_tag for source in (words.contacts, words.management))


def _values(organization: Json, users: list[Json], connection: Connection) -> dict[str, Any]:
    words = connection.organizations

    def said(source: OrganizationSource | None) -> Any:
        return _said(source, organization) if source else None

    found = {
        "name": text_of(organization.get("name")),
        "plan": said(words.plan),
        "time_zone": said(words.time_zone),
        "onboarding": said(words.onboarding),
        "agreed_languages": _listed(said(words.agreed_languages)),
        "contacts": _people(words.contacts, organization, users),
        "management": _people(words.management, organization, users),
        "roles": {role: text for role, source in words.roles.items() if (text := text_of(said(source)))},
        "support": {"starts": _day(said(words.support_starts)), "ends": _day(said(words.support_ends))},
    }
    if not any(found["support"].values()):
        del found["support"]
    return {name: value for name, value in found.items() if value is not None}


def _said(source: OrganizationSource, organization: Json) -> Any:
    if source.tags:
        tags = tags_of(organization.get("tags"))
        return next((canonical for tag, canonical in source.tags.items() if tag in tags), None)
    text = text_of(mapping(organization.get("organization_fields")).get(source.field or ""))
    return source.values.get(text, text) if text else None


def _people(source: OrganizationSource | None, organization: Json, users: list[Json]) -> list[str] | None:
    """Lower-case addresses; None where no list is kept at all, so that everybody may ask."""
    if source is None:
        return None
    if source.user_tag is None:
        return _listed(_said(source, organization), lower=True)
    return [word(user.get("email")) for user in objects(users) if source.user_tag in tags_of(user.get("tags"))]


def _listed(value: Any, *, lower: bool = False) -> list[str] | None:
    text = text_of(value)
    if text is None:
        return None
    return [part.lower() if lower else part for part in _SEPARATORS.split(text) if part]


def _day(value: Any) -> str | None:
    text = text_of(value)
    return text[:10] if text else None
