"""Any order of deliveries, duplicates, claims, finishes, crashes and time: nothing accepted is lost, nobody shares."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete

from bridge.errors import Conflict
from bridge.ports.deliveries import Delivery
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.store import SqlStore, open_store
from bridge.store.database import open_database
from bridge.store.tables import metadata
from bridge.ticket import TicketRef
from tests.support.databases import two_engines_one_slow

START = datetime(2026, 3, 2, tzinfo=UTC)
LEASE_S = 60.0
TICKETS = [TicketRef(connection="acme", id=str(number)) for number in range(2)]
DELAYS = st.sampled_from([0, 5, 90])
"""Seconds. Few values, so that dues, leases and presents meet."""
_numbers = count()


@dataclass
class Expected:
    """What must be true of one ticket, by a model that has no database."""

    due: datetime | None = None
    generation: int = 0
    holder: str | None = None
    lease_until: datetime = START
    attempts: int = 0
    accepted: int = 0
    """Deliveries accepted so far."""
    reviewed: int = 0
    """How many of them a finished review has seen."""

    def free(self, now: datetime) -> bool:
        return self.due is not None and self.due <= now and (self.holder is None or self.lease_until <= now)


@dataclass
class Holding:
    """A reviewer at work."""

    claim: Claim
    seen: int
    review: str = field(default_factory=lambda: f"r{next(_numbers)}")


class Reviewers(RuleBasedStateMachine):
    url: str

    def __init__(self) -> None:
        super().__init__()
        self.store = SqlStore(open_database(self.url))
        self.now = START
        self.model = {ref: Expected() for ref in TICKETS}
        self.sent: list[Delivery] = []
        self.working: list[Holding] = []

    def teardown(self) -> None:
        self.now += timedelta(days=365)
        expected = {ref for ref, ticket in self.model.items() if ticket.due is not None}
        unreviewed = {ref for ref, ticket in self.model.items() if ticket.reviewed < ticket.accepted}
        found = {claim.ref for claim in self.store.claim(self.now, limit=10, lease_s=LEASE_S)}
        self.store.close()
        database = open_database(self.url)
        with database.write() as connection:
            for table in metadata.tables.values():
                connection.execute(delete(table))
        database.close()
        assert found == expected
        assert unreviewed <= found, "an accepted delivery was lost"

    @rule(ref=st.sampled_from(TICKETS), debounce=DELAYS)
    def receive(self, ref: TicketRef, debounce: int) -> None:
        delivery = Delivery("acme", f"d{next(_numbers)}", self.now, {}, b"{}", (ref,))
        due = self.now + timedelta(seconds=debounce)
        assert self.store.accept(delivery, due)
        self.sent.append(delivery)
        ticket = self.model[ref]
        ticket.due = min(ticket.due or due, due)
        ticket.generation += 1
        ticket.accepted += 1

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        delivery = data.draw(st.sampled_from(self.sent))
        assert not self.store.accept(replace(delivery, received_at=self.now), self.now)

    @rule(seconds=st.sampled_from([1, 5, 60]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        counts = self.store.counts(self.now)
        free = sum(ticket.free(self.now) for ticket in self.model.values())
        assert counts.due == free
        assert counts.waiting == sum(ticket.due is not None for ticket in self.model.values()) - free
        assert sum(counts.deliveries.values()) == len(self.sent)

    @rule(limit=st.integers(1, 2))
    def claim(self, limit: int) -> None:
        free = sorted(
            (ticket.due, ref.id) for ref, ticket in self.model.items() if ticket.due and ticket.free(self.now)
        )
        claims = self.store.claim(self.now, limit=limit, lease_s=LEASE_S)
        dues = {claim.ref: self.model[claim.ref].due for claim in claims}
        assert list(dues.values()) == [due for due, _ in free[:limit]], "the longest waiting come first"
        for claim in claims:
            ticket = self.model[claim.ref]
            assert ticket.free(self.now), "somebody else holds it"
            assert (claim.generation, claim.attempts) == (ticket.generation, ticket.attempts)
            ticket.holder, ticket.lease_until, ticket.due = claim.owner, claim.lease_until, claim.lease_until
            self.working.append(Holding(claim, ticket.accepted))

    @precondition(lambda self: self.working)
    @rule(data=st.data(), delay=st.none() | DELAYS, failed=st.booleans(), park=st.booleans())
    def finish(self, data: st.DataObject, delay: int | None, failed: bool, park: bool) -> None:
        done = self._drop(data)
        claim, ticket = done.claim, self.model[done.claim.ref]
        mine = ticket.holder == claim.owner
        review = Review(done.review, claim.ref, self.now, claim.why, "nothing", "parked" if park else "")
        due = None if park or delay is None else self.now + timedelta(seconds=delay)
        attempts = claim.attempts if park else int(failed)
        if park:
            assert self.store.park(claim, review) == mine
        else:
            assert self.store.finish(claim, review, confirmed=(), due=due, attempts=attempts) == mine
        assert (self.store.review(done.review) is not None) == mine, "a lost claim wrote, or an own one did not"
        if mine:
            ticket.holder, ticket.attempts, ticket.reviewed = None, attempts, done.seen
            ticket.due = due if ticket.generation == claim.generation else ticket.due

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def write_ahead(self, data: st.DataObject) -> None:
        holding = data.draw(st.sampled_from(self.working))
        if self.model[holding.claim.ref].holder == holding.claim.owner:
            self.store.record_intent(holding.claim, holding.review, [], self.now)
        else:
            with pytest.raises(Conflict):
                self.store.record_intent(holding.claim, holding.review, [], self.now)

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        claim = self._drop(data).claim
        self.store.give_back(claim, self.now)
        if self.model[claim.ref].holder == claim.owner:
            self.model[claim.ref].holder, self.model[claim.ref].due = None, self.now

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self._drop(data)

    @rule()
    def restart(self) -> None:
        self.working.clear()
        self.store.close()
        self.store = SqlStore(open_database(self.url))

    def _drop(self, data: st.DataObject) -> Holding:
        return self.working.pop(data.draw(st.integers(0, len(self.working) - 1)))


@two_engines_one_slow
def test_nothing_is_lost_and_nobody_shares(database_url: str) -> None:
    open_store(database_url).close()
    machine = type("Machine", (Reviewers,), {"url": database_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
