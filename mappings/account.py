"""Building an account from a vendor's organization: the part that is the same for every vendor. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from bridge.account import Account
from mappings.coercion import text_of
from mappings.connection import Connection, Organizations
from mappings.field_sources import OrganizationSource
from mappings.harmless_text import harmless
from mappings.time_zones import allowed_zones, iana_zone

_SEPARATORS = re.compile(r"[\s,;]+")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_@]\w+)*")

ReadSource = Callable[[OrganizationSource], Any]
"""Reads the value of a source from one organization."""
TaggedPeople = Callable[[str], list[str]]
"""Returns the addresses of the organization's people who have a tag."""


def build_account(connection: Connection, name: object, where: str, read: ReadSource, tagged: TaggedPeople) -> Account:
    """The account. What cannot be used, such as an unknown plan, is left out and named under ``unusable``.

    ``where`` names the organization there. A word that nobody knows must not stop the reviews of tickets.
    """
    reader = _OrganizationReader(where, connection.organizations, read, tagged)
    values = harmless({"name": text_of(name), **reader.values()})
    values = {key: value for key, value in values.items() if value is not None}
    while True:
        try:
            return Account.model_validate(values | {"unusable": reader.unusable})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            reader.leave_out(_remove(values, *first["loc"]), first["input"], first["msg"])


def needs_people(connection: Connection) -> bool:
    """Whether the account depends on tags of the organization's people, who must then be read."""
    sources = connection.organizations
    return any(source and source.user_tag for source in (sources.contacts, sources.management))


@dataclass
class _OrganizationReader:
    where: str
    sources: Organizations
    read: ReadSource
    tagged: TaggedPeople
    unusable: dict[str, str] = field(default_factory=dict)

    def leave_out(self, name: str, found: object, why: str) -> None:
        self.unusable[name] = f"{self.where}: {name} {found!r} is not used: {why}"

    def values(self) -> dict[str, Any]:
        sources = self.sources
        support = {
            "starts": _day(self._found(sources.support_starts)),
            "ends": _day(self._found(sources.support_ends)),
        }
        return {
            "plan": self._found(sources.plan),
            "time_zone": self._time_zone(),
            "onboarding": self._found(sources.onboarding),
            "agreed_languages": self._languages(),
            "contacts": self._people("contacts", sources.contacts),
            "management": self._people("management", sources.management),
            "roles": {role: text for role, source in sources.roles.items() if (text := text_of(self.read(source)))},
            "support": support if any(support.values()) else None,
        }

    def _found(self, source: OrganizationSource | None) -> Any:
        return self.read(source) if source else None

    def _time_zone(self) -> str | None:
        name = text_of(self._found(self.sources.time_zone))
        zone = iana_zone(name) if name else None
        if name and zone is None:
            self.leave_out("time_zone", name, f"allowed: {allowed_zones(name)}")
        return zone

    def _languages(self) -> list[str] | None:
        words = _split(self._found(self.sources.agreed_languages))
        codes = {word: found[1].lower() for word in words or () if (found := _LANGUAGE.fullmatch(word))}
        self._leave_out_others("agreed_languages", words or (), codes, "a code such as de")
        return list(dict.fromkeys(codes.values())) or None

    def _people(self, name: str, source: OrganizationSource | None) -> list[str] | None:
        """Lower-case addresses; None where no list is configured, which means that everybody may ask."""
        if source is None:
            return None
        found = self.tagged(source.user_tag) if source.user_tag else _split(self.read(source))
        known = [address.lower() for address in found or () if "@" in address]
        self._leave_out_others(name, found or (), {word for word in found or () if "@" in word}, "an e-mail address")
        return None if found is None else known

    def _leave_out_others(self, name: str, words: Iterable[str], usable: Iterable[str], allowed: str) -> None:
        known = set(usable)
        if others := [word for word in words if word not in known]:
            self.leave_out(name, ", ".join(others), f"allowed: {allowed}")


def _remove(values: dict[str, Any], name: str | int, *inside: str | int) -> str:
    """Remove the value at the place of an error, and return its name; the other values of a mapping stay."""
    outer = values.pop(str(name))
    if not (isinstance(outer, dict) and inside):
        return str(name)
    rest = {key: value for key, value in outer.items() if key != inside[0]}
    values |= {str(name): rest} if any(rest.values()) else {}
    return f"{name}_{inside[0]}"


def _split(value: Any) -> list[str] | None:
    text = text_of(value)
    return [part for part in _SEPARATORS.split(text) if part] if text else None


def _day(value: Any) -> str | None:
    text = text_of(value)
    return text[:10] if text else None
