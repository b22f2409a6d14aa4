"""Figures over what reviews have recorded: availability, clocks, satisfaction, channels. Pure.

A figure belongs to the calendar month in the time zone of its pack in which its clock started, its ticket was created,
or its outage lasted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from math import ceil
from statistics import mean, median
from typing import Any
from zoneinfo import ZoneInfo

from bridge.account import Account
from bridge.decision import Clock, ClockState, Decision, Kept
from bridge.intervals import Interval, length, union, within, without
from bridge.policy import Policy
from bridge.policy.case import Case
from bridge.policy.report import Availability, Channels, ClockMetrics, Report, Satisfaction, WindowUse
from bridge.policy.target import ClockRule, Target
from bridge.ticket import FactValue, Ticket

Row = dict[str, Any]
"""One line of a report, ready for JSON."""
AT_ONCE = timedelta(minutes=1)
"""Target of a clock that is only measured."""


@dataclass(frozen=True)
class Recorded:
    """A ticket as the last review saw and judged it."""

    ticket: Ticket
    account: Account
    policy: Policy
    """The pack it was judged by, the contract's terms included."""
    decision: Decision
    kept: Kept = field(default_factory=Kept)

    @cached_property
    def case(self) -> Case:
        return Case(self.ticket, self.account, self.policy, self.decision.at, self.kept)

    def priority_at(self, at: datetime) -> str:
        """The priority of its level at an instant, else the ticket's own."""
        found = self.case.priority_of(self.case.level_at(at)) or self.ticket.value_at("priority", at)
        return str(found or "none")


@dataclass(frozen=True)
class Table:
    """One report of one pack."""

    pack: str
    clause: str
    name: str
    kind: str
    rows: list[Row]


def tables(policies: Iterable[Policy], recorded: Sequence[Recorded], now: datetime, month: str = "") -> list[Table]:
    """Every report that these packs promise; ``month`` as ``2026-03`` keeps the rows of one month."""
    found = []
    for policy in policies:
        of_pack = [each for each in recorded if each.policy.pack == policy.pack]
        for spec in policy.reports:
            rows = [row for row in _rows(spec, policy, of_pack, now) if month in ("", row["month"])]
            found.append(Table(policy.pack, spec.clause, spec.name, spec.kind, rows))
    return found


def _rows(spec: Report, policy: Policy, recorded: Sequence[Recorded], now: datetime) -> Iterator[Row]:
    zone = ZoneInfo(policy.time_zone)
    match spec:
        case Availability():
            yield from _availability(spec, policy, recorded, now, zone)
        case ClockMetrics():
            yield from _clock_metrics(spec, recorded, zone)
        case Satisfaction():
            yield from _satisfaction(spec, recorded, zone)
        case Channels():
            yield from _channels(recorded, zone)


# -- availability ------------------------------------------------------------------------------------------------------


