"""Possible duplicates are found by the number that people write, whatever the vendor's own id is."""

from __future__ import annotations

from cProfile import Profile
from datetime import UTC, datetime, timedelta

import pytest

from bridge.account import Account, OpenTicket
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.store import SqlStore
from bridge.ticket import Ticket, TicketRef

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
OTHER = TicketRef(connection="odoo", id="1042")
POLICY = load_policy("maas360")


@pytest.mark.parametrize(
    ("description", "number", "found"),
    [
        ("As I wrote in HT00042, it hangs", "HT00042", "HT00042"),
        ("See #ht00042", "HT00042", "HT00042"),
        ("We sell 1042 of these", "HT00042", None),
        ("See HT000421", "HT00042", None),
        ("See 1042", "", "#1042"),
    ],
)
def test_a_ticket_is_named_by_its_number(description: str, number: str, found: str | None) -> None:
    account = Account(open_tickets=(OpenTicket(ref=OTHER, subject="Console down", number=number),))
    ticket = Ticket(ref=TicketRef(connection="odoo", id="7"), created_at=NOW, subject="Again", description=description)
    decision = evaluate(ticket, account, POLICY, NOW + timedelta(minutes=1))
    [rule] = [each for each in decision.rules if each.rule == "duplicates"]
    assert rule.because == (f"looks similar to {found}" if found else "no open ticket looks similar")


def test_of_many_similar_tickets_ten_are_named() -> None:
    refs = [TicketRef(connection="odoo", id=str(number)) for number in range(1042, 1342)]
    account = Account(open_tickets=tuple(OpenTicket(ref=ref, subject="Disk full") for ref in refs))
    ticket = Ticket(ref=TicketRef(connection="odoo", id="7"), created_at=NOW, subject="Disk full")
    decision = evaluate(ticket, account, POLICY, NOW + timedelta(minutes=1))
    [rule] = [each for each in decision.rules if each.rule == "duplicates"]
    assert rule.because.startswith("looks similar to #1042, #1043, ")
    assert rule.because.endswith(", #1051 and 290 more")


def test_the_open_tickets_of_a_large_account_cost_little() -> None:
    """Counted in calls, not in time: a pattern for each of them took most of a review."""
    refs = [TicketRef(connection="odoo", id=str(number)) for number in range(1042, 3042)]
    account = Account(open_tickets=tuple(OpenTicket(ref=ref, subject=f"Issue {ref.id}") for ref in refs))
    ticket = Ticket(ref=TicketRef(connection="odoo", id="7"), created_at=NOW, subject="Console down")
    with Profile() as profile:
        evaluate(ticket, account, POLICY, NOW + timedelta(minutes=1))
    calls = sum(each.callcount for each in profile.getstats())
    assert calls < 40 * len(refs)


def test_the_store_knows_the_number(store: SqlStore) -> None:
    store.wake(OTHER, NOW, ReviewCause.DELIVERY)
    [claim] = store.claim(NOW, limit=1, lease_s=60)
    seen = Ticket(ref=OTHER, number="HT00042", created_at=NOW, account="acme", subject="Console down")
    review = Review("r1", OTHER, NOW, ReviewCause.DELIVERY, ReviewOutcome.NOTHING, ticket=seen)
    store.finish(claim, review, confirmed=(), due=None)
    others = store.other_open_tickets(TicketRef(connection="odoo", id="7"), "acme")
    assert others == [OpenTicket(ref=OTHER, subject="Console down", number="HT00042")]
