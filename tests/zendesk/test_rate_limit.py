"""The client stays within the vendor's rate limits, with a clock that the test advances."""

import threading
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import Retry
from bridge.helpdesks.http.rate_limit import (
    Precedence,
    RateLimit,
    RateLimiter,
    RateLimits,
    parse_rate_limit,
    parse_retry_after,
)

UPDATES = ("account", "updates")


class FakeClock:
    """A clock whose time passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class RateLimitedVendor:
    """A vendor with so many calls a minute, in fixed windows."""

    def __init__(self, total: int, clock: FakeClock) -> None:
        self.total, self.clock = total, clock
        self.used: dict[int, int] = {}

    def call(self) -> tuple[bool, Mapping[str, tuple[int, int, float]]]:
        window = int(self.clock.now // 60)
        self.used[window] = self.used.get(window, 0) + 1
        left = self.total - self.used[window]
        return left >= 0, {"updates": (self.total, max(0, left), 60 * (window + 1) - self.clock.now)}


def test_a_backlog_uses_the_whole_limit_and_is_never_refused() -> None:
    clock = FakeClock()
    vendor, limiter = RateLimitedVendor(100, clock), RateLimiter(RateLimits(), clock, clock.sleep)
    refusals = 0
    while clock.now < 1000 + 20 * 60:
        try:
            limiter.acquire(UPDATES)
        except Retry as retry:
            clock.now += retry.after or 0
            continue
        clock.now += 0.1
        accepted, headers = vendor.call()
        refusals += not accepted
        limiter.update(headers)
    full = [used for window, used in sorted(vendor.used.items())][1:-1]
    assert refusals == 0
    assert min(full) >= 97


def test_an_urgent_call_passes_where_others_wait() -> None:
    clock = FakeClock()
    limiter = RateLimiter(RateLimits(), clock, clock.sleep)
    limiter.update({"updates": (100, 3, 50.0)})
    with pytest.raises(Retry) as caught:
        limiter.acquire(UPDATES)
    assert (caught.value.after, caught.value.all_tickets) == (50.0, False)
    for _ in range(3):
        limiter.acquire(UPDATES, Precedence.URGENT)
    with pytest.raises(Retry):
        limiter.acquire(UPDATES, Precedence.URGENT)


def test_a_short_wait_happens_in_the_thread_and_a_long_one_is_a_retry() -> None:
    clock = FakeClock()
    limiter = RateLimiter(RateLimits(), clock, clock.sleep)
    limiter.block(UPDATES, 1.5)
    limiter.acquire(UPDATES)
    assert clock.now == 1001.5
    limiter.block(UPDATES, 30)
    with pytest.raises(Retry):
        limiter.acquire(UPDATES)
    assert clock.now == 1001.5


def test_limits_do_not_bind_each_other() -> None:
    limits = RateLimits({"export": 10})
    limits.block(("account", "updates"), 0.0, 60.0)
    assert limits.wait(("other",), 0.0) == 0.0
    assert limits.wait(("export",), 0.0) == 0.0
    assert limits.wait(("other", "updates"), 0.0) == 60.0


def test_a_limit_without_a_known_total_binds_only_as_long_as_the_vendor_asked() -> None:
    limits = RateLimits()
    limits.block(UPDATES, 0.0, 1.0)
    assert limits.wait(UPDATES, 0.5) == 0.5
    for second in range(1, 50):
        assert limits.wait(UPDATES, second) == 0.0
        limits.consume(UPDATES, second)


def test_a_limit_the_vendor_does_not_announce_is_counted_here() -> None:
    limits = RateLimits({"export": 10})
    for second in range(9):
        assert limits.wait(("export",), second) == 0.0
        limits.consume(("export",), second)
    assert limits.wait(("export",), 9.0) > 0
    assert limits.wait(("export",), 61.0) == 0.0


def test_a_late_response_does_not_raise_the_remaining_calls() -> None:
    limits = RateLimits()
    limits.update({"updates": RateLimit(100, 40, 60.0)}, 0.0)
    limits.update({"updates": RateLimit(100, 45, 60.0)}, 1.0)
    assert RateLimit(100, 40, 60.0).wait(1.0, 3) == 0.0
    for _ in range(40):
        limits.consume(("updates",), 1.0)
    assert limits.wait(("updates",), 1.0, Precedence.URGENT) == 59.0


def test_many_threads_never_spend_more_than_there_is() -> None:
    clock = FakeClock()
    limiter = RateLimiter(RateLimits(), clock, clock.sleep)
    limiter.update({"updates": (64, 64, 1e6)})
    passed = []

    def work() -> None:
        for _ in range(20):
            try:
                limiter.acquire(UPDATES)
            except Retry:
                return
            passed.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 62


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["spend", "learn", "close"]), st.integers(0, 90), st.integers(0, 100)), max_size=30
    ),
    st.sampled_from(Precedence),
)
def test_a_wait_is_never_negative_and_always_ends(steps: list[tuple[str, int, int]], precedence: Precedence) -> None:
    limits, now = RateLimits({"updates": 50}), 0.0
    for act, seconds, number in steps:
        now += seconds
        match act:
            case "spend":
                limits.consume(("updates",), now)
            case "learn":
                limits.update({"updates": RateLimit(100, number, now + seconds)}, now)
            case _:
                limits.block(("updates",), now, seconds)
    wait = limits.wait(("updates",), now, precedence)
    assert wait >= 0
    assert limits.wait(("updates",), now + wait, precedence) == 0


def test_headers_are_read_as_zendesk_writes_them() -> None:
    assert parse_rate_limit("total=20; remaining=19; resets=59") == (20, 19, 59.0)
    assert parse_rate_limit("nonsense") is None
    assert parse_rate_limit(None) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "93"}, 93.0),
        ({"Retry-After": "0"}, 1.0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:01:30 GMT", "Date": "Mon, 02 Mar 2026 09:00:00 GMT"}, 90.0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:01:30 GMT"}, 7.0),
        ({"Retry-After": "soon"}, 7.0),
        ({}, 7.0),
    ],
)
def test_how_long_the_vendor_asks_us_to_wait(headers: dict[str, str], seconds: float) -> None:
    assert parse_retry_after(headers, 7.0) == seconds


def test_half_of_a_limit_is_left_to_others_and_the_last_part_of_ours_to_urgent_calls() -> None:
    limits, made, urgent = RateLimits(share=0.5), 0, 0
    limits.update({"account": RateLimit(700, 700, 60.0)}, 0.0)
    for second in range(59):
        for _ in range(20):
            if not limits.wait(("account",), float(second)):
                limits.consume(("account",), float(second))
                made += 1
    while not limits.wait(("account",), 59.0, Precedence.URGENT):
        limits.consume(("account",), 59.0)
        urgent += 1
    assert (made, urgent) == (340, 10)
    assert limits.wait(("account",), 59.0) > 0
    assert not limits.wait(("account",), 61.0, Precedence.URGENT), "a minute after the first calls"


def test_a_background_call_goes_only_while_nobody_has_used_more_than_half_of_our_share() -> None:
    limits, made = RateLimits({"export": 10}, share=0.5), 0
    limits.update({"account": RateLimit(700, 700, 60.0)}, 0.0)
    while not limits.wait(("account",), 1.0, Precedence.BACKGROUND):
        limits.consume(("account",), 1.0)
        made += 1
    assert made == 175
    assert not limits.wait(("account",), 1.0), "others go on"
    assert not limits.wait(("account",), 61.0, Precedence.BACKGROUND)
    limits.update({"account": RateLimit(700, 500, 120.0)}, 61.0)
    assert limits.wait(("account",), 62.0, Precedence.BACKGROUND) == 58.0, "another program has used 200"
    for _ in range(5):
        assert not limits.wait(("export",), 1.0, Precedence.BACKGROUND)
        limits.consume(("export",), 1.0)
    assert limits.wait(("export",), 1.0, Precedence.BACKGROUND) > 0
