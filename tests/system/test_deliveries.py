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
from bridge.runtime.pinned_rules import PinnedRules
from bridge.runtime.reconcile import Reconciler
from bridge.store import open_store
from bridge.ticket import Actor, Channel, Message, Person, Request, Role, Ticket, TicketRef

BORN = datetime(2026, 3, 2, 8, tzinfo=UTC)
REF = TicketRef(connection="simulated", id="7")
AGENT, CUSTOMER = Actor(role=Role.AGENT, email="a@vendor.example"), Actor(role=Role.CUSTOMER, email="c@acme.example")
POLICY = load_policy("maas360")


def events(helpdesk: InMemoryHelpdesk) -> None:
    """What happened before anybody told the bridge."""
    helpdesk.change("fact:affected", "all", CUSTOMER)
    helpdesk.record(Message(at=helpdesk.now, actor=AGENT, public=True, text="We look"))
    helpdesk.now += timedelta(minutes=5)
    helpdesk.change("status", "customer_update_required", AGENT)
    helpdesk.now += timedelta(minutes=5)
    helpdesk.record(Request(at=helpdesk.now, actor=CUSTOMER))
    helpdesk.record(Message(at=helpdesk.now, actor=CUSTOMER, public=True, text="Here is the log"))


def outcome(arrivals: list[int], reviewed_after: set[int]) -> tuple[Any, ...]:
    """The ticket after deliveries in some order, with the bridge looking after some of them and at the end."""
    ticket = Ticket(
        ref=REF,
        created_at=BORN,
        channel=Channel.PHONE,
        type="incident",
        requester=Person(email="c@x.example"),
        facts=dict.fromkeys(POLICY.facts),
    )
    helpdesk = InMemoryHelpdesk(ticket, Account(name="Acme"))
    events(helpdesk)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder, 'bridge.sqlite3')}")
        governs, accounts = (lambda *_: PinnedRules(POLICY)), (lambda _, known: known or Account())
        reconciler = Reconciler(store, {"simulated": helpdesk}, governs, accounts)
        for place, number in enumerate([*arrivals, 0]):
            headers: dict[str, str] = {}
            store.accept(Delivery("simulated", f"d{number}", helpdesk.now, headers, b"{}", (REF,)), helpdesk.now)
            if place in reviewed_after or place == len(arrivals):
                _work(store, reconciler, helpdesk)
        _work(store, reconciler, helpdesk)
        store.close()
    final = helpdesk.fetch(REF)
    templates = sorted(m.template for m in final.messages(role=Role.BRIDGE))
    return final.priority, final.status, final.tags, final.fields, final.tier, templates


def _work(store: Any, reconciler: Reconciler, helpdesk: InMemoryHelpdesk) -> None:
    for _ in range(20):
        claims = store.claim(helpdesk.now, limit=5, lease_s=60)
        if not claims:
            helpdesk.now += timedelta(seconds=2)
            claims = store.claim(helpdesk.now, limit=5, lease_s=60)
        for claim in claims:
            assert reconciler.review(claim, helpdesk.now).outcome in ("applied", "nothing")
        if not claims:
            return


ONCE = outcome([0, 1, 2, 3], set())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.sets(st.integers(0, 11)))
def test_any_order_and_any_number_of_deliveries_end_the_same(arrivals: list[int], reviewed_after: set[int]) -> None:
    assert outcome(arrivals, reviewed_after) == ONCE


def test_the_compared_outcome_is_not_trivial() -> None:
    assert ONCE[0] == "urgent"
    assert {"severity", "intake"} <= set(ONCE[-1])
