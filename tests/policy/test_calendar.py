"""Calendars: how hours are written, business days, clock changes, and the laws that adding and measuring obey."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.errors import InputError
from bridge.policy.calendars.business_time import instant, offset_periods, ticks
from bridge.policy.calendars.calendar import Calendar, CalendarSpec

OFFICE = {"mon-fri": ["08:00-17:00"]}
ZONES = ["Europe/Stockholm", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "America/Sao_Paulo"]


def calendar(hours: Any = None, zone: str = "UTC", **more: Any) -> Calendar:
    return Calendar.of(CalendarSpec.model_validate({"hours": hours, "time_zone": zone, **more}))


def local(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


# --- how hours are written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "open_days"),
    [
        ("mon", "mon"),
        ("mon-fri", "mon tue wed thu fri"),
        ("fri-mon", "mon fri sat sun"),
        ("sat,sun", "sat sun"),
        ("mon, wed-thu", "mon wed thu"),
        ("mon-sun", "mon tue wed thu fri sat sun"),
    ],
)
def test_days_are_names_ranges_and_lists(days: str, open_days: str) -> None:
    hours = calendar({days: ["10:00-11:00"]})
    week = [date(2026, 3, 2) + timedelta(days=n) for n in range(7)]
    assert [f"{day:%a}".lower() for day in week if hours.is_business_day(day)] == open_days.split()


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"hours": {"mo-fri": ["08:00-17:00"]}}, "allowed: mon, tue"),
        ({"hours": {"mon-": ["08:00-17:00"]}}, "allowed: mon, tue"),
        ({"hours": {"mon": ["8-17"]}}, "allowed: an interval such as 08:00-17:00"),
        ({"hours": {"mon": ["08:00-24:30"]}}, "allowed: an interval such as 08:00-17:00"),
        ({"hours": {"mon": ["24:00-08:00"]}}, "allowed: an interval such as 08:00-17:00"),
        ({"hours": {"mon": ["08:00-08:00"]}}, "write a whole day as 00:00-24:00"),
        ({"hours": {"mon": [1020]}}, "valid string"),
        ({"hours": {"mon": "08:00-17:00"}}, 'allowed: a list such as ["08:00-12:00", "13:00-17:00"]'),
        ({"hours": {"mon-wed": ["08:00-12:00"], "wed": ["13:00-14:00"]}}, "each day once; wed is listed twice"),
        ({"hours": "nights"}, "allowed: always, or days with their hours"),
        ({}, "allowed: one with hours (always, or"),
        ({"hours": "always", "union": [{"hours": "always"}]}, "allowed: only one of hours and union"),
        ({"union": [{"hours": "always"}], "holidays": ["2026-12-25"]}, "inside the calendars of the union"),
        ({"hours": "always", "time_zone": "Europe/Stokholm"}, "did you mean 'Europe/Stockholm'?"),
        ({"hours": "always", "time_zone": "Europe"}, "allowed: an IANA time zone"),
        ({"hours": "always", "time_zone": "../etc/passwd"}, "allowed: an IANA time zone"),
        ({"hours": "always", "holidays": [20261225]}, "allowed: a date such as 2026-12-25"),
        ({"hours": "always", "holiday_country": "XX"}, "allowed: a country's ISO 3166 code"),
        (
            {"hours": "always", "holiday_country": "XX", "holiday_subdivision": "BY"},
            "allowed: a country's ISO 3166 code",
        ),
        (
            {"hours": "always", "holiday_country": "AT", "holiday_subdivision": "ZZ"},
            "allowed: 1, 2, 3, 4, 5, 6, 7, 8, 9",
        ),
        ({"hours": "always", "holiday_country": "SE", "holiday_categories": ["odd"]}, "de_facto, optional, public"),
        ({"hours": "always", "holiday_subdivision": "BY"}, "only together with holiday_country"),
        ({"hours": "always", "special_days": {"2026-12-24": ["22:00-06:00"]}}, "allowed: hours of that date only"),
        ({"hours": "always", "special_days": {"2026-12-24": ["noon"]}}, "allowed: an interval such as 08:00-17:00"),
        ({"hours": "always", "opening": []}, "Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_named_once_with_what_is_allowed(written: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as found:
        CalendarSpec.model_validate(written)
    assert [complaint in error["msg"] for error in found.value.errors()] == [True]


def test_a_specification_survives_json_and_equal_ones_share_a_calendar() -> None:
    spec = CalendarSpec.model_validate(
        {"hours": {"sat": ["10:00-14:00"], "mon": ["08:00-12:00", "13:00-17:00"]}, "holidays": [date(2026, 12, 25)]}
    )
    same = CalendarSpec.model_validate(
        {"hours": {"mon": ("08:00-12:00", "13:00-17:00"), "sat": ["10:00-14:00"]}, "holidays": ["2026-12-25"]}
    )
    assert CalendarSpec.model_validate_json(spec.model_dump_json()) == spec == same
    assert Calendar.of(spec) is Calendar.of(same)


# --- business days ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
def test_friday_ten_plus_one_business_day_is_monday_ten_on_every_weekend_of_ten_years(zone: str) -> None:
    hours = calendar(OFFICE, zone)
    friday = local("2010-01-01 10:00", zone)
    for week in range(520):
        start = friday + timedelta(weeks=week)  # wall time: same zone
        due = hours.add_business_days(start, 1)
        assert due.tzinfo is UTC
        assert due.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == (start + timedelta(days=3)).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2026-03-04 10:00", 0, "2026-03-04 10:00"),
        ("2026-03-04 10:00", 5, "2026-03-11 10:00"),
        ("2026-03-04 17:00", 1, "2026-03-06 08:00"),  # the instant of closing: from Thursday 08:00
        ("2026-03-04 06:30", 1, "2026-03-05 08:00"),
        ("2026-03-07 12:00", 1, "2026-03-10 08:00"),  # Saturday: from Monday 08:00
        ("2026-04-02 10:00", 1, "2026-04-07 10:00"),  # Easter
        ("2026-12-22 14:00", 1, "2026-12-23 12:00"),  # half day: its closing
        ("2026-12-22 09:00", 1, "2026-12-23 09:00"),
        ("2026-12-22 14:00", 2, "2026-12-28 14:00"),  # Christmas, the eve closed by hand
    ],
)
def test_business_days_keep_the_local_time_where_the_day_allows(start: str, n: int, due: str) -> None:
    zone = "Europe/Stockholm"
    office = calendar(
        OFFICE, zone, holiday_country="SE", special_days={"2026-12-23": ["08:00-12:00"], "2026-12-24": []}
    )
    assert office.add_business_days(local(start, zone), n) == local(due, zone)


def test_a_time_in_a_break_or_before_opening_moves_to_the_nearest_edge_of_that_day() -> None:
    hours = calendar({"mon": ["07:00-18:00"], "tue": ["09:00-12:00", "13:00-17:00"]})

    def due(clock: str) -> str:
        return f"{hours.add_business_days(local(f'2026-03-02 {clock}', 'UTC'), 1):%a %H:%M}"

    assert due("12:30") == "Tue 12:00"  # never later than promised
    assert due("12:00") == "Tue 12:00"
    assert due("17:30") == "Tue 17:00"
    assert due("07:30") == "Tue 09:00"  # nothing earlier is open on that day
    assert due("13:00") == "Tue 13:00"


def test_a_local_time_that_a_clock_change_skips_or_repeats() -> None:
    nights = calendar({"mon-sun": ["00:00-24:00"]}, "Europe/Stockholm", holidays=["2000-01-01"])
    assert nights.add_business_days(local("2026-03-28 02:30", "Europe/Stockholm"), 1).isoformat() == (
        "2026-03-29T01:30:00+00:00"  # 03:30 in summer time
    )
    assert nights.add_business_days(local("2026-10-24 02:30", "Europe/Stockholm"), 1).isoformat() == (
        "2026-10-25T00:30:00+00:00"  # the first 02:30
    )
    assert nights.add_business_days(local("2026-10-25 02:30", "Europe/Stockholm", fold=1), 1).isoformat() == (
        "2026-10-26T01:30:00+00:00"
    )
    assert nights.add_business_days(local("2025-10-26 02:30", "Europe/Stockholm", fold=1), 154).isoformat() == (
        "2026-03-29T01:30:00+00:00"  # the repeated hour of autumn says nothing about the skipped one of spring
    )


def test_a_skipped_evening_ends_the_day_rather_than_running_into_the_next() -> None:
    zone = "Asia/Pyongyang"  # 4 May 2018 ended at 23:30
    assert calendar("always", zone).add_business_days(local("2018-05-03 23:45", zone), 1) == local(
        "2018-05-05 00:00", zone
    )


def test_a_local_new_year_that_lies_in_another_utc_year_is_a_business_day() -> None:
    for zone, hours in [("Asia/Tokyo", "00:00-08:00"), ("America/New_York", "20:00-24:00")]:
        spec = CalendarSpec(hours={"mon-sun": (hours,)}, time_zone=zone)
        assert Calendar(spec).is_business_day(date(2026, 1, 1))
        assert Calendar(spec).is_business_day(date(2025, 12, 31))


def test_every_day_of_an_always_calendar_is_a_business_day_but_for_days_that_never_were() -> None:
    always = calendar("always", "Pacific/Apia")
    assert always.is_business_day(date(2026, 12, 25))
    assert always.add_business_days(local("2026-12-25 03:00", "Pacific/Apia"), 3) == (
        local("2026-12-28 03:00", "Pacific/Apia")
    )
    assert not always.is_business_day(date(2011, 12, 30))  # Samoa crossed the date line
    assert always.add_business_days(local("2011-12-29 12:00", "Pacific/Apia"), 1) == (
        local("2011-12-31 12:00", "Pacific/Apia")
    )


def test_business_days_are_counted_in_the_calendars_own_zone() -> None:
    tokyo = calendar(OFFICE, "Asia/Tokyo")
    monday_in_tokyo = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert tokyo.is_open(monday_in_tokyo + timedelta(hours=1))
    assert tokyo.business_days_between(monday_in_tokyo, monday_in_tokyo + timedelta(days=7)) == 5
    assert tokyo.business_days_between(monday_in_tokyo, monday_in_tokyo + timedelta(hours=12)) == 0


# --- holidays --------------------------------------------------------------------------------------------------------


def test_public_holidays_are_closed_in_every_year_to_2050() -> None:
    sweden, germany = (calendar(OFFICE, "Europe/Berlin", holiday_country=code) for code in ("SE", "DE"))
    for year in range(1991, 2051):  # before, the library knows no united Germany
        for office in (sweden, germany):
            assert not office.is_business_day(date(year, 1, 1))
            assert not office.is_business_day(date(year, 5, 1))
            year_end, next_end = (local(f"{one}-12-31 12:00", "Europe/Berlin") for one in (year - 1, year))
            assert 245 <= office.business_days_between(year_end, next_end) <= 257


def test_categories_subdivisions_and_observed_days_of_the_holidays_library() -> None:
    midsummer_eve = date(2026, 6, 19)
    assert calendar(OFFICE, holiday_country="SE").is_business_day(midsummer_eve)
    assert not calendar(OFFICE, holiday_country="SE", holiday_categories=["de_facto"]).is_business_day(midsummer_eve)
    epiphany = date(2026, 1, 6)
    assert calendar(OFFICE, holiday_country="DE", holiday_subdivision="BE").is_business_day(epiphany)
    assert not calendar(OFFICE, holiday_country="DE", holiday_subdivision="BY").is_business_day(epiphany)
    assert not calendar(OFFICE, holiday_country="US").is_business_day(date(2021, 12, 31))  # for Saturday 1 January


def test_a_holiday_closes_exactly_its_own_local_day_and_special_hours_win_over_it() -> None:
    nights = calendar({"mon-sun": ["22:00-06:00"]}, holidays=["2026-03-04", "2026-03-06"])
    spans = nights.open_spans(local("2026-03-03 12:00", "UTC"), local("2026-03-05 12:00", "UTC"))
    assert [(f"{opens:%d %H}", f"{closes:%d %H}") for opens, closes in spans] == [
        ("03 22", "04 00"),
        ("05 00", "05 06"),
    ]
    extra = calendar(OFFICE, holidays=["2026-12-25"], special_days={"2026-12-25": ["09:00-10:00"]})
    assert extra.measure(local("2026-12-25 00:00", "UTC"), local("2026-12-26 00:00", "UTC")) == timedelta(hours=1)
    assert calendar("always", holidays=["2026-12-25"]).always is False


# --- changes of the clocks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Europe/Stockholm", "2026-03-29", 23),
        ("Europe/Stockholm", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("America/Sao_Paulo", "2018-11-04", 23),  # midnight does not exist
        ("America/Sao_Paulo", "2019-02-16", 25),
        ("Asia/Tokyo", "2026-03-29", 24),
        ("Pacific/Apia", "2011-12-29", 24),
    ],
)
def test_a_whole_day_is_as_long_as_the_clocks_make_it(zone: str, day: str, length: float) -> None:
    only = calendar({}, zone, special_days={day: ["00:00-24:00"]})
    around = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert only.measure(around - timedelta(days=3), around + timedelta(days=3)) == timedelta(hours=length)


def test_hours_in_a_gap_do_not_exist_and_hours_in_a_fold_happen_twice() -> None:
    early = calendar({"mon-sun": ["02:00-03:00"]}, "America/New_York")
    assert not early.is_business_day(date(2026, 3, 8))
    assert early.add_business_days(local("2026-03-07 02:30", "America/New_York"), 1) == (
        local("2026-03-09 02:30", "America/New_York")
    )
    fold = calendar({"mon-sun": ["01:00-02:00"]}, "America/New_York")
    day = [local("2026-11-01 00:00", "America/New_York"), local("2026-11-02 00:00", "America/New_York")]
    assert fold.measure(*day) == timedelta(hours=2)
    assert [f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in fold.open_spans(*day)] == ["05:00-07:00"]


@pytest.mark.parametrize(
    "zone",
    [
        *ZONES,
        *("Africa/Casablanca", "Africa/Cairo", "Asia/Gaza", "Antarctica/Troll", "Pacific/Apia", "America/St_Johns"),
        *("Europe/Dublin", "Asia/Pyongyang", "America/Caracas", "Antarctica/Casey"),
    ],
)
def test_no_change_of_an_offset_is_missed(zone: str) -> None:
    for year in (1990, 2007, 2010, 2011, 2014, 2016, 2018, 2023, 2026, 2037, 2050):
        found = offset_periods(ZoneInfo(zone), year)
        assert [one.ends for one in found[:-1]] == [one.begins for one in found[1:]]
        for period in found:
            begins, ends = instant(period.begins), instant(period.ends)
            offset = instant(period.offset) - instant(0)
            for n in range((ends - begins) // timedelta(hours=3)):
                assert (begins + n * timedelta(hours=3)).astimezone(ZoneInfo(zone)).utcoffset() == offset
            assert (ends - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).utcoffset() == offset


# --- spans, edges and limits -----------------------------------------------------------------------------------------


def test_an_amount_that_ends_with_the_day_is_due_at_that_closing() -> None:
    office = calendar(OFFICE)
    assert office.add(local("2026-03-06 16:00", "UTC"), timedelta(hours=1)) == local("2026-03-06 17:00", "UTC")
    assert office.add(local("2026-03-06 17:00", "UTC"), timedelta()) == local("2026-03-06 17:00", "UTC")
    assert office.add(local("2026-03-06 17:00", "UTC"), timedelta(microseconds=1)) == (
        local("2026-03-09 08:00:00.000001", "UTC")
    )
    assert not office.is_open(local("2026-03-06 17:00", "UTC"))
    assert office.next_open(local("2026-03-06 17:00", "UTC")) == local("2026-03-09 08:00", "UTC")


def test_spans_without_an_end_go_on_and_run_through_the_new_year() -> None:
    nights = calendar({"mon-sun": ["20:00-04:00"]}, "Asia/Tokyo")
    spans = list(islice(nights.open_spans(datetime(2026, 12, 30, 12, tzinfo=UTC)), 800))
    assert spans[0] == (datetime(2026, 12, 30, 12, tzinfo=UTC), datetime(2026, 12, 30, 19, tzinfo=UTC))
    assert {closes - opens for opens, closes in spans[1:]} == {timedelta(hours=8)}
    shut = calendar({"mon-sun": ["00:00-24:00"]}, holidays=["2026-06-01", "2028-06-01"])
    (first, *_) = islice(shut.open_spans(datetime(2026, 6, 1, tzinfo=UTC)), 1)
    assert first == (datetime(2026, 6, 2, tzinfo=UTC), datetime(2028, 6, 1, tzinfo=UTC))


def test_a_calendar_that_stops_opening_says_so() -> None:
    once = calendar({}, special_days={"2026-03-04": ["08:00-12:00"]})
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert once.add(start, timedelta(hours=4)) == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert len(list(once.open_spans(start))) == 1
    for ask in (
        lambda: once.add(start, timedelta(hours=5)),
        lambda: once.add_business_days(start, 1),
        lambda: once.next_open(datetime(2026, 3, 4, 12, tzinfo=UTC)),
    ):
        with pytest.raises(InputError, match="never opens again"):
            ask()


@pytest.mark.parametrize("year", [1, 1969, 2200, 9999])
def test_an_absurd_year_is_refused_rather_than_computed(year: int) -> None:
    with pytest.raises(InputError, match="outside the years of a calendar"):
        calendar(OFFICE).measure(datetime(2026, 1, 1, tzinfo=UTC), datetime(year, 6, 1, tzinfo=UTC))


def test_negative_amounts_are_refused() -> None:
    start = datetime(2026, 3, 4, tzinfo=UTC)
    with pytest.raises(ValueError, match="never negative"):
        calendar(OFFICE).add(start, timedelta(seconds=-1))
    with pytest.raises(ValueError, match="never negative"):
        calendar(OFFICE).add_business_days(start, -1)


# --- laws ------------------------------------------------------------------------------------------------------------

calm = settings(deadline=None)
"""A busy machine is not a fault."""

clocks = st.integers(0, 24 * 12 - 1).map(lambda fives: f"{fives // 12:02}:{fives % 12 * 5:02}")
intervals = st.tuples(clocks, clocks).filter(lambda pair: pair[0] != pair[1]).map("-".join)
weeks = st.dictionaries(
    st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    st.lists(intervals, min_size=1, max_size=3),
    min_size=1,
)
days = st.dates(date(2025, 12, 1), date(2027, 1, 31))
specs = st.builds(
    lambda hours, zone, closed: CalendarSpec(hours=hours, time_zone=zone, holidays=tuple(closed)),
    weeks,
    st.sampled_from([*ZONES, "UTC", "Asia/Kathmandu", "Pacific/Chatham"]),
    st.lists(days, max_size=3),
)
unions = st.lists(specs, min_size=2, max_size=3).map(lambda parts: CalendarSpec(union=tuple(parts)))
calendars = (specs | unions).map(Calendar.of)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
amounts = st.timedeltas(timedelta(), timedelta(hours=60))


@calm
@given(calendars, instants, amounts)
def test_what_was_added_is_measured_and_nothing_earlier_would_do(
    hours: Calendar, start: datetime, amount: timedelta
) -> None:
    due = hours.add(start, amount)
    assert hours.measure(start, due) == amount
    assert due == start or hours.measure(start, due - timedelta(microseconds=1)) < amount


@calm
@given(calendars, instants, instants)
def test_adding_what_was_measured_never_overshoots(hours: Calendar, a: datetime, b: datetime) -> None:
    start, end = sorted((a, b))
    assert hours.add(start, hours.measure(start, end)) <= end
    assert hours.measure(end, start) == -hours.measure(start, end)


@calm
@given(calendars, instants, instants, instants)
def test_measuring_is_additive_monotone_and_the_sum_of_the_spans(
    hours: Calendar, a: datetime, b: datetime, c: datetime
) -> None:
    a, b, c = sorted((a, b, c))
    assert hours.measure(a, b) + hours.measure(b, c) == hours.measure(a, c)
    assert timedelta() <= hours.measure(a, b) <= b - a
    spans = list(hours.open_spans(a, b))
    assert sum((closes - opens for opens, closes in spans), timedelta()) == hours.measure(a, b)
    assert all(closes < opens for (_, closes), (opens, _) in pairwise(spans))
    assert all(a <= opens < closes <= b for opens, closes in spans)


@calm
@given(calendars, instants, amounts, amounts)
def test_adding_in_two_steps_is_adding_at_once(hours: Calendar, start: datetime, x: timedelta, y: timedelta) -> None:
    assert hours.add(hours.add(start, x), y) == hours.add(start, x + y)
    assert hours.add(start, x) <= hours.add(start, x + y)
    assert hours.add(start, x) <= hours.add(start + y, x)


@calm
@given(calendars, instants)
def test_the_next_opening_is_open_and_nothing_opens_before_it(hours: Calendar, at: datetime) -> None:
    opening = hours.next_open(at)
    assert hours.is_open(opening)
    assert hours.measure(at, opening) == timedelta()
    assert (opening == at) == hours.is_open(at)


@calm
@given(st.lists(specs, min_size=1, max_size=3), instants, instants)
def test_a_union_is_open_exactly_when_a_part_is(parts: list[CalendarSpec], a: datetime, b: datetime) -> None:
    whole = Calendar.of(CalendarSpec(union=tuple(parts)))
    each = [Calendar.of(part) for part in parts]
    assert whole.is_open(a) == any(part.is_open(a) for part in each)
    start, end = sorted((a, b))
    measured = [part.measure(start, end) for part in each]
    assert max(measured) <= whole.measure(start, end) <= sum(measured, timedelta())


@calm
@given(specs, instants, st.integers(0, 30), st.integers(1, 30))
def test_business_days_end_on_a_business_day_and_never_run_backwards(
    spec: CalendarSpec, start: datetime, n: int, more: int
) -> None:
    hours = Calendar.of(spec)
    start = hours.next_open(start)
    due, later = hours.add_business_days(start, n), hours.add_business_days(start, n + more)
    assert start <= due < later
    assert hours.business_days_between(start, due) == n
    assert hours.business_days_between(due, later) == more
    assert hours.is_business_day(later.astimezone(hours.zone).date()) or later == hours.next_open(later)


@calm
@given(st.sampled_from(ZONES), instants, st.integers(1, 400))
def test_equal_hours_every_day_keep_the_local_time(zone: str, start: datetime, n: int) -> None:
    office = calendar({"mon-fri": ["06:00-22:00"]}, zone)
    assume(office.is_open(start))
    assert (
        office.add_business_days(start, n).astimezone(ZoneInfo(zone)).time() == start.astimezone(ZoneInfo(zone)).time()
    )


@settings(calm, max_examples=25)
@given(specs, instants, st.permutations([0, 400, 1500, -1500]))
def test_the_order_in_which_years_are_worked_out_changes_nothing(
    spec: CalendarSpec, at: datetime, order: list[int]
) -> None:
    def found(calendar: Calendar, days: int) -> tuple[datetime, bool, timedelta]:
        then = at + timedelta(days=days)
        return calendar.next_open(then), calendar.is_business_day(then.date()), calendar.measure(at, then)

    kept = Calendar(spec)
    assert [found(kept, days) for days in order] == [found(Calendar(spec), days) for days in order]


@calm
@given(st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)))
def test_instants_are_kept_to_the_microsecond(at: datetime) -> None:
    assert instant(ticks(at)) == at
    assert instant(ticks(at.astimezone(ZoneInfo("America/New_York")))) == at


def test_midnight_of_a_business_day_is_the_calendars_and_not_utcs() -> None:
    evening = calendar({"mon": ["20:00-24:00"], "tue": ["00:00-24:00"]}, "America/New_York")
    due = evening.add_business_days(local("2026-03-02 23:59", "America/New_York"), 1)
    assert due == local("2026-03-03 23:59", "America/New_York")
    assert due.astimezone(ZoneInfo("America/New_York")).time() == time(23, 59)


def test_the_next_turn_is_an_opening_when_closed_and_a_closing_when_open() -> None:
    office = calendar(OFFICE, "Europe/Stockholm")
    turns = [local("2026-03-27 16:59", "Europe/Stockholm")]  # a Friday, two days before the clocks change
    for _ in range(3):
        turns.append(office.next_change(turns[-1]) or turns[-1])
    assert turns[1:] == [
        local(text, "Europe/Stockholm") for text in ("2026-03-27 17:00", "2026-03-30 08:00", "2026-03-30 17:00")
    ]


def test_a_calendar_that_never_turns_again_says_so() -> None:
    assert calendar("always").next_change(datetime(2026, 3, 2, tzinfo=UTC)) is None
    once = calendar({"mon": []}, special_days={"2026-03-02": ["08:00-12:00"]})
    assert once.next_change(datetime(2026, 3, 2, 9, tzinfo=UTC)) == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert once.next_change(datetime(2026, 3, 2, 12, tzinfo=UTC)) is None
