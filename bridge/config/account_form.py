"""An account as people write it: in the accounts file, and in a scenario. Pure."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from bridge.account import Account, Onboarding, OpenTicket, SupportPeriod, SupportPlan
from bridge.contacts import unreachable_contacts
from bridge.policy.calendars.spec import CalendarSpec, TimeZone
from bridge.ticket import Facts, TicketRef

CONNECTION = "simulated"
"""Connection of the tickets that people write down, which are in no helpdesk."""


def _with_an_at(text: str) -> str:
    if "@" not in text:
        raise ValueError("allowed: an e-mail address")
    return text


Email = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True)]
Address = Annotated[Email, AfterValidator(_with_an_at)]
"""An address that is never empty: people without one must not be taken for each other."""


def _reachable(text: str) -> str:
    if wrong := unreachable_contacts(text):
        raise ValueError(f"found {wrong[0]!r}; allowed: an e-mail address, an apprise URL or env:NAME")
    return text


Contact = Annotated[str, AfterValidator(_reachable)]
"""Whom a role names: addresses and channels."""
Ident = Annotated[str, BeforeValidator(lambda value: str(value) if type(value) is int else value)]


class OpenTicketForm(Facts):
    """Another open ticket of the same account."""

    id: Ident
    subject: str = ""


class AccountForm(Facts):
    """An account; what is left out is not configured."""

    name: str = ""
    plan: SupportPlan | None = None
    time_zone: TimeZone | None = None
    agreed_languages: tuple[str, ...] = ()
    contacts: frozenset[Address] | None = None
    management: frozenset[Address] = frozenset()
    roles: dict[str, Contact] = {}
    support: SupportPeriod | None = None
    onboarding: Onboarding | tuple[Onboarding, ...] | None = None
    calendar: CalendarSpec | None = None
    overrides: dict[str, Any] = {}
    terms: str = ""
    open_tickets: tuple[OpenTicketForm, ...] = ()

    def account(self) -> Account:
        """The account as the core knows it."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        if self.calendar:
            given["calendar"] = self.calendar.model_dump(mode="json", exclude_unset=True)
        given["open_tickets"] = tuple(
            OpenTicket(ref=TicketRef(connection=CONNECTION, id=other.id), subject=other.subject)
            for other in self.open_tickets
        )
        return Account(**given)
