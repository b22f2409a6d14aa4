"""Availability by calendar month, against an oracle that counts minutes."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.policy.calendars.intervals import Interval, length, union, within, without
from bridge.report import available

START = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = (START, datetime(2026, 4, 1, tzinfo=UTC))
GOAL = Fraction("99.5") / 100


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def minutes(intervals: list[Interval]) -> set[int]:
    """Every minute that lies in one of them, the slow and certain way."""
    found: set[int] = set()
    for begin, end in intervals:
        first, last = ((moment - START) // timedelta(minutes=1) for moment in (begin, end))
        found.update(range(first, last))
    return found


spans = st.tuples(st.integers(-300, 1800), st.integers(0, 600)).map(lambda s: (at(s[0]), at(s[0] + s[1])))
lists = st.lists(spans, max_size=8)


@given(lists)
def test_a_union_is_sorted_disjoint_and_holds_the_same_minutes(intervals: list[Interval]) -> None:
    found = union(intervals)
    assert minutes(found) == minutes(intervals)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    assert length(intervals) == timedelta(minutes=len(minutes(intervals)))


@given(lists, lists, spans)
def test_cutting_and_taking_away_are_what_they_are_for_sets(
    intervals: list[Interval], removed: list[Interval], bounds: Interval
) -> None:
    assert minutes(without(intervals, removed)) == minutes(intervals) - minutes(removed)
    assert minutes(within(intervals, bounds)) == minutes(intervals) & minutes([bounds])


@given(lists, lists, st.sampled_from([GOAL, Fraction(9, 10), Fraction(1)]))
def test_a_month_is_what_counting_its_minutes_gives(
    outages: list[Interval], windows: list[Interval], goal: Fraction
) -> None:
    month = (START, at(1440))  # a short one: counting takes time
    promised = minutes([month]) - minutes(windows)
    down = minutes(outages) & promised
    found = available(month, outages, windows, goal)
    share = 1 - Fraction(len(down), len(promised)) if promised else Fraction(1)
    assert found["availability_percent"] == round(float(share) * 100, 4)
    assert found["downtime_min"] == len(down)
    assert found["budget_left_min"] == pytest.approx(float(len(promised) * (1 - goal)) - len(down), abs=0.01)
    assert found["breached"] is (share < goal)


@pytest.mark.parametrize(
    ("outages", "down", "breached"),
    [
        ([], 0, False),
        ([(0, 60)], 60, False),
        ([(0, 223.2)], 223.2, False),  # 31 days have 44,640 minutes; 0.5 % of them are 223.2
        ([(0, 223.21)], 223.21, True),
        ([(0, 120), (60, 180), (180, 200)], 200, False),
        ([(-500, 100), (44_600, 50_000)], 140, False),
    ],
)
def test_the_budget_of_march(outages: list[tuple[float, float]], down: float, breached: bool) -> None:
    found = available(MONTH, [(at(begin), at(end)) for begin, end in outages], [], GOAL)
    assert found["downtime_min"] == pytest.approx(down, abs=0.01)
    assert found["budget_left_min"] == pytest.approx(223.2 - down, abs=0.01)
    assert found["breached"] is breached


def test_a_window_that_was_used_counts_on_neither_side() -> None:
    window = (at(600), at(900))
    found = available(MONTH, [(at(500), at(950))], [window], GOAL)
    assert found["downtime_min"] == 150
    assert found["budget_left_min"] == pytest.approx((44_640 - 300) * 0.005 - 150, abs=0.01)
    assert available(MONTH, [window], [window], GOAL)["availability_percent"] == 100
