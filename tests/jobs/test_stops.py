"""A stop holds in every process, between two writes of one batch; what it withheld is written once it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bridge.account import Account
from bridge.decision import Plan, WithheldCause
from bridge.errors import BridgeError
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.helpdesk import WriteResult
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.stops import Stops
from bridge.store import SqlStore, open_store
from bridge.ticket import Actor, Message, Role, Ticket, TicketRef

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
POLICY = load_policy("maas360")
AGENT = Actor(role=Role.AGENT, id="pat@vendor.example")


class OneTicket(InMemoryHelpdesk):
    """A helpdesk with one ticket, where somebody may act right before its write."""

    def __init__(self, name: str, before_write: Callable[[], None]) -> None:
        facts = {"affected": "all", "impact": "catastrophic"}
        super().__init__(Ticket(ref=TicketRef(connection=name, id="1"), created_at=NOW, type="incident", facts=facts))
        self.name = name
        self.acts: list[Callable[[], object]] = []
        self._before_write = before_write

    def apply(self, ticket: Ticket, plan: Plan, review: str = "") -> WriteResult:
        while self.acts:
            self.acts.pop(0)()
        self._before_write()
        return super().apply(ticket, plan, review)

    @property
    def is_untouched(self) -> bool:
        return not self.fetch(self._ticket.ref).timeline


@dataclass
class TwoProcesses:
    """Two processes on one database: one reviews, the other is that of the person who stops it."""

    store: SqlStore
    other: SqlStore
    now: datetime = NOW
    helpdesks: dict[str, OneTicket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("east", "west"):
            self.helpdesks[name] = OneTicket(name, lambda name=name: Stops(self.store).check(name))  # type: ignore[misc]
        pinning = PolicyPinning([POLICY], self.store, NOW)
        self.reconciler = Reconciler(self.store, self.helpdesks, pinning, lambda *_: Account())
        self.stops = Stops(self.other)

    def review(self, name: str = "east") -> Review:
        """Wake a ticket and review it."""
        self.store.wake(TicketRef(connection=name, id="1"), self.now, ReviewCause.COMMAND)
        return self.review_due()[-1]

    def review_due(self) -> list[Review]:
        """Review whatever is due now."""
        done = []
        while claims := self.store.claim(self.now, limit=1, lease_s=60):
            for helpdesk in self.helpdesks.values():
                helpdesk.now = self.now
            done.append(self.reconciler.review(claims[0], self.now))
        return done


@pytest.fixture
def two(database_url: str) -> Iterator[TwoProcesses]:
    store, other = open_store(database_url), open_store(database_url)
    yield TwoProcesses(store, other)
    store.close()
    other.close()


def test_nothing_is_written_while_stopped_and_all_of_it_once_after(two: TwoProcesses) -> None:
    assert two.stops.stop("", "pat", "wrong texts", NOW)
    held = two.review()
    assert held.outcome is ReviewOutcome.WITHHELD
    assert "stopped by pat on 2026-03-02 08:00 UTC: wrong texts: " in held.detail
    assert held.decision
    assert held.decision.clocks, "clocks go on"
    assert two.helpdesks["east"].is_untouched
    assert two.store.ledger(held.ref) == [], "nothing that is withheld is recorded as written"
    waiting = two.stops.held_up(two.store.stops())
    assert held.plan
    assert {each.action.key for each in waiting} == {action.key for action in held.plan.actions}
    two.now += timedelta(minutes=1)
    assert two.stops.resume(None, "sam", "texts corrected", two.now)
    (written,) = two.review_due()
    assert (written.outcome, written.why) == ("applied", "permission")
    assert two.store.count_withheld() == {}
    ours = [entry for entry in two.helpdesks["east"].fetch(held.ref).timeline if entry.actor.role is Role.BRIDGE]
    assert len(ours) == len(held.plan.actions)
    two.now += timedelta(minutes=1)
    assert two.review().outcome == "nothing"


def test_a_stop_is_obeyed_between_two_writes_of_one_batch(two: TwoProcesses) -> None:
    two.helpdesks["east"].acts = [lambda: two.stops.stop("", "pat", "", NOW)]  # decided, and about to be written
    for name in ("east", "west"):
        two.store.wake(TicketRef(connection=name, id="1"), NOW, ReviewCause.COMMAND)
    reviews = two.review_due()
    assert [review.outcome for review in reviews] == ["withheld", "withheld"]
    assert all(helpdesk.is_untouched for helpdesk in two.helpdesks.values())
    two.now += timedelta(minutes=1)
    assert {review.outcome for review in two.review_due()} == {"withheld"}, "reviews go on"
    two.stops.resume(None, "pat", "", two.now)
    two.review_due()
    two.now += timedelta(minutes=1)
    for name, helpdesk in two.helpdesks.items():
        assert two.review(name).outcome == "nothing"
        notes = [
            each.text
            for each in helpdesk.fetch(TicketRef(connection=name, id="1")).timeline
            if isinstance(each, Message)
        ]
        assert notes
        assert len(notes) == len(set(notes)), "each once"


def test_one_connection_can_be_stopped_alone(two: TwoProcesses) -> None:
    two.stops.stop("east", "pat", "", NOW)
    assert two.review("east").outcome == "withheld"
    assert two.review("west").outcome == "applied"
    two.stops.stop("", "pat", "", NOW)
    with pytest.raises(BridgeError, match="all connections are stopped: `policybridge resume` without --connection"):
        two.stops.resume("east", "pat", "", NOW)
    assert [stop.scope for stop in two.stops.resume(None, "pat", "", NOW)] == ["", "east"]
    assert two.stops.resume(None, "pat", "", NOW) == []


def test_who_stopped_and_why_stays_until_it_is_resumed_and_in_the_audit_log(two: TwoProcesses) -> None:
    assert two.stops.stop("", "pat", "wrong texts", NOW)
    assert not two.stops.stop("", "sam", "me too", NOW + timedelta(minutes=1)), "the first stop stays"
    two.stops.resume(None, "sam", "", NOW + timedelta(minutes=2))
    entries = [(entry.kind, entry.detail) for entry in two.store.audit_entries()]
    assert entries == [
        ("resume", "all connections resumed by sam"),
        ("stop", "all connections stopped by pat: wrong texts"),
    ]


def test_what_is_no_longer_true_is_not_written_after_a_stop(two: TwoProcesses) -> None:
    two.stops.stop("", "pat", "", NOW)
    two.review()
    assert two.store.count_withheld()[WithheldCause.STOP] > 0
    two.now += timedelta(minutes=1)
    helpdesk = two.helpdesks["east"]
    helpdesk.now = two.now
    helpdesk.change("status", "closed", AGENT)
    assert two.review().outcome == "nothing"
    assert two.store.count_withheld() == {}
    two.stops.resume(None, "pat", "", two.now)
    assert two.review_due() == []