def available(month: Interval, outages: Iterable[Interval], windows: Iterable[Interval], goal: Fraction) -> Row:
    """Availability in one month: windows that were used are taken from both sides of the ratio.

    What of the month is still to come counts as available. ``goal``: a share, such as 995/1000.
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


def _availability(
    spec: Availability, policy: Policy, recorded: Sequence[Recorded], now: datetime, zone: ZoneInfo
) -> Iterator[Row]:
    goal = Fraction(str(spec.goal_percent)) / 100
    outages = {str(each.ticket.ref): span for each in recorded if (span := _outage(spec, each, now))}
    windows = _used(spec.window, policy, recorded) if spec.window else []
    first = min((each.ticket.created_at for each in recorded), default=now)
    first = min([first, *(begin for begin, _ in outages.values())])
    for month, bounds in _months(first, now, zone):
        behind = sorted(ident for ident, span in outages.items() if within([span], bounds))
        figures = available(bounds, outages.values(), windows, goal)
        yield {"month": month, "goal_percent": spec.goal_percent, **figures, "tickets": behind}


def _outage(spec: Availability, each: Recorded, now: datetime) -> Interval | None:
    if not each.case.holds(spec.when):
        return None
    begin, end = (_instant(each.ticket.facts.get(fact)) for fact in (spec.started, spec.ended))
    return (begin, end or max(now, begin)) if begin else None


def _used(spec: WindowUse, policy: Policy, recorded: Sequence[Recorded]) -> list[Interval]:
    """The windows in which work was planned, each as a whole."""
    calendar = policy.calendar_for(spec.calendar, Account())
    used: list[Interval] = []
    for each in recorded:
        begin, end = (_instant(each.ticket.facts.get(fact)) for fact in (spec.starts, spec.ends))
        if begin and end and begin < end and each.case.holds(spec.when):
            around = begin - timedelta(days=8), end + timedelta(days=8)
            spans = calendar.open_spans(*around)
            used += [span for span in spans if span[0] < end and begin < span[1]]
    return union(used)


def _instant(value: FactValue) -> datetime | None:
    """An aware instant of a fact; what cannot be read is not known."""
    try:
        at = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at and at.tzinfo else None


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


def _month(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m}"


# -- clocks ------------------------------------------------------------------------------------------------------------


def _clock_metrics(spec: ClockMetrics, recorded: Sequence[Recorded], zone: ZoneInfo) -> Iterator[Row]:
    taken: dict[tuple[str, ...], list[int]] = {}
    verdicts: dict[tuple[str, ...], list[bool]] = {}
    behind: dict[tuple[str, ...], set[str]] = {}
    for each in recorded:
        for name in spec.clocks:
            for clock in _measured(each, name):
                key = _group(each, clock, zone)
                taken.setdefault(key, []).append(
                    each.policy.elapsed(clock, each.account, clock.met_at or each.decision.at)
                )
                behind.setdefault(key, set()).add(str(each.ticket.ref))
        for clock in each.decision.clocks:
            if clock.name in spec.clocks and clock.state in (ClockState.MET, ClockState.BREACHED):
                key = _group(each, clock, zone)
                verdicts.setdefault(key, []).append(clock.state is ClockState.MET)
                behind.setdefault(key, set()).add(str(each.ticket.ref))
    for key in sorted(behind):
        month, name, plan, priority = key
        head = {"month": month, "clock": name, "plan": plan, "priority": priority}
        yield {**head, **_figures(taken.get(key, []), verdicts.get(key, [])), "tickets": sorted(behind[key])}


def _group(each: Recorded, clock: Clock, zone: ZoneInfo) -> tuple[str, ...]:
    plan = str(each.case.plan_at(clock.started_at) or "none")
    return _month(clock.started_at, zone), clock.name, plan, each.priority_at(clock.started_at)


def _figures(taken: Sequence[int], verdicts: Sequence[bool]) -> Row:
    return {
        "count": len(taken),
        "median_s": median(taken) if taken else None,
        "p90_s": _percentile(taken, 90) if taken else None,
        "attainment_percent": round(100 * sum(verdicts) / len(verdicts), 2) if verdicts else None,
    }


def _percentile(values: Sequence[int], percent: int) -> int:
    """The smallest value that is not exceeded by so many percent of them (nearest rank)."""
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def _measured(each: Recorded, name: str) -> list[Clock]:
    """The runs of a clock that came to their end, whether or not the policy gives it a target."""
    return [
        clock
        for rule in each.policy.clocks
        if rule.name == name
        for clock in _without_target(rule, each.policy).rows(
            Case(each.ticket, each.account, each.policy, each.case.now)
        )
        if clock.met_at
    ]


def _without_target(rule: ClockRule, policy: Policy) -> ClockRule:
    """The same clock with a target that is only there to be missed: how long it took does not depend on it."""
    plain = Target(within=AT_ONCE)
    targets = {
        level: (rule.targets.get(level) or plain).model_copy(update={"within": AT_ONCE})
        for level in policy.severity.levels
    }
    return rule.model_copy(update={"targets": targets, "plans": {}, "follows_escalation": False})


# -- satisfaction and channels -----------------------------------------------------------------------------------------


def _satisfaction(spec: Satisfaction, recorded: Sequence[Recorded], zone: ZoneInfo) -> Iterator[Row]:
    groups: dict[tuple[str, ...], list[tuple[FactValue, str]]] = {}
    for each in recorded:
        score = each.ticket.facts.get(spec.fact)
        if score not in (None, ""):
            given = next((c.at for c in reversed(each.ticket.changes(f"fact:{spec.fact}"))), each.ticket.created_at)
            key = (_month(given, zone), each.ticket.type or "none", each.priority_at(each.decision.at))
            groups.setdefault(key, []).append((score, str(each.ticket.ref)))
    for (month, type_, priority), scores in sorted(groups.items()):
        values = [score for score, _ in scores]
        numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        yield {
            "month": month,
            "type": type_,
            "priority": priority,
            "count": len(values),
            "mean": round(mean(numbers), 2) if numbers else None,
            "scores": {word: sum(str(v) == word for v in values) for word in sorted(set(map(str, values)))},
            "tickets": sorted(ident for _, ident in scores),
        }


def _channels(recorded: Sequence[Recorded], zone: ZoneInfo) -> Iterator[Row]:
    months: dict[str, list[Ticket]] = {}
    for each in recorded:
        months.setdefault(_month(each.ticket.created_at, zone), []).append(each.ticket)
    for month, tickets in sorted(months.items()):
        for channel in sorted({ticket.channel for ticket in tickets}):
            behind = sorted(str(ticket.ref) for ticket in tickets if ticket.channel == channel)
            share = round(100 * len(behind) / len(tickets), 2)
            yield {
                "month": month,
                "channel": str(channel),
                "share_percent": share,
                "count": len(behind),
                "tickets": behind,
            }
