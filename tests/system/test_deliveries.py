"""Order, multiplicity and loss of deliveries change nothing: each is only a reason to look."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.account import Account
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.deliveries import Delivery
from bridge.runtime.pinning import PinnedRules
from bridge.runtime.reconcile import Reconciler
from bridge.store import open_store
from bridge.ticket import Actor, Channel, Message, Person, Request, Role, Ticket, TicketRef

BORN = datetime(2026, 3, 2, 8, tzinfo=UTC)
REF = TicketRef(connection="simulated", id="7")
AGENT, CUSTOMER = Actor(role=Role.AGENT, email="a@vendor.example"), Actor(role=Role.CUSTOMER, email="c@acme.example")
POLICY = load_policy("maas360")


def events(desk: InMemoryHelpdesk) -> None:
    """What happened before anybody told the bridge."""
    desk.change("fact:affected", "all", CUSTOMER)
    desk.record(Message(at=desk.now, actor=AGENT, public=True, text="We look"))
    desk.now += timedelta(minutes=5)
    desk.change("status", "customer_update_required", AGENT)
    desk.now += timedelta(minutes=5)
    desk.record(Request(at=desk.now, actor=CUSTOMER))
    desk.record(Message(at=desk.now, actor=CUSTOMER, public=True, text="Here is the log"))


def outcome(arrivals: list[int], looks: set[int]) -> tuple[Any, ...]:
    """The ticket after deliveries in some order, with the bridge looking after some of them and at the end."""
    ticket = Ticket(
        ref=REF,
        created_at=BORN,
        channel=Channel.PHONE,
        type="incident",
        requester=Person(email="c@x.example"),
        facts=dict.fromkeys(POLICY.facts),
    )
    desk = InMemoryHelpdesk(ticket, Account(name="Acme"))
    events(desk)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder, 'bridge.sqlite3')}")
        governs, accounts = (lambda *_: PinnedRules(POLICY)), (lambda _, known: known or Account())
        reconciler = Reconciler(store, {"simulated": desk}, governs, accounts)
        for place, number in enumerate([*arrivals, 0]):
            headers: dict[str, str] = {}
            store.accept(Delivery("simulated", f"d{number}", desk.now, headers, b"{}", (REF,)), desk.now)
            if place in looks or place == len(arrivals):
                _work(store, reconciler, desk)
        _work(store, reconciler, desk)
        store.close()
    final = desk.fetch(REF)
    said = sorted(m.template for m in final.messages(role=Role.BRIDGE))
    return final.priority, final.status, final.tags, final.fields, final.tier, said


def _work(store: Any, reconciler: Reconciler, desk: InMemoryHelpdesk) -> None:
    for _ in range(20):
        claims = store.claim(desk.now, limit=5, lease_s=60)
        if not claims:
            desk.now += timedelta(seconds=2)
            claims = store.claim(desk.now, limit=5, lease_s=60)
        for claim in claims:
            assert reconciler.review(claim, desk.now).outcome in ("applied", "nothing")
        if not claims:
            return


ONCE = outcome([0, 1, 2, 3], set())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.sets(st.integers(0, 11)))
def test_any_order_and_any_number_of_deliveries_end_the_same(arrivals: list[int], looks: set[int]) -> None:
    assert outcome(arrivals, looks) == ONCE


def test_the_story_is_worth_telling() -> None:
    assert ONCE[0] == "urgent"
    assert {"severity", "intake"} <= set(ONCE[-1])
