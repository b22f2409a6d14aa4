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
class Excess:
    """What of a plan exceeds a cap, and why it is withheld."""

    keys: frozenset[str]
    cause: WithheldCause
    because: str
    cap: str = ""
    """The name of the cap."""
    until: datetime | None = None
    """When the cap may allow it; None: a person has to act."""
    stop: Stop | None = None
    """The stop that begins with it, where there were too many messages."""


def earliest_of(excesses: list[Excess]) -> datetime | None:
    """When the first of the caps may allow what it withholds."""
    return min((excess.until for excess in excesses if excess.until), default=None)


def withhold_excess(plan: Plan, excesses: list[Excess]) -> Plan:
    """A plan without permission for what exceeds a cap."""
    for excess in excesses:
        plan = plan.withhold(excess.cause, excess.because, partial(_is_among, excess.keys), cap=excess.cap)
    return plan


def _is_among(keys: frozenset[str], action: Action) -> bool:
    return action.key in keys
