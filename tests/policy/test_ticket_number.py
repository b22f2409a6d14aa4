"""Messages call a ticket what people call it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.account import Account
from bridge.policy.evaluation.context import Context
from bridge.policy.load import load_policy
from bridge.ticket import Ticket, TicketRef

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("number", "called"), [("HT00042", "case HT00042"), ("", "case 7")])
def test_a_ticket_is_called_by_its_number_where_it_has_one(number: str, called: str) -> None:
    policy = load_policy("maas360", {"templates": {"internal_testing": "case {ticket}"}})
    ticket = Ticket(ref=TicketRef(connection="odoo", id="7"), number=number, created_at=NOW)
    assert Context(ticket, Account(), policy, NOW).render("internal_testing").text == called
