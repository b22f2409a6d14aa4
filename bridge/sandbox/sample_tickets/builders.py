"""People and parts that sample tickets are made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from bridge.sandbox.runner import Step

AGENT, SECOND_AGENT, EXPERT = "agent1@vendor.example", "agent1b@vendor.example", "agent3@vendor.example"
JAPANESE_AGENT, MANAGER = "agent.ja@vendor.example", "am@vendor.example"
ACME, ACME_EMPLOYEE, BANK = "helpdesk@acme.example", "employee@acme.example", "helpdesk@bank.example"
AIR, NIHON = "helpdesk@air.example", "helpdesk@nihon.example"

ESCALATE, CONFIRMED = "request_escalation", "resolution_confirmed"
_INTAKE = {
    "company": "see organization",
    "contact": "help desk, day and night",
    "preferred_contact": "e-mail",
    "device": "Tablet, current operating system",
    "username": "device-0417",
    "devices_affected": "12",
}


def after(days: float = 0, hours: float = 0, minutes: float = 0) -> timedelta:
    return timedelta(days=days, hours=hours, minutes=minutes)


def intake(affected: str = "", impact: str = "", *, leave_out: tuple[str, ...] = ()) -> dict[str, str]:
    """Facts of a new ticket with all intake items, but for those the customer forgot."""
    facts = {name: value for name, value in _INTAKE.items() if name not in leave_out}
    return facts | ({"affected": affected, "impact": impact} if affected else {})


def mail(
    after: timedelta,
    by: str,
    text: str,
    *tags: str,
    auto_reply: bool = False,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> Step:
    return Step(after, by, text, tags=tags, facts=facts, channel="email", auto_reply=auto_reply)


def resolves(after: timedelta, by: str, text: str = "This is solved. Please confirm.") -> Step:
    return Step(after, by, text, status="solved", assignee=by)
