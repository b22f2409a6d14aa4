"""Which policy governs a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.account import Account
from bridge.policy import Policy
from bridge.policy.case import Case
from bridge.ticket import Ticket


class Governing:
    """The configured packs, in their order: the first whose ``applies_when`` holds governs a ticket."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = tuple(policies)

    def __call__(self, ticket: Ticket, account: Account) -> Policy | None:
        """The governing policy, or None. Judged as of the ticket's creation, so that it does not change later."""
        return next((policy for policy in self.policies if _applies(policy, ticket, account, ticket.created_at)), None)


def _applies(policy: Policy, ticket: Ticket, account: Account, at: datetime) -> bool:
    case = Case(ticket, account, policy, at)
    return case.holds(policy.applies_when, at)
