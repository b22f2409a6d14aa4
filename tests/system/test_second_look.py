"""A helpdesk whose webhook comes before the change it tells of is looked at twice, and the others once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bridge.account import Account
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.deliveries import Delivery
from bridge.runtime.pinning import PinnedRules
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
def store(sqlite_store: SqlStore) -> SqlStore:
    """On SQLite alone: the engine makes no difference here."""
    return sqlite_store


@pytest.fixture
def desk() -> Callable[[type[InMemoryHelpdesk]], InMemoryHelpdesk]:
    ticket = Ticket(ref=REF, created_at=BORN, facts=dict.fromkeys(POLICY.facts))
    return lambda kind: kind(ticket, Account(name="Acme"))


def looks(store: SqlStore, desk: InMemoryHelpdesk, until: timedelta, then: Callable[[], None]) -> list[tuple[int, str]]:
    """Seconds after a delivery at which the ticket was looked at, and what woke it; ``then``: after the first."""
    reconciler = Reconciler(
        store, {"simulated": desk}, lambda *_: PinnedRules(POLICY), lambda _, known: known or Account()
    )
    told, found = desk.now, []
    store.accept(Delivery("simulated", f"d{told}", told, {}, b"{}", (REF,)), told)
    while desk.now <= told + until:
        for claim in store.claim(desk.now, limit=5, lease_s=60):
            review = reconciler.review(claim, desk.now)
            assert review.outcome in ("applied", "nothing")
            found.append((int((desk.now - told).total_seconds()), claim.why))
            if len(found) == 1:
                then()
        desk.now += timedelta(seconds=1)
    return found


def test_what_was_not_yet_visible_is_seen_the_second_time(
    store: SqlStore, desk: Callable[[type[InMemoryHelpdesk]], InMemoryHelpdesk]
) -> None:
    hasty = desk(Hasty)
    looks(store, hasty, timedelta(seconds=30), lambda: None)
    late = looks(store, hasty, timedelta(seconds=30), lambda: hasty.change("fact:affected", "all", AGENT))
    assert [at for at, _ in late][:2] == [0, 8]
    assert hasty.fetch(REF).priority == "urgent"


def test_whoever_tells_afterwards_is_looked_at_once(
    store: SqlStore, desk: Callable[[type[InMemoryHelpdesk]], InMemoryHelpdesk]
) -> None:
    steady = desk(InMemoryHelpdesk)
    looks(store, steady, timedelta(seconds=30), lambda: None)
    assert looks(store, steady, timedelta(seconds=30), lambda: None) == [(0, "delivery")]
