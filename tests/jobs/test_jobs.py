"""The clockwork: a slow helpdesk holds up nobody, nothing is claimed before a worker is free, old reviews go."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from bridge.account import Account
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.runtime.jobs import WORKERS, Jobs
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore, open_store
from bridge.ticket import Actor, Role, Status, Ticket, TicketRef
from tests.support.processes import PATIENCE_S

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
POLICY = load_policy("maas360")


class WaitingHelpdesk(InMemoryHelpdesk):
    """A helpdesk that says when it is asked, and answers when it may."""

    def __init__(self, name: str, happened: list[str]) -> None:
        super().__init__(Ticket(ref=TicketRef(connection=name, id="1"), created_at=NOW))
        self.name = name
        self.happened = happened
        self.fetching, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        self.happened.append(f"{self.name} is asked")
        self.fetching.set()
        assert self.may_answer.wait(PATIENCE_S), f"{self.name} was never let go"
        self.happened.append(f"{self.name} answers")
        return super().fetch(ref, before)


@dataclass
class SeveralHelpdesks:
    """Several helpdesks, one ticket each, and the jobs of one process. Time stands still unless the test moves it."""

    store: SqlStore
    now: datetime = NOW
    happened: list[str] = field(default_factory=list)
    helpdesks: dict[str, WaitingHelpdesk] = field(default_factory=dict)

    def __post_init__(self) -> None:
        governing = PolicyPinning([POLICY], self.store, NOW)
        reconciler = Reconciler(self.store, self.helpdesks, governing, lambda *_: Account())
        self.jobs = Jobs(self.store, reconciler, TicketClock(lambda: self.now), tick_s=0.02)

    def due(self, *names: str, slow: bool = False) -> list[WaitingHelpdesk]:
        """Tickets that are due now, on helpdesks that answer at once or only when they are let go."""
        for name in names:
            self.helpdesks[name] = helpdesk = WaitingHelpdesk(name, self.happened)
            if slow:
                helpdesk.may_answer.clear()
            self.due_again(name)
        return [self.helpdesks[name] for name in names]

    def due_again(self, name: str) -> None:
        self.store.wake(TicketRef(connection=name, id="1"), self.now, "delivery")

    def claimable(self) -> list[str]:
        """The tickets that another process could take now."""
        claims = self.store.claim(NOW, limit=100, lease_s=60)
        for claim in claims:
            self.store.give_back(claim, NOW)
        return sorted(claim.ref.connection for claim in claims)


@pytest.fixture
def several(database_url: str) -> Iterator[SeveralHelpdesks]:
    with_store = open_store(database_url)
    several = SeveralHelpdesks(with_store)
    yield several
    for helpdesk in several.helpdesks.values():
        helpdesk.may_answer.set()
    several.jobs.stop()
    with_store.close()


class Ticking:
    """A tick in a thread of its own, as the scheduler runs it."""

    def __init__(self, jobs: Jobs) -> None:
        self.done = -1
        self._thread = threading.Thread(target=lambda: setattr(self, "done", jobs.tick()))
        self._thread.start()

    def reviewed(self) -> int:
        """How many tickets were, once it has ended."""
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the tick goes on"
        return self.done


def test_a_tick_reviews_what_is_due_and_says_how_many(several: SeveralHelpdesks) -> None:
    several.due(*(f"helpdesk{number}" for number in range(3 * WORKERS)))
    assert several.jobs.tick() == 3 * WORKERS
    assert several.jobs.tick() == 0


def test_a_slow_helpdesk_delays_no_other_ticket(several: SeveralHelpdesks) -> None:
    [slow] = several.due("slow", slow=True)
    tick = Ticking(several.jobs)
    assert slow.fetching.wait(PATIENCE_S)
    for name in ("second", "third"):  # each comes when the one before has been looked at
        [later] = several.due(name)
        assert later.fetching.wait(PATIENCE_S), f"{name} waits for the slow one"
    slow.may_answer.set()
    assert tick.reviewed() == 3
    assert several.happened == [
        "slow is asked",
        *("second is asked", "second answers"),
        *("third is asked", "third answers"),
        "slow answers",
    ]


def test_a_new_ticket_does_not_wait_for_many_old_ones(several: SeveralHelpdesks) -> None:
    old = [f"old{number}" for number in range(6 * WORKERS)]
    several.due(*old)
    several.now += timedelta(minutes=10)
    several.due("new")
    assert several.jobs.tick() == len(old) + 1
    asked = [line for line in several.happened if line.endswith("is asked")]
    assert asked.index("new is asked") < 3 * WORKERS


def test_no_more_is_claimed_than_there_are_free_workers(several: SeveralHelpdesks) -> None:
    names = [f"slow{number}" for number in range(WORKERS)]
    slow = several.due(*names, slow=True)
    tick = Ticking(several.jobs)
    assert all(helpdesk.fetching.wait(PATIENCE_S) for helpdesk in slow)
    several.due("left", "over")
    assert several.claimable() == ["left", "over"], "another process can take them, and no lease of theirs runs"
    slow[0].may_answer.set()
    assert several.helpdesks["left"].fetching.wait(PATIENCE_S)
    assert several.helpdesks["over"].fetching.wait(PATIENCE_S), "one free worker is enough"
    for helpdesk in slow:
        helpdesk.may_answer.set()
    assert tick.reviewed() == WORKERS + 2


def test_stopping_finishes_what_is_under_review_and_leaves_the_rest_to_others(several: SeveralHelpdesks) -> None:
    names = [f"slow{number}" for number in range(WORKERS)]
    slow = several.due(*names, slow=True)
    tick = Ticking(several.jobs)
    assert all(helpdesk.fetching.wait(PATIENCE_S) for helpdesk in slow)
    several.due("rest")
    stopping = threading.Thread(target=several.jobs.stop)
    stopping.start()
    assert several.jobs._stopping.wait(PATIENCE_S)
    for helpdesk in slow:
        helpdesk.may_answer.set()
    stopping.join(PATIENCE_S)
    assert tick.reviewed() == WORKERS
    assert sorted(review.ref.connection for review in several.store.reviews()) == names
    assert several.claimable() == ["rest"]
    assert several.jobs.tick() == 0, "nothing new begins"


def test_reviews_of_a_resolved_ticket_go_after_400_days_but_for_the_last(several: SeveralHelpdesks) -> None:
    [helpdesk] = several.due("helpdesk")
    assert several.jobs.tick() == 1
    several.now += timedelta(seconds=1)
    helpdesk.change("status", Status.CLOSED, Actor(role=Role.AGENT))
    several.due_again("helpdesk")
    assert several.jobs.tick() == 1
    last, first = several.store.reviews()
    several.now = NOW + timedelta(days=400)  # to the second since the first
    several.jobs.forget_old_records()
    assert several.store.review(first.id)
    several.now += timedelta(seconds=1)
    several.jobs.forget_old_records()
    assert [review.id for review in several.store.reviews()] == [last.id]


class UnrecordableHelpdesk(InMemoryHelpdesk):
    """A helpdesk whose ticket no record can hold, as if a mapping had let half a character pass."""

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        return super().fetch(ref, before).model_copy(update={"subject": "half \ud83d"})


def test_a_review_that_cannot_be_recorded_is_recorded_as_a_failure(store: SqlStore) -> None:
    ref = TicketRef(connection="simulated", id="1")
    helpdesk = UnrecordableHelpdesk(Ticket(ref=ref, created_at=NOW))
    rules = PolicyPinning([POLICY], store, NOW)
    reconciler = Reconciler(store, {"simulated": helpdesk}, rules, lambda *_: Account())
    store.wake(ref, NOW, ReviewCause.SWEEP)
    [claim] = store.claim(NOW, limit=1, lease_s=60)
    assert reconciler.review(claim, NOW).outcome is ReviewOutcome.BROKEN
    [review] = store.reviews(ref)
    assert (review.outcome, review.ticket, review.decision) == (ReviewOutcome.BROKEN, None, None)
    assert review.detail
    [again] = store.claim(NOW + timedelta(minutes=1), limit=1, lease_s=60)
    assert again.attempts == 1
