"""What a context needs of the policy that governs its ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bridge.account import Account
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.evaluation.evaluated_rule import C_contra, NamedRules
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.texts import PolicyTexts
from bridge.ticket import Priority


class SeveritySource(Protocol[C_contra]):
    """The rule from which the severity level follows."""

    @property
    def clause(self) -> str:
        """Id of its clause."""

    @property
    def levels(self) -> Mapping[str, Priority]:
        """Level in the pack's own word -> the priority it is shown as, most severe first."""

    def over_time(self, context: C_contra) -> list[tuple[datetime, str | None]]:
        """The level since creation and after every change of it."""

    def derived(self, context: C_contra, at: datetime) -> str | None:
        """The level that facts give, choices of people left out."""

    def unknown_choice(self, context: C_contra) -> str | None:
        """The fact in which people choose the level, if its present value is not a level."""


class PlanSource(Protocol):
    """A plan, and the tickets that have it."""

    @property
    def name(self) -> str:
        """Name of the plan."""

    @property
    def when(self) -> Predicate:
        """The tickets that have it."""


class GoverningPolicy(PolicyTexts, Protocol[C_contra]):
    """What a context needs of a policy."""

    @property
    def digest(self) -> str:
        """SHA-256 of its effective text."""

    @property
    def time_zone(self) -> str:
        """Zone of accounts that name none."""

    @property
    def start_tier(self) -> int:
        """The tier in which tickets start."""

    @property
    def ticket_types(self) -> tuple[str, ...]:
        """The types of ticket that it knows."""

    @property
    def calendars(self) -> Mapping[str, object]:
        """Its calendars by name, the default first."""

    @property
    def plans(self) -> Sequence[PlanSource]:
        """Plans by ticket, the first that applies counts."""

    @property
    def severity(self) -> SeveritySource[C_contra]:
        """What the severity level follows from."""

    @property
    def named_rules(self) -> NamedRules:
        """Every rule by a name that it keeps in later versions, in the order of evaluation."""

    def calendar_for(self, name: str | None, account: Account) -> Calendar:
        """A calendar as it holds for an account."""
