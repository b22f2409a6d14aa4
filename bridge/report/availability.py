"""Availability month by month: outages against promised time, without maintenance windows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from bridge.account import Account
from bridge.policy.calendars.intervals import Interval, length, union, within, without
from bridge.policy.evaluation.fact_spec import instant_in
from bridge.policy.model import Policy
from bridge.policy.rules.report_spec import Availability, WindowUse
from bridge.report.inputs import ReviewedTicket, Row


def available(month: Interval, outages: Iterable[Interval], windows: Iterable[Interval], goal: Fraction) -> Row:
    """Availability in one month: maintenance windows that were used count neither as promised nor as down.

    The rest of the current month counts as available. ``goal``: a share, such as 995/1000.
    """
    promised = without([month], windows)
    total, down = length(promised), length(without(within(outages, month), windows))
    share = 1 - _ratio(down, total)
    budget = float((1 - goal) * _seconds(total)) / 60
    return {
        "availability_percent": round(float(share) * 100, 4),
        "downtime_min": round(down.total_seconds() / 60, 2),
        "budget_left_min": round(budget - down.total_seconds() / 60, 2),
        "breached": share < goal,
    }


def _seconds(length_: timedelta) -> Fraction:
    return Fraction(length_ // timedelta(microseconds=1), 1_000_000)


def _ratio(part: timedelta, whole: timedelta) -> Fraction:
    return _seconds(part) / _seconds(whole) if whole else Fraction(0)


def availability(
    spec: Availability, policy: Policy, reviewed: Sequence[ReviewedTicket], now: datetime, zone: ZoneInfo
) -> Iterator[Row]:
    """A row for each month since the first ticket or outage, up to the present."""
    goal = Fraction(str(spec.goal_percent)) / 100
    outages = {str(each.ticket.ref): span for each in reviewed if (span := _outage(spec, each, now))}
    windows = _used(spec.maintenance_window, policy, reviewed) if spec.maintenance_window else []
    first = min((each.ticket.created_at for each in reviewed), default=now)
    first = min([first, *(begin for begin, _ in outages.values())])
    for month, bounds in _months(first, now, zone):
        behind = sorted(ident for ident, span in outages.items() if within([span], bounds))
        figures = available(bounds, outages.values(), windows, goal)
        yield {"month": month, "goal_percent": spec.goal_percent, **figures, "tickets": behind}


def _outage(spec: Availability, each: ReviewedTicket, now: datetime) -> Interval | None:
    if not each.context.holds(spec.when):
        return None
    begin, end = (instant_in(each.ticket.facts.get(fact)) for fact in (spec.start_fact, spec.end_fact))
    return (begin, end or max(now, begin)) if begin else None


def _used(spec: WindowUse, policy: Policy, reviewed: Sequence[ReviewedTicket]) -> list[Interval]:
    """The maintenance windows with planned work, each as a whole."""
    calendar = policy.calendar_for(spec.calendar, Account())
    used: list[Interval] = []
    for each in reviewed:
        begin, end = (instant_in(each.ticket.facts.get(fact)) for fact in (spec.start_fact, spec.end_fact))
        if begin and end and begin < end and each.context.holds(spec.when):
            around = begin - timedelta(days=8), end + timedelta(days=8)
            spans = calendar.open_spans(*around)
            used += [span for span in spans if span[0] < end and begin < span[1]]
    return union(used)


def _months(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[tuple[str, Interval]]:
    """The calendar months from one instant to another, each from midnight to midnight in a zone."""
    local = first.astimezone(zone)
    year, number = local.year, local.month
    while (begin := _midnight(year, number, zone)) <= last:
        following = (year + number // 12, number % 12 + 1)
        yield f"{year:04d}-{number:02d}", (begin, _midnight(*following, zone))
        year, number = following


def _midnight(year: int, month: int, zone: ZoneInfo) -> datetime:
    return datetime(year, month, 1, tzinfo=zone).astimezone(UTC)
