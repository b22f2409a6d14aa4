"""What a helpdesk's own rules do to tickets, in one form for every vendor: when each acts, and its effects. Pure.

``policybridge conflicts`` plays them on scenarios. Fields have the names of the timeline, such as ``status`` and
``fact:<name>``; ``field:custom_<id>`` is a field of the vendor that the connection does not name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bridge.ticket import FactValue, Role
from mappings.native_rules import NativeCalendar, NativePolicy, Source


@dataclass(frozen=True)
class All:
    """True where every part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """True where one part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """True where the part is not."""

    part: Condition


@dataclass(frozen=True)
class Has:
    """A field has one of these values; None: it is empty."""

    field: str
    values: tuple[FactValue, ...]


@dataclass(frozen=True)
class HasTag:
    """One of these tags is on the ticket."""

    tags: tuple[str, ...]


@dataclass(frozen=True)
class Ranks:
    """A field is below or above a value, in the order of ``order``."""

    field: str
    order: tuple[tuple[str, ...], ...]
    """From lowest to highest; values that stand together are equal."""
    value: str
    is_below: bool


@dataclass(frozen=True)
class HasWords:
    """A text contains one of these words."""

    where: Literal["subject", "description", "message"]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Waited:
    """So many hours have passed since something happened."""

    since: Literal["status", "created", "updated", "customer", "agent", "assigned"]
    """``status``: since the ticket got one of ``statuses``; ``customer``, ``agent``: since they last acted."""
    hours: float
    comparison: Literal["at_least", "exactly", "less"]
    statuses: tuple[str, ...] = ()
    is_in_business_hours: bool = False


@dataclass(frozen=True)
class Updated:
    """The rule looks at the creation of a ticket, or at a later change."""

    is_creation: bool


@dataclass(frozen=True)
class Spoke:
    """The update carries words: public ones, internal ones (False), or any (None)."""

    public: bool | None


@dataclass(frozen=True)
class ActedBy:
    """The update was made by somebody in one of these roles."""

    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Turned:
    """The update changed a field, from and to some values; None: any."""

    field: str
    before: tuple[FactValue, ...] | None = None
    after: tuple[FactValue, ...] | None = None


@dataclass(frozen=True)
class IsOpen:
    """It is within business hours."""


Condition = All | AnyOf | Not | Has | HasTag | Ranks | HasWords | Waited | Updated | Spoke | ActedBy | Turned | IsOpen
"""When a rule acts."""


@dataclass(frozen=True)
class Give:
    """Give a field a value; None empties it."""

    field: str
    value: FactValue


@dataclass(frozen=True)
class Retag:
    """Add and remove tags. ``replaces``: all others are removed."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    replaces: bool = False


@dataclass(frozen=True)
class Tell:
    """Write to the customer, as a comment on the ticket or by mail alone."""

    text: str
    is_comment: bool = False
    delivers: bool = False
    """The mail only brings the comments of the ticket to the customer: without it nobody would get the bridge's."""


@dataclass(frozen=True)
class Beside:
    """An effect that no policy has, such as a call to another program."""

    name: str


Effect = Give | Retag | Tell | Beside
"""What a rule does."""


@dataclass(frozen=True)
class ActingRule:
    """One rule that acts on tickets by itself, and is switched on."""

    source: Source
    digest: str
    """Changes with the rule."""
    is_timed: bool
    """It looks at tickets again and again, and does not wait for an update."""
    condition: Condition
    effects: tuple[Effect, ...]
    not_examined: str = ""
    """What in it cannot be understood; then it is never played."""
    can_be_switched_off: bool = True


@dataclass(frozen=True)
class TargetRule:
    """A policy with targets of the helpdesk's own, which shows other deadlines or the same."""

    policy: NativePolicy
    condition: Condition
    digest: str
    not_examined: str = ""
    can_be_switched_off: bool = False
    calendar: NativeCalendar | None = None
    """Its own business hours; None: those of the helpdesk."""


@dataclass(frozen=True)
class ActingRules:
    """Everything that a helpdesk does by itself."""

    rules: tuple[ActingRule, ...] = ()
    """In the order in which they act."""
    targets: tuple[TargetRule, ...] = ()
    """In order: the first whose condition is true gives a ticket its targets, and all that do not give way."""
    calendar: NativeCalendar | None = None
    """The business hours; None: all time."""
    unreadable: tuple[str, ...] = ()
    """Lists that the helpdesk does not show."""
