"""Caps as the store applies them: what of a plan exceeds them, counted over all processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bridge.decision import Action, Plan, WithheldCause
from bridge.decision.limits import Limits
from bridge.ports.stops import Stop


@dataclass(frozen=True)
class CapRequest:
    """What is about to be written, and what its place among others that wait depends on."""

    plan: Plan
    limits: Limits
    account: str | None
    urgency: int
    at: datetime


@dataclass(frozen=True)
class Hold:
    """What is withheld, and why."""

    keys: frozenset[str]
    cause: WithheldCause
    because: str
    cap: str = ""
    """The name of the cap."""
    until: datetime | None = None
    """When the cap may allow it; None: a person has to act."""
    stop: Stop | None = None
    """The stop that begins with it, where there were too many messages."""


def earliest_of(holds: list[Hold]) -> datetime | None:
    """When the first of the caps may allow what it withholds."""
    return min((hold.until for hold in holds if hold.until), default=None)


def withhold_holds(plan: Plan, holds: list[Hold]) -> Plan:
    """A plan without permission for what is held."""
    for hold in holds:
        plan = plan.withhold(hold.cause, hold.because, partial(_is_among, hold.keys), cap=hold.cap)
    return plan


def _is_among(keys: frozenset[str], action: Action) -> bool:
    return action.key in keys
