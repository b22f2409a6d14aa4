"""Caps over whole reviews: what exceeds one waits, the most urgent first, and is written once when it may be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.account import Account
from bridge.decision import Citation, Plan, WithheldCause
from bridge.decision.limits import Limits
from bridge.decision.records import parse_action
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.plan.bursts import BURST_FLOOR
from bridge.policy.load import load_policy
from bridge.ports.caps import CapRequest
from bridge.ports.helpdesk import WriteResult
from bridge.ports.outcomes import ReviewCause
from bridge.ports.reviews import Review
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.releases import release_capped
from bridge.runtime.stops import Stops
from bridge.store import SqlStore, open_store
from bridge.ticket import Actor, Person, Role, Ticket, TicketRef
from tests.support.databases import two_engines_one_slow

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = load_policy("mattermost")
CITE = Citation(pack="p", version="1", clause="c")
AGENT = Actor(role=Role.AGENT, id="pat@vendor.example")
ONE_AN_HOUR = {"customer_messages": {"hour": 1}}


class ManyTickets:
    """A helpdesk with several tickets."""

    name = "acme"
    mode = "enforce"
    settling_time = timedelta(0)

    def __init__(self) -> None:
        self.tickets: dict[str, InMemoryHelpdesk] = {}
        self.now = NOW

    def clock_problem(self) -> str:
        return ""

    @property
    def known_fields(self) -> Any:
        return next(iter(self.tickets.values())).known_fields

    def add(self, ident: str, **values: Any) -> TicketRef:
        ref = TicketRef(connection="acme", id=ident)
        given = {"ref": ref, "created_at": self.now, "type": "sales", "channel": "portal"}
        given |= {"requester": Person(email="pat@acme.example"), "facts": {"category": "Renewals"}}
        self.tickets[ident] = InMemoryHelpdesk(Ticket.model_validate(given | values))
        return ref

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        return self.tickets[ref.id].fetch(ref)

    def ticket_url(self, ref: TicketRef) -> str:
        return f"https://helpdesk.example/{ref.id}"

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> WriteResult:
        helpdesk = self.tickets[ticket.ref.id]
        helpdesk.now = self.now
        return helpdesk.apply(ticket, plan, review)

    def account(self, ticket: Ticket) -> Account | None:
        return None

    def sent(self, ident: str) -> list[datetime]:
        """When the customer was written to."""
        ticket = self.tickets[ident].fetch(TicketRef(connection="acme", id=ident))
        return [message.at for message in ticket.messages(public=True, role=Role.BRIDGE)]

    @property
    def written_to(self) -> list[str]:
        return [ident for ident in self.tickets for _ in self.sent(ident)]


@dataclass
class Capped:
    """Reviews of several tickets with some limits. Every new ticket owes its customer one message at once."""

    store: SqlStore
    limits: dict[str, Any]
    now: datetime = NOW
    helpdesk: ManyTickets = field(default_factory=ManyTickets)

    def __post_init__(self) -> None:
        pinning = PolicyPinning([POLICY], self.store, NOW)
        limits = Limits.model_validate(self.limits)
        self.reconciler = Reconciler(
            self.store,
            {"acme": self.helpdesk},
            pinning,
            lambda *_: Account(),
            limits=limits,  # type: ignore[dict-item]
        )

    def review(self, *idents: str) -> list[Review]:
        """Wake tickets in this order, and review everything that is due."""
        for place, ident in enumerate(idents):
            due = self.now - timedelta(seconds=len(idents) - place)
            self.store.wake(TicketRef(connection="acme", id=ident), due, ReviewCause.COMMAND)
        return self.review_due()

    def review_due(self) -> list[Review]:
        self.helpdesk.now = self.now
        done = []
        while claims := self.store.claim(self.now, limit=1, lease_s=60):
            done.append(self.reconciler.review(claims[0], self.now))
        return done

    def later(self, length: timedelta, step: timedelta = timedelta(minutes=5)) -> None:
        """Let time pass in small steps, and everything happen that is due."""
        end = self.now + length
        while self.now < end:
            self.now = min(self.now + step, end)
            self.review_due()


@pytest.fixture
def capped(store: SqlStore) -> Capped:
    return Capped(store, ONE_AN_HOUR)


def test_what_exceeds_a_cap_waits_the_most_urgent_first(capped: Capped) -> None:
    for ident, priority in (("low", "low"), ("normal", "normal"), ("urgent", "urgent"), ("high", "high")):
        capped.helpdesk.add(ident, priority=priority)
    reviews = capped.review("low", "normal", "urgent", "high")
    assert capped.helpdesk.written_to == ["low"], "nobody waited when it came"
    held = {review.ref.id: review for review in reviews[1:] if review.plan and review.plan.withheld}
    assert set(held) == {"normal", "urgent", "high"}
    assert "limit of 1 customer messages an hour: 1 planned action was not written" in held["urgent"].detail
    assert held["urgent"].outcome == "applied", "the rest is written"
    waiting = capped.store.withheld(causes=[WithheldCause.CAP])
    assert [each.ref.id for each in waiting] == ["urgent", "high", "normal"]
    assert not [entry for entry in capped.store.ledger(held["urgent"].ref) if entry.key == waiting[0].action.key]
    for expected in ("urgent", "high", "normal"):
        capped.later(HOUR + timedelta(minutes=5))
        assert capped.helpdesk.sent(expected), f"{expected} is next"
    assert sorted(capped.helpdesk.written_to) == ["high", "low", "normal", "urgent"], "each once"
    assert capped.store.count_withheld() == {}


def test_a_newcomer_does_not_overtake_who_is_more_urgent(capped: Capped) -> None:
    for ident, priority in (("first", "low"), ("urgent", "urgent"), ("late", "low")):
        capped.helpdesk.add(ident, priority=priority)
    capped.review("first", "urgent")
    capped.now += HOUR + timedelta(seconds=1)
    capped.store.wake(TicketRef(connection="acme", id="late"), capped.now - HOUR, ReviewCause.COMMAND)
    capped.review_due()
    assert capped.helpdesk.written_to == ["first", "urgent"]


def test_a_person_releases_a_ticket(capped: Capped) -> None:
    for ident in ("first", "second", "third"):
        capped.helpdesk.add(ident)
    capped.review("first", "second", "third")
    ref = TicketRef(connection="acme", id="third")
    assert release_capped(capped.store, ref, "pat", capped.now) == 1
    assert release_capped(capped.store, ref, "pat", capped.now) == 0, "it is released already"
    capped.later(timedelta(minutes=5))
    assert capped.helpdesk.written_to == ["first", "third"]
    assert capped.store.audit_entries()[0].detail == "acme:third released from caps by pat"


def test_what_is_no_longer_true_is_not_written(capped: Capped) -> None:
    for ident in ("first", "second"):
        capped.helpdesk.add(ident)
    capped.review("first", "second")
    helpdesk = capped.helpdesk.tickets["second"]
    helpdesk.now = capped.now + timedelta(minutes=1)
    helpdesk.change("status", "closed", AGENT)
    capped.now += timedelta(minutes=2)
    capped.review("second")
    assert capped.store.count_withheld() == {}
    capped.later(2 * HOUR)
    assert capped.helpdesk.written_to == ["first"]


def test_one_account_does_not_use_up_what_others_may_have(store: SqlStore) -> None:
    capped = Capped(store, {"customer_messages": {"hour": 3}, "per_account": {"customer_messages": {"hour": 1}}})
    for ident, account in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("none", None)):
        capped.helpdesk.add(ident, account=account, priority="urgent" if account == "a" else "low")
    capped.review("a1", "a2", "a3", "b1", "none")
    assert capped.helpdesk.written_to == ["a1", "b1", "none"]
    reasons = {each.because for each in capped.store.withheld()}
    assert reasons == {"limit of 1 customer messages an hour for one account"}


def test_the_first_day_has_a_cap_of_its_own(store: SqlStore) -> None:
    capped = Capped(store, {"first_day": {"customer_messages": {"day": 1}}})
    for ident in ("first", "second", "third"):
        capped.helpdesk.add(ident)
    capped.review("first", "second", "third")
    assert capped.helpdesk.written_to == ["first"]
    capped.later(timedelta(hours=23))
    assert capped.helpdesk.written_to == ["first"]
    capped.later(timedelta(hours=2))
    assert capped.helpdesk.written_to == ["first", "second", "third"]


def test_a_cap_of_none_waits_for_a_person(store: SqlStore) -> None:
    capped = Capped(store, {"customer_messages": {"day": 0}})
    ref = capped.helpdesk.add("1")
    capped.review("1")
    capped.later(timedelta(hours=30))
    assert capped.helpdesk.written_to == []
    release_capped(store, ref, "pat", capped.now)
    capped.later(timedelta(minutes=5))
    assert capped.helpdesk.written_to == ["1"]


@two_engines_one_slow
def test_a_burst_of_messages_stops_everything_and_asks(store: SqlStore) -> None:
    capped = Capped(store, {})
    for number in range(60):
        capped.helpdesk.add(f"{number:02}")
    for day in range(3):  # a message a day is usual
        capped.now = NOW + timedelta(days=day)
        capped.review(f"{day:02}")
    capped.now += timedelta(hours=3)
    capped.review(*(f"{number:02}" for number in range(3, 60)))
    assert len(capped.helpdesk.written_to) == 3 + BURST_FLOOR
    (stop,) = store.stops()
    assert stop.by == "Policybridge"
    assert stop.because.startswith("21 messages to customers within an hour, where 0.06 are usual")
    assert store.audit_entries()[0].kind == "stop"
    Stops(store).resume(None, "pat", "they are right", capped.now)
    capped.now += timedelta(minutes=1)
    capped.review_due()
    assert len(capped.helpdesk.written_to) == 60, "a person has looked and said so"


def test_two_processes_share_the_counts(database_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(open_store, [database_url] * 4))
        limits = Limits.model_validate({"customer_messages": {"hour": 10}})
        refs = [TicketRef(connection="acme", id=str(number)) for number in range(40)]
        for ref in refs:
            stores[0].wake(ref, NOW, ReviewCause.COMMAND)
        claims = stores[0].claim(NOW, limit=40, lease_s=60)

        def write(place: int) -> bool:
            claim = claims[place]
            message = parse_action("public_message", "t", key=f"{claim.ref.id}/c/1", cite=CITE)
            request = CapRequest(Plan(actions=(message,)), limits, None, 4, NOW)
            return not stores[place % 4].record_plan(claim, "r", request)

        assert sum(threads.map(write, range(40))) == 10
    assert sum(bool(stores[0].ledger(ref)) for ref in refs) == 10, "nothing that is withheld is recorded"
    for store in stores:
        store.close()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrivals=st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["urgent", "high", "normal", "low"])), min_size=1, max_size=8
    ),
    hourly=st.integers(1, 3),
)
def test_no_hour_ever_has_more_than_its_cap_and_all_are_written_once(
    arrivals: list[tuple[int, str]], hourly: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('caps') / 'bridge.sqlite3'}")
    capped = Capped(store, {"customer_messages": {"hour": hourly}})
    for place, (minute, priority) in enumerate(sorted(arrivals)):
        capped.now = max(capped.now, NOW + timedelta(minutes=minute))
        capped.helpdesk.now = capped.now
        capped.helpdesk.add(str(place), priority=priority)
        capped.review(str(place))
    capped.later(HOUR * (len(arrivals) // hourly + 2), step=timedelta(minutes=20))
    sent = sorted(at for ident in capped.helpdesk.tickets for at in capped.helpdesk.sent(ident))
    assert len(sent) == len(arrivals)
    assert all(sum(at <= other < at + HOUR for other in sent) <= hourly for at in sent)
    store.close()
