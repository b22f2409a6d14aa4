"""Calendar arithmetic against a walk over single minutes, on more than 10,000 generated cases.

The walk knows nothing of spans, offsets or prefix sums: it asks of every minute what the clock on the wall says in
that zone, and whether the written hours cover it. Every window holds a change of the clocks, or a holiday.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bridge.policy.calendars.calendar import Calendar, CalendarSpec

MINUTE = timedelta(minutes=1)
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TICK = timedelta(microseconds=1)
WINDOW = timedelta(days=11)
CASES = 90
"""For each window: 10 zones x 2 changes x 6 sets of hours x 90 = 10,800 measured and added pairs of instants."""

CHANGES = {
    "Europe/Stockholm": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "America/Sao_Paulo": [date(2018, 11, 4), date(2019, 2, 17)],  # at midnight: days of 23 and 25 hours
    "America/St_Johns": [date(2010, 3, 14), date(2010, 11, 7)],  # at 00:01: the fold spans two dates
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],  # by half an hour
    "Africa/Casablanca": [date(2026, 2, 15), date(2026, 3, 22)],  # backwards, for Ramadan
    "Asia/Tokyo": [date(2026, 5, 4), date(2026, 1, 1)],  # no change: holidays, a new year
    "Pacific/Apia": [date(2011, 12, 30), date(2012, 4, 1)],  # a day that never was
    "Asia/Kathmandu": [date(1986, 1, 1), date(2026, 6, 1)],  # +05:30 became +05:45
    "Europe/Dublin": [date(2050, 3, 27), date(1990, 10, 28)],  # DST is negative here
}
HOURS: list[dict[str, list[str]]] = [
    {"mon-fri": ["08:00-17:00"]},
    {"mon-thu": ["08:00-12:00", "13:00-17:30"], "fri": ["08:00-15:00"]},
    {"mon-sun": ["22:00-06:00"]},
    {"mon-sun": ["02:15-02:45"]},  # inside many a gap and fold
    {"sat-mon": ["00:00-02:30", "23:30-24:00"], "wed": ["12:00-13:00"]},
    {"mon-sun": ["00:00-24:00"]},
]


def days_named(key: str) -> Iterator[str]:
    """The day names a key stands for, the slow and plain way."""
    for part in key.split(","):
        first, _, last = part.strip().partition("-")
        day = first
        yield day
        while last and day != last:
            day = DAYS[(DAYS.index(day) + 1) % 7]
            yield day


def clock(text: str) -> int:
    """``08:30`` as minutes since midnight."""
    return int(text[:2]) * 60 + int(text[3:])


def minutes_of(intervals: Iterable[str]) -> tuple[set[int], set[int]]:
    """The open minutes of the clock on the day the intervals begin, and on the morning after."""
    today, tomorrow = set[int](), set[int]()
    for opens, closes in (map(clock, text.split("-")) for text in intervals):
        today.update(range(opens, closes if closes > opens else 24 * 60))
        tomorrow.update(range(closes if closes <= opens else 0))
    return today, tomorrow


@dataclass
class MinuteWalk:
    """Every minute of a window: what the wall clock shows, and whether it is open."""

    start: datetime
    local: list[datetime]
    open: list[bool]

    @classmethod
    def over(cls, spec: CalendarSpec, start: datetime) -> MinuteWalk:
        assert isinstance(spec.hours, dict)
        week = {name: minutes_of(intervals) for key, intervals in spec.hours.items() for name in days_named(key)}
        special = {day: minutes_of(intervals)[0] for day, intervals in spec.special_days.items()}
        nothing = (set[int](), set[int]())

        def is_open(at: datetime) -> bool:
            minute = at.hour * 60 + at.minute
            if at.date() in special:
                return minute in special[at.date()]
            today, yesterday = (week.get(DAYS[at.weekday() - ago], nothing) for ago in (0, 1))
            return at.date() not in spec.holidays and (minute in today[0] or minute in yesterday[1])

        zone = ZoneInfo(spec.time_zone)
        local = [(start + MINUTE * n).astimezone(zone) for n in range(WINDOW // MINUTE)]
        return cls(start, local, [is_open(at) for at in local])

    def measure(self, a: datetime, b: datetime) -> timedelta:
        """Open minutes begun, less the parts of the first and last that lie outside."""
        first, last = (a - self.start) // MINUTE, (b - self.start) // MINUTE
        before, within = a - self.start - first * MINUTE, b - self.start - last * MINUTE
        return sum(self.open[first:last]) * MINUTE - self.open[first] * before + self.open[last] * within

    def add(self, start: datetime, amount: timedelta) -> datetime | None:
        """Minute by minute until the amount is used up; None when that is not within the window."""
        first = (start - self.start) // MINUTE
        if self.open[first]:
            amount += start - self.start - first * MINUTE
        for n in range(first, len(self.open)):
            if self.open[n]:
                if amount <= MINUTE:
                    return self.start + n * MINUTE + amount
                amount -= MINUTE
        return None


@lru_cache
def case(zone: str, hours: int, near: date) -> tuple[CalendarSpec, MinuteWalk]:
    """Hours with a holiday and two special days around the change, and their minutes."""
    spec = CalendarSpec.model_validate(
        {
            "time_zone": zone,
            "hours": HOURS[hours],
            "holidays": [near + timedelta(days=2)],
            "special_days": {near - timedelta(days=1): ["09:00-11:30"], near + timedelta(days=3): []},
        }
    )
    return spec, MinuteWalk.over(spec, datetime.combine(near - timedelta(days=5), time(), UTC))


windows = pytest.mark.parametrize(
    ("zone", "hours", "near"),
    [(zone, hours, near) for zone in CHANGES for near in CHANGES[zone] for hours in range(len(HOURS))],
)


@windows
def test_adding_and_measuring_agree_with_a_count_of_every_minute(zone: str, hours: int, near: date) -> None:
    spec, walk = case(zone, hours, near)
    calendar = Calendar.of(spec)
    chance = random.Random(f"{zone} {hours} {near}")
    for _ in range(CASES):
        a, b = sorted(walk.start + chance.randrange(WINDOW // TICK) * TICK for _ in "ab")
        assert calendar.measure(a, b) == walk.measure(a, b), f"measure {a} {b}"
        assert calendar.is_open(a) == walk.open[(a - walk.start) // MINUTE], f"is_open {a}"
        amount = timedelta(seconds=chance.randrange(1, 60 * 60 * 40))
        if (expected := walk.add(a, amount)) is not None:
            assert calendar.add(a, amount) == expected, f"add {amount} to {a}"


@windows
def test_business_days_are_the_local_days_with_an_open_minute(zone: str, hours: int, near: date) -> None:
    spec, walk = case(zone, hours, near)
    calendar = Calendar.of(spec)
    business = {at.date() for at, is_open in zip(walk.local, walk.open, strict=True) if is_open}
    days = [near + timedelta(days=n) for n in range(-4, 5)]
    assert [day for day in days if calendar.is_business_day(day)] == sorted(business.intersection(days))
    for first, last in [(walk.local[1500], walk.local[9000]), (walk.local[6000], walk.local[8000])]:
        steps = sum(first.date() < day <= last.date() for day in business)
        assert calendar.business_days_between(first, last) == steps
        assert calendar.business_days_between(last, first) == -steps


@windows
def test_open_spans_are_the_runs_of_open_minutes(zone: str, hours: int, near: date) -> None:
    spec, walk = case(zone, hours, near)
    edges = [n for n, (was, now) in enumerate(pairwise([False, *walk.open, False])) if was != now]
    runs = [
        (walk.start + opens * MINUTE, walk.start + closes * MINUTE)
        for opens, closes in zip(edges[::2], edges[1::2], strict=True)
    ]
    assert list(Calendar.of(spec).open_spans(walk.start, walk.start + WINDOW)) == runs
