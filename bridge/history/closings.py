"""Tickets that people closed while the customer was silent, without the notices that the policy promises. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.evaluation.condition_values import CUSTOMER_OWES
from bridge.policy.evaluation.field_periods import FieldPeriod, field_periods
from bridge.policy.model import Policy
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.reminders import Reminders
from bridge.policy.rules.waiting import WaitingRule
from bridge.ticket import RESOLVED, Message, Role, Ticket


def unannounced_closings(ticket: Ticket, policy: Policy) -> int:
    """How often somebody else than the bridge closed the ticket with fewer notices than promised before that."""
    return sum(
        _given(period) < promised
        for period in field_periods(ticket, "status")
        if period.value in CUSTOMER_OWES and _is_closed_by_others(period) and (promised := _promised(policy, period))
    )


def _is_closed_by_others(period: FieldPeriod) -> bool:
    """Whether somebody else than the customer and the bridge ended it by closing, and no answer had come."""
    change = period.ended
    if change is None or change.new not in RESOLVED or change.actor.role in (Role.CUSTOMER, Role.BRIDGE):
        return False
    return not any(message.actor.role is Role.CUSTOMER for message in _messages(period) if not message.auto_reply)


def _given(period: FieldPeriod) -> int:
    """What the customer was told while it waited; the question with which the waiting began is not a notice."""
    told = (message for message in _messages(period) if message.public and message.actor.role is not Role.CUSTOMER)
    return sum(message.at > period.start for message in told)


def _messages(period: FieldPeriod) -> Iterator[Message]:
    return (entry for entry in period.entries if isinstance(entry, Message))


def _promised(policy: Policy, period: FieldPeriod) -> int:
    """The notices before a closing, by the rules of waiting for this status."""
    return max((_notices(rule) for rule in policy.named_rules.values() if _waits(rule, period)), default=0)


def _waits(rule: object, period: FieldPeriod) -> bool:
    return isinstance(rule, WaitingRule) and period.value in rule.statuses


def _notices(rule: object) -> int:
    match rule:
        case Reminders():
            return len(rule.notices)
        case ContactAttempts():
            return rule.attempts
    return 0
