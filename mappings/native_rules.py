"""What a helpdesk's own rules promise, in one form for every vendor: calendars, targets, reminders and closings. Pure.

A draft of a policy pack is made from it. Whatever cannot be said in this form is kept with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
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
    STAGE = "time_to_stage"
    """Until the ticket reaches a stage that its policy names."""


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
    closed: tuple[tuple[datetime, datetime], ...] = ()
    """Other times at which it is closed, by the clock on the wall."""
    hours_per_day: float = 0
    """What targets in days count as, where the helpdesk has such targets."""


@dataclass(frozen=True)
class NativeTarget:
    """The target of one metric for tickets of one priority."""

    metric: Metric
    priority: str
    minutes: int
    is_in_business_hours: bool


@dataclass(frozen=True)
class NativePolicy:
    """Targets for the tickets of a condition."""

    source: Source
    condition: Condition
    targets: tuple[NativeTarget, ...]
    gives_way: bool = True
    """Whether an earlier policy whose condition is true applies instead; False: all that fit apply."""
    calendar: str = ""
    """The calendar of its targets in business hours; empty: the first one."""
    met_in: tuple[str, ...] = ()
    """Statuses in which :attr:`Metric.STAGE` is reached."""
    paused_in: tuple[str, ...] = ()
    """Statuses in which it rests, beside those of the metric."""
    team_ids: tuple[int, ...] = ()
    """Ids of the teams whose tickets it is for, where the helpdesk has teams."""
    difference: str = ""
    """Where a policy of ours cannot do quite the same."""


@dataclass(frozen=True)
class NativeStep:
    """What the helpdesk does when a ticket has been in a status for some time."""

    source: Source
    status: str
    """Status in canonical words."""
    after_hours: int
    is_in_business_hours: bool
    condition: Condition = field(default_factory=dict)
    """What else a ticket must have."""
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
    """The first one is the calendar of targets in business hours, where a policy names none."""
    policies: tuple[NativePolicy, ...] = ()
    steps: tuple[NativeStep, ...] = ()
    facts: tuple[NativeFact, ...] = ()
    names: Mapping[str, Mapping[str, int | str | list[int | str]]] = field(default_factory=dict)
    """Sections of a connection, such as ``groups``: name in the draft -> the vendor's id, or several."""
    not_taken: tuple[NotTaken, ...] = ()
    ticket_types: tuple[str, ...] = ()
    """What the helpdesk calls its types of tickets, if every account has the same."""
