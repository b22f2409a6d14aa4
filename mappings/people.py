"""People whom a connection names: programs with a seat, and third persons who belong to one side of a ticket. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from bridge.roles import domain_of
from mappings.field_sources import ConfigModel, VendorRef

_PERSON = re.compile(r"\d+|[^@\s]*@[^@\s]+\.[^@\s]+")


def _person(value: VendorRef) -> str:
    text = str(value).strip().lower()
    if not _PERSON.fullmatch(text):
        raise ValueError(f"found {value!r}; allowed: an e-mail address, @ and a domain, or the id of a user")
    return text


Person = Annotated[VendorRef, AfterValidator(_person)]
"""An e-mail address, a whole domain such as ``@carrier.example``, or a user's id."""
Persons = Annotated[
    tuple[Person, ...], BeforeValidator(lambda value: [value] if isinstance(value, VendorRef) else value)
]


class People(ConfigModel):
    """Who is not what a seat or an address suggests."""

    automated: Persons = ()
    """Programs, even with an agent's seat: their words are nobody's."""
    automated_roles: tuple[int, ...] = ()
    """Ids of custom roles whose users are programs."""
    customers: Persons = ()
    """Third persons who speak for the customer."""
    helpdesk: Persons = ()
    """Third persons who speak for the helpdesk."""

    def named(self) -> Iterator[tuple[str, str]]:
        """Every single person, as key path and address or id; whole domains are left out."""
        for name in ("automated", "customers", "helpdesk"):
            yield from ((f"people.{name}", str(each)) for each in getattr(self, name) if str(each)[0] != "@")

    @model_validator(mode="after")
    def _on_one_side(self) -> Self:
        if both := sorted(map(str, {*self.customers} & {*self.helpdesk})):
            raise ValueError(f"allowed: each person on one side; {both[0]} is under customers and helpdesk")
        return self


def is_listed(persons: Sequence[VendorRef], ident: str, address: str) -> bool:
    """Whether somebody is in a list of people, by id, address or domain."""
    domain = domain_of(address)
    return not {ident, address.lower(), f"@{domain}" if domain else ""}.isdisjoint({*persons} - {""})
