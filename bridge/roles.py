"""Who somebody is on one ticket. A role belongs to a person and a ticket; vendors and scenarios share this one rule."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.account import Account
from bridge.ticket import Actor, Opener, Person, Role, Ticket

# fmt: off
PUBLIC_MAIL = frozenset({
    "aol.com", "fastmail.com", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com",
    "hotmail.com", "icloud.com", "live.com", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "outlook.com",
    "proton.me", "protonmail.com", "qq.com", "t-online.de", "web.de", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com",
    "yahoo.de", "yahoo.fr", "yandex.ru", "zoho.com", "126.com", "163.com",
})
# fmt: on
"""Domains in which anybody can have an address: two people there need not belong together."""


@dataclass(frozen=True)
class Standing:
    """What is known of a person with regard to one ticket."""

    is_bridge: bool = False
    """Our own integration user, in an act of ours."""
    is_automated: bool = False
    """A program, even if it has an agent's seat: its words are nobody's."""
    is_requester: bool = False
    """The person who asked, at the instant in question."""
    is_staff: bool = False
    """An agent or employee elsewhere."""
    is_colleague: bool = False
    """Of the requester's company, or a requester of this ticket at another time."""
    is_known: bool = True
    """False where the helpdesk no longer knows who it was."""


def role_of(person: Standing) -> Role:
    """The role on the ticket. Whoever asks is the customer, even with an agent's seat."""
    if person.is_bridge:
        return Role.BRIDGE
    if person.is_automated:
        return Role.SYSTEM
    if person.is_requester:
        return Role.CUSTOMER
    if person.is_staff:
        return Role.AGENT
    if person.is_colleague:
        return Role.CUSTOMER
    return Role.OTHER if person.is_known else Role.UNKNOWN


def opener_of(creator: Standing) -> Opener | None:
    """Who opened the ticket, given who created it; None for a program and for somebody who belongs to neither side."""
    match role_of(creator):
        case Role.CUSTOMER:
            return Opener.AGENT_FOR_SELF if creator.is_requester and creator.is_staff else Opener.CUSTOMER
        case Role.AGENT:
            return Opener.AGENT_ON_BEHALF
    return None


@dataclass(frozen=True)
class Requesters:
    """The requesters of a ticket over time, by id; empty where there is none."""

    present: str
    changes: Sequence[tuple[datetime, str, str]] = ()
    """Instant, the requester before and after it; oldest first."""

    def at(self, instant: datetime) -> str:
        """The requester at an instant, a change of that very instant included."""
        made = bisect_right(self.changes, instant, key=lambda change: change[0])
        if made:
            return self.changes[made - 1][2]
        return self.changes[0][1] if self.changes else self.present

    @property
    def everyone(self) -> frozenset[str]:
        """Everybody who has been the requester."""
        return frozenset({self.present, *(who for _, *both in self.changes for who in both)} - {""})


def is_on_same_side(person: Person, requesters: Iterable[Person]) -> bool:
    """Whether somebody belongs to one of the requesters: by the domain of the address, or by the name.

    People write from a second address. Domains of public mail services do not count.
    """
    domain, name = domain_of(person.email), person.name.casefold()
    shared = domain if domain not in PUBLIC_MAIL else ""
    return any(
        (shared and shared == domain_of(asked.email)) or (name and name == asked.name.casefold())
        for asked in requesters
    )


def domain_of(address: str) -> str:
    """The domain of an address in lower case; empty where there is none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def with_account_roles(ticket: Ticket, account: Account) -> Ticket:
    """The ticket, on which third persons whom the account names have the role that it gives them.

    Its contacts and managers are the customer, whoever fills a role of it is of the helpdesk.
    """
    if not any(entry.actor.role is Role.OTHER for entry in ticket.timeline):
        return ticket
    customers = {*(account.contacts or ()), *account.management}
    staff = {address.lower() for address in account.roles.values() if "@" in address}

    def named(actor: Actor) -> Actor:
        address = actor.email.lower()
        if actor.role is not Role.OTHER or address not in customers | staff:
            return actor
        role = Role.CUSTOMER if address in customers else Role.AGENT
        return actor.model_copy(update={"role": role})

    timeline = tuple(entry.model_copy(update={"actor": named(entry.actor)}) for entry in ticket.timeline)
    return ticket.model_copy(update={"timeline": timeline})
