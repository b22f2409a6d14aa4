"""What keeps a planned action from being written. A reason is the same wherever it is shown, stored or counted."""

from __future__ import annotations

from enum import StrEnum

from bridge.decision.citation import NonEmpty
from bridge.ticket import Facts


class WithheldCause(StrEnum):
    """The kinds of what can keep an action from being written."""

    MODE = "mode"
    """The mode of the connection does not permit it."""
    ROLLOUT = "rollout"
    """A rollout rule gives the ticket, or the clause, a mode that does not permit it."""
    OFF = "off"
    """A person or a rollout rule has taken the ticket out."""
    SCOPE = "scope"
    """The pack does not apply to the ticket now."""
    CONFIRMATION = "confirmation"
    """The step to ``enforce`` waits until a person has confirmed it."""
    CAP = "cap"
    """More than a cap allows now."""
    STOP = "stop"
    """A person, or the burst detector, has stopped all writing."""


class Withheld(Facts):
    """One action of a plan that is not written, and why."""

    key: NonEmpty
    """Of the action."""
    cause: WithheldCause
    because: NonEmpty
    """The reason, for people: ``mode shadow``."""
    cap: str = ""
    """The name of the cap that it exceeds, where one is the cause."""
