"""A budget that all processes share: together they never use more of it than there is, and it comes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import Retry
from bridge.helpdesks.http.rate_limit import Precedence, RateLimiter, RateLimits
from bridge.helpdesks.http.shared_budget import SharedBudget
from bridge.helpdesks.odoo.worker_share import WorkerShare
from bridge.ports.call_budget import WINDOW
from bridge.store import SqlStore, open_store

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = WINDOW.total_seconds()


def test_what_was_drawn_comes_back_after_the_window(store: SqlStore) -> None:
    def draw(seconds: float, wanted: int, name: str = "account") -> int:
        return store.draw("acme", name, wanted, 100, START + timedelta(seconds=seconds))

    assert [draw(0, 60), draw(1, 60), draw(2, 60)] == [60, 40, 0]
    assert draw(2, 5, "updates") == 5, "each limit has its own"
    assert draw(59, 60) == 0
    assert draw(70, 60) == 60
    assert store.draw("other", "account", 60, 100, START) == 60, "so has each connection"


def test_processes_that_draw_at_the_same_moment_share_one_budget(store: SqlStore, database_url: str) -> None:
    others = [open_store(database_url) for _ in range(3)]
    with ThreadPoolExecutor(4) as threads:
        drawn = threads.map(
            lambda each: sum(each.draw("acme", "account", 3, 100, START) for _ in range(20)), (store, *others)
        )
        assert sum(drawn) == 100
    for other in others:
        other.close()


class Shared:
    """The budget of several processes in memory, and the clock that they share."""

    def __init__(self) -> None:
        self.now, self.drawn = 1000.0, list[tuple[float, int]]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def draw(self, _name: str, wanted: int, most: int) -> int:
        within = sum(count for at, count in self.drawn if at > self.now - MINUTE - 5)
        granted = max(0, min(wanted, most - within))
        self.drawn.append((self.now, granted))
        return granted

    def limiter(self) -> RateLimiter:
        made = RateLimiter(RateLimits(share=0.5), self, self.sleep, self.draw)
        made.update({"account": (700, 700, 60.0)})
        return made


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 3)), min_size=1, max_size=400))
def test_no_minute_sees_more_calls_of_all_processes_than_their_share(steps: list[tuple[int, float]]) -> None:
    shared = Shared()
    limiters, made = [shared.limiter() for _ in range(3)], list[float]()
    for which, pause in steps:
        for _ in range(20):
            try:
                limiters[which].acquire(("account",))
            except Retry:
                break
            made.append(shared.now)
        shared.now += pause
    assert all(sum(at - MINUTE < other <= at for other in made) <= 350 for at in made)


def test_a_person_is_answered_when_the_share_is_used_up_and_urgent_calls_have_the_last_part() -> None:
    shared = Shared()
    one, other = shared.limiter(), shared.limiter()
    counts = {Precedence.BACKGROUND: 0, Precedence.USUAL: 0, Precedence.URGENT: 0}
    for precedence in counts:
        for limiter in (one, other):
            with suppress(Retry):
                while True:
                    limiter.acquire(("account",), precedence)
                    counts[precedence] += 1
    assert 165 <= counts[Precedence.BACKGROUND] <= 175
    assert sum(counts.values()) <= 350
    assert counts[Precedence.URGENT] > 0
    began = shared.now
    for _ in range(20):
        other.acquire(("account",), Precedence.PERSON)
    assert shared.now == began


def test_a_person_waits_for_the_vendor_where_nothing_is_left_at_all() -> None:
    shared = Shared()
    limiter = shared.limiter()
    limiter.update({"account": (700, 0, 40.0)})
    began = shared.now
    limiter.acquire(("account",), Precedence.PERSON)
    assert shared.now - began >= 40


def test_a_store_that_is_down_leaves_each_process_its_own_share() -> None:
    def down(_name: str, _wanted: int, _most: int) -> int:
        raise Retry("database unreachable")

    assert SharedBudget(down).covers("account", 10, 100)


def test_the_share_of_odoo_is_the_time_of_its_workers() -> None:
    shared = Shared()
    one, other = (WorkerShare(workers=2, share=0.5, draw=shared.draw, clock=shared) for _ in range(2))

    def work(share: WorkerShare, seconds: float, precedence: Precedence = Precedence.USUAL) -> float:
        """How long calls of some length go on, with no time between them that would count."""
        done = 0.0
        try:
            while True:
                with share.used(precedence):
                    shared.now += seconds
                shared.now -= seconds  # as if all were made at the same moment
                done += seconds
        except Retry:
            return done

    assert 25 <= work(one, 0.4, Precedence.BACKGROUND) <= 35
    assert 55 <= 30 + work(other, 0.4) <= 65
    with one.used(Precedence.URGENT), other.used(Precedence.PERSON):
        shared.now += 0.1
    shared.now += MINUTE + 10
    assert work(one, 0.4) > 10, "what was used comes back"
