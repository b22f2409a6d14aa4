"""The input of reports: tickets as their last reviews saw and evaluated them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bridge.account import Account
from bridge.decision import Decision, KeptClocks
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.ticket import Ticket

Row = dict[str, Any]
"""One line of a report, ready for JSON."""


@dataclass(frozen=True)
class ReviewedTicket:
    """A ticket as its last review saw and evaluated it."""

    ticket: Ticket
    account: Account
    policy: Policy
    """The pack that evaluated it, with the terms of the contract."""
    decision: Decision
    kept: KeptClocks = field(default_factory=KeptClocks)

    @cached_property
    def context(self) -> Context:
        return Context(self.ticket, self.account, self.policy, self.decision.at, self.kept)

    def priority_at(self, at: datetime) -> str:
        """The priority of its level at an instant, else that of the ticket."""
        found = self.context.priority_of(self.context.level_at(at)) or self.ticket.value_at("priority", at)
        return str(found or "none")


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The calendar month of an instant in a zone, as ``2026-03``."""
    return f"{at.astimezone(zone):%Y-%m}"
