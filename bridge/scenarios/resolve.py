"""A scenario whose names were checked against its policy. Read by :mod:`bridge.scenarios.load`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bridge.account import Account
from bridge.config.account_form import CONNECTION
from bridge.policy.evaluation.adoption import InForce
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.model import Policy
from bridge.roles import Standing, is_on_same_side, role_of
from bridge.scenarios.language import Changes, Event, Scenario
from bridge.scenarios.values import read_when
from bridge.ticket import Actor, FactValue, Person, Role, Ticket, TicketRef, fact_field
from bridge.yamlio.document import YamlDocument
from bridge.yamlio.problems import expected, shown


@dataclass(frozen=True)
class ResolvedScenario:
    """One valid scenario with its policy; every name in it is a name of that policy."""

    written: Scenario
    """As the file says it."""
    policy: Policy
    document: YamlDocument

    @property
    def name(self) -> str:
        return self.written.name or Path(self.document.name).stem

    @property
    def until(self) -> datetime:
        """The end of the scenario, inclusive."""
        return self.instant(self.written.until)

    @property
    def in_force(self) -> InForce:
        """Since when the policy counts, and what happens to a ticket from before."""
        return InForce(self.written.in_force_since or self.written.ticket.at, self.written.backlog)

    @cached_property
    def account(self) -> Account | None:
        """The account at creation; None where the scenario has none."""
        return self.written.account.account() if self.written.account else None

    @cached_property
    def ticket(self) -> Ticket:
        """The ticket at creation."""
        words = self.written.ticket
        same = ("channel", "type", "opened_by", "subject", "description", "priority", "assignee", "status", "tags")
        return Ticket(
            ref=TicketRef(connection=CONNECTION, id=words.id),
            created_at=words.at,
            account=(self.account.name or None) if self.account else None,
            requester=Person(**words.requester.model_dump()),
            facts=dict.fromkeys(self.policy.facts) | {name: self._fact(name, v) for name, v in words.facts.items()},
            tier=words.tier or self.policy.start_tier,
            **{name: getattr(words, name) for name in (*same, "group", "brand", "form", "team")},
        )

    @cached_property
    def events(self) -> list[tuple[datetime, Event]]:
        """The events by time; those of the same second in the order of the file."""
        timed = [(self.instant(event.at), event) for event in self.written.events]
        return sorted(timed, key=lambda pair: pair[0])

    def instant(self, when: timedelta | datetime) -> datetime:
        """A time of the scenario as an instant in UTC."""
        return self.written.ticket.at + when if isinstance(when, timedelta) else when

    def actor(self, actor_name: str) -> Actor:
        """Who ``by:`` means: ``customer`` is the requester, ``other`` a third person, ``system`` the helpdesk's rules.

        An address has the role that follows from ticket and account (:mod:`bridge.roles`).
        """
        requester = self.ticket.requester
        if actor_name == "customer":
            return Actor(role=Role.CUSTOMER, email=requester.email, name=requester.name)
        if "@" not in actor_name:
            return Actor(role=Role(actor_name))
        return Actor(role=role_of(self._standing(actor_name)), email=actor_name)

    def changes(self, changes: Changes) -> Iterator[tuple[str, FactValue]]:
        """Timeline field and new value of everything a ``set:`` sets."""
        for name in Changes.model_fields:
            if name in changes.model_fields_set:
                value = getattr(changes, name)
                yield name, ",".join(sorted(value)) if name == "tags" else value
        for name, value in (changes.model_extra or {}).items():
            yield fact_field(name), self._fact(name, value)

    def back_at(self, event: Event) -> tuple[datetime | None, bool]:
        """The announced return, and whether only its day was named: then it is that day's start for the customer."""
        match event.back_at:
            case None:
                return None, False
            case datetime() | timedelta():
                return self.instant(event.back_at), False
            case date():
                zone = ZoneInfo((self.account.time_zone if self.account else None) or "UTC")
                return datetime.combine(event.back_at, time(), zone).astimezone(UTC), True

    def _standing(self, address: str) -> Standing:
        """Of an address. Where the scenario gives the helpdesk no address of its own, every stranger is an agent."""
        account, requester = self.account or Account(), self.ticket.requester.email
        customers = {requester, *(account.contacts or ()), *account.management} - {""}
        is_colleague = is_on_same_side(Person(email=address), map(_person, customers))
        own = [each for each in map(_person, self._staff) if not is_on_same_side(each, map(_person, customers))]
        is_stranger = not is_colleague and bool(own) and not is_on_same_side(Person(email=address), own)
        return Standing(
            is_requester=address in customers,
            is_staff=address in self._staff or not (is_colleague or is_stranger),
            is_colleague=is_colleague,
        )

    @cached_property
    def _staff(self) -> frozenset[str]:
        """The addresses of the helpdesk: those that fill roles, and of everybody who is assigned the ticket."""
        account, sets = self.account or Account(), [event.set_ for event in self.written.events if event.set_]
        assigned = {self.written.ticket.assignee, *(each.assignee for each in sets)}
        roles = {filled.lower() for filled in account.roles.values() if "@" in filled}
        return frozenset(roles | {address for address in assigned if address})

    def _fact(self, name: str, value: object) -> FactValue:
        return read_fact(self.policy.facts[name], value, self.written.ticket.at)


def _person(address: str) -> Person:
    return Person(email=address)


def read_fact(spec: FactSpec, value: object, created: datetime) -> FactValue:
    """A fact as the core keeps it: a listed value as listed, an instant as ISO text in UTC, other values as given.

    Raises ``ValueError`` that says what is allowed.
    """
    if value is None:
        return None
    if spec.values is not None:
        for listed in spec.values:
            if isinstance(value, bool) == isinstance(listed, bool) and str(value) == str(listed):
                return listed
        raise ValueError(expected(value, spec.values))
    if isinstance(value, dict | list):
        raise ValueError(f"found {shown(value)}; allowed: one value")  # noqa: TRY004 (told to the author of the file)
    return _typed(spec.type, value, created)


def _typed(kind: str, value: Any, created: datetime) -> FactValue:
    match kind:
        case "bool" if not isinstance(value, bool):
            raise ValueError(expected(value, ("true", "false")))
        case "number" if isinstance(value, bool | str):
            raise ValueError(f"found {shown(value)}; allowed: a number")
        case "datetime":
            try:
                when = read_when(value)
            except ValueError as error:
                raise ValueError(f"found {shown(value)}; {error}") from error
            at = created + when if isinstance(when, timedelta) else when
            return f"{at:%Y-%m-%dT%H:%M:%SZ}"
    kept: FactValue = value
    return kept
