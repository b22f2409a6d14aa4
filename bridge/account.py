"""The customer's account: what a contract adds to a ticket. Facts only; a policy says what follows from them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from bridge.ticket import Facts, TicketRef

Onboarding = Literal["study", "sla_established", "contract_signed", "support_initiated", "internal_testing"]
SupportPlan = Literal["standard", "premium"]


EARLIEST, FOREVER = date(1900, 1, 1), date(9000, 1, 1)
"""Days before the first are slips, and those from the second on mean that something has no end, as 9999-12-31 does.
Neither can be converted between time zones."""


def _without_forever(day: date | None) -> date | None:
    return None if day and day >= FOREVER else day


Day = Annotated[date, Field(ge=EARLIEST)]


class SupportPeriod(Facts):
    """First and last day of support, both covered, in the account's time zone."""

    starts: Day | None = None
    ends: Annotated[Day | None, AfterValidator(_without_forever)] = None


class OpenTicket(Facts):
    """Another open ticket of the same account, as far as looking for duplicates needs it."""

    ref: TicketRef
    subject: str
    number: str = Field(default="", exclude_if=lambda number: not number)
    """What people call it, where that is not its id."""


class Account(Facts):
    """An account as configured by the admin or read from the helpdesk. ``None`` means "not configured"."""

    name: str = ""
    plan: SupportPlan | None = None
    time_zone: str | None = None
    """IANA zone of the customer; None: the pack's own default applies."""
    agreed_languages: tuple[str, ...] = ()
    contacts: frozenset[str] | None = None
    """Addresses of the named support users, lower case; None: no list is kept, everybody may ask."""
    management: frozenset[str] = frozenset()
    roles: dict[str, str] = {}
    """Role -> e-mail address or channel URL."""
    support: SupportPeriod | None = None
    onboarding: Onboarding | tuple[Onboarding, ...] | None = None
    """The stage that has been reached, or every stage gone through, the last one being that."""
    calendar: dict[str, Any] | None = None
    """Business hours of the contract, in the form a pack uses."""
    overrides: dict[str, Any] = {}
    """Contract terms merged over the pack."""
    terms: str = ""
    """Free text on responsibilities, workflows and cost, shown to people."""
    open_tickets: tuple[OpenTicket, ...] = ()
    unusable: dict[str, str] = {}
    """What the helpdesk says of the account and nobody can use: property -> what was found, where, what is allowed."""
