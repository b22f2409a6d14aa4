"""Tickets that people closed while the customer was silent, without the notices that the policy promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.history.closings import unannounced_closings
from bridge.policy.load import load_policy
from bridge.ticket import Actor, Changed, Message, Role, Status, Ticket, TicketRef, TimelineEntry

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def said(days: float, role: Role = Role.AGENT, *, public: bool = True) -> Message:
    return Message(at=at(days), actor=Actor(role=role), public=public, text="words")


def became(days: float, old: str, new: str, role: Role = Role.AGENT) -> Changed:
    return Changed(at=at(days), actor=Actor(role=role), field="status", old=old, new=new)


WAITS = became(1, "open", "waiting_customer")
CLOSED = became(20, "waiting_customer", "solved")
REMINDED = [said(1), WAITS, *(said(day) for day in range(5, 15)), CLOSED]


def waiting_in(status: str, entries: list[TimelineEntry]) -> Ticket:
    """The ticket, if the status in which it waited is another one."""
    words = {"old": "waiting_customer", "new": "waiting_customer"}
    changed = [
        entry.model_copy(update={name: status for name, word in words.items() if getattr(entry, name) == word})
        if isinstance(entry, Changed)
        else entry
        for entry in entries
    ]
    ref = TicketRef(connection="acme", id="1")
    return Ticket(ref=ref, created_at=START, status=Status.SOLVED, timeline=tuple(changed))


@pytest.mark.parametrize("status", ["waiting_customer", "customer_update_required"])
@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([said(1), WAITS, CLOSED], 1),
        ([said(1), WAITS, said(2, public=False), CLOSED], 1),
        (REMINDED, 0),
        ([said(1), WAITS, said(3, Role.CUSTOMER), CLOSED], 0),
        ([said(1), WAITS, became(20, "waiting_customer", "solved", Role.BRIDGE)], 0),
        ([said(1), WAITS, became(20, "waiting_customer", "open")], 0),
        ([said(1), became(20, "open", "solved")], 0),
    ],
)
def test_a_closing_needs_its_notices(status: str, entries: list[TimelineEntry], found: int) -> None:
    assert unannounced_closings(waiting_in(status, entries), load_policy("maas360")) == found


def test_a_policy_that_promises_no_notices_misses_none() -> None:
    assert (
        unannounced_closings(waiting_in("waiting_customer", [said(1), WAITS, CLOSED]), load_policy("maintmaster")) == 0
    )
