"""A helpdesk whose webhook comes before the change it tells of is looked at twice, and the others once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bridge.account import Account
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.deliveries import Delivery
from bridge.runtime.pinned_rules import PinnedRules
from bridge.runtime.reconcile import Reconciler
from bridge.store import SqlStore
from bridge.ticket import Actor, Role, Ticket, TicketRef

BORN = datetime(2026, 3, 2, 8, tzinfo=UTC)
REF = TicketRef(connection="simulated", id="7")
AGENT = Actor(role=Role.AGENT, email="agent@example.com")
POLICY = load_policy("maas360")


class Hasty(InMemoryHelpdesk):
    """Tells of a change before it can be seen."""

    settling_time = timedelta(seconds=8)


@pytest.fixture
def helpdesk() -> Callable[[type[InMemoryHelpdesk]], InMemoryHelpdesk]:
    ticket = Ticket(ref=REF, created_at=BORN, facts=dict.fromkeys(POLICY.facts))
    return lambda kind: kind(ticket, Account(name="Acme"))


def reviews_after_delivery(
    store: SqlStore, helpdesk: InMemoryHelpdesk, until: timedelta, then: Callable[[], None]
) -> list[tuple[int, str]]:
    """Seconds after a delivery at which the ticket was looked at, and what woke it; ``then``: after the first."""
    reconciler = Reconciler(
        store, {"simulated": helpdesk}, lambda *_: PinnedRules(POLICY), lambda _, known: known or Account()
    )
    reported, found = helpdesk.now, []
    store.accept(Delivery("simulated", f"d{reported}", reported, {}, b"{}", (REF,)), reported)
    while helpdesk.now <= reported + until:
        for claim in store.claim(helpdesk.now, limit=5, lease_s=60):
            review = reconciler.review(claim, helpdesk.now)
            assert review.outcome in ("applied", "nothing")
            found.append((int((helpdesk.now - reported).total_seconds()), claim.why))
            if len(found) == 1:
                then()
        helpdesk.now += timedelta(seconds=1)
    return found


def test_what_was_not_yet_visible_is_seen_by_the_second_review(
    sqlite_store: SqlStore, helpdesk: Callable[[type[InMemoryHelpdesk]], InMemoryHelpdesk]
) -> None:
    hasty = helpdesk(Hasty)
    reviews_after_delivery(sqlite_store, hasty, timedelta(seconds=30), lambda: None)
    late = reviews_after_delivery(
        sqlite_store, hasty, timedelta(seconds=30), lambda: hasty.change("fact:affected", "all", AGENT)
    )
    assert [at for at, _ in late][:2] == [0, 8]
    assert hasty.fetch(REF).priority == "urgent"


def test_without_a_settling_time_one_review_is_enough(
    sqlite_store: SqlStore, helpdesk: Callable[[type[InMemoryHelpdesk]], InMemoryHelpdesk]
) -> None:
    steady = helpdesk(InMemoryHelpdesk)
    reviews_after_delivery(sqlite_store, steady, timedelta(seconds=30), lambda: None)
    assert reviews_after_delivery(sqlite_store, steady, timedelta(seconds=30), lambda: None) == [(0, "delivery")]
