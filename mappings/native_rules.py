"""What a helpdesk's own rules promise, in one form for every vendor: calendars, targets, reminders and closings. Pure.

A draft of a policy pack is made from it. Whatever cannot be said in this form is kept with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

Condition = Mapping[str, Any]
"""A condition in the words of a policy pack; empty: always true."""


class Metric(StrEnum):
    """What a target measures."""

    FIRST_REPLY = "first_reply_time"
    NEXT_REPLY = "next_reply_time"
    PERIODIC_UPDATE = "periodic_update_time"
    PAUSABLE_UPDATE = "pausable_update_time"
    REQUESTER_WAIT = "requester_wait_time"
    AGENT_WORK = "agent_work_time"
    RESOLUTION = "total_resolution_time"


@dataclass(frozen=True)
class Source:
    """A rule of the helpdesk, as people find it there."""

    kind: str
    """Such as ``SLA policy``."""
    id: str
    title: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.title})"


@dataclass(frozen=True)
class NativeCalendar:
    """Opening hours of a week, and days on which it is closed."""

    source: Source
    name: str
    time_zone: str
    """IANA name."""
    hours: Mapping[str, tuple[str, ...]]
    """``mon`` -> ``09:00-17:00``, local time."""
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True)
class NativeTarget:
    """The target of one metric for tickets of one priority."""

    metric: Metric
    priority: str
    minutes: int
    is_in_business_hours: bool


@dataclass(frozen=True)
class NativePolicy:
    """Targets for the tickets of a condition; of several in order, the first whose condition is true applies."""

    source: Source
    condition: Condition
    targets: tuple[NativeTarget, ...]


@dataclass(frozen=True)
class NativeStep:
    """What the helpdesk does when a ticket has been in a status for some time."""

    source: Source
    status: str
    """Status in canonical words."""
    after_hours: int
    is_in_business_hours: bool
    reminder: str = ""
    """Text that is sent to the customer, in the form of a pack's template."""
    becomes: str = ""
    """Status that the ticket gets, ``solved`` or ``closed``."""


@dataclass(frozen=True)
class NativeFact:
    """A field that conditions use."""

    name: str
    label: str
    field_id: int | str
    """The vendor's id of the field."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The vendor's option -> the word of the pack; empty: any text."""


@dataclass(frozen=True)
class NotTaken:
    """A rule, or a part of one, that a draft leaves out, and why."""

    source: Source
    reason: str


@dataclass(frozen=True)
class NativeRules:
    """What a helpdesk's own rules promise."""

    calendars: tuple[NativeCalendar, ...] = ()
    """The first one is the calendar of targets in business hours."""
    policies: tuple[NativePolicy, ...] = ()
    steps: tuple[NativeStep, ...] = ()
    facts: tuple[NativeFact, ...] = ()
    names: Mapping[str, Mapping[str, int | str]] = field(default_factory=dict)
    """Sections of a connection, such as ``groups``: name in the draft -> the vendor's id."""
    not_taken: tuple[NotTaken, ...] = ()
