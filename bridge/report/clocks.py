"""How long clocks took and how often they met their targets, by month, plan and priority. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from math import ceil
from statistics import median
from zoneinfo import ZoneInfo

from bridge.decision import Clock, ClockState
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.clock_targets import Target
from bridge.policy.rules.report_spec import ClockMetrics
from bridge.report.inputs import ReviewedTicket, Row, month_of

_VERDICTS = (ClockState.MET, ClockState.BREACHED)
MEASURING_TARGET = timedelta(minutes=1)
"""Target of a clock that is only measured: short enough to be missed."""


def clock_metrics(spec: ClockMetrics, reviewed: Sequence[ReviewedTicket], zone: ZoneInfo) -> Iterator[Row]:
    """A row for each month, clock, plan and priority in which a clock ended or got a verdict."""
    taken: dict[tuple[str, ...], list[int]] = {}
    verdicts: dict[tuple[str, ...], list[Clock]] = {}
    behind: dict[tuple[str, ...], set[str]] = {}
    for each in reviewed:
        for name in spec.clocks:
            for clock in _measured(each, name):
                key = _group(each, clock, zone)
                taken.setdefault(key, []).append(
                    each.policy.elapsed(clock, each.account, clock.met_at or each.decision.at)
                )
                behind.setdefault(key, set()).add(str(each.ticket.ref))
        for clock in each.decision.clocks:
            if clock.name in spec.clocks and (clock.state in _VERDICTS or clock.amendment):
                key = _group(each, clock, zone)
                verdicts.setdefault(key, []).append(clock)
                behind.setdefault(key, set()).add(str(each.ticket.ref))
    for key in sorted(behind):
        month, name, plan, priority = key
        head = {"month": month, "clock": name, "plan": plan, "priority": priority}
        yield {**head, **_figures(taken.get(key, []), verdicts.get(key, [])), "tickets": sorted(behind[key])}


def _group(each: ReviewedTicket, clock: Clock, zone: ZoneInfo) -> tuple[str, ...]:
    plan = str(each.context.plan_at(clock.started_at) or "none")
    return month_of(clock.started_at, zone), clock.name, plan, each.priority_at(clock.started_at)


def _figures(taken: Sequence[int], clocks: Sequence[Clock]) -> Row:
    waived = [clock for clock in clocks if clock.amendment and clock.amendment.what == "waive"]
    figures = {
        "count": len(taken),
        "median_s": median(taken) if taken else None,
        "p90_s": _percentile(taken, 90) if taken else None,
        "attainment_percent": _attainment(clock.state for clock in clocks if clock not in waived),
    }
    if any(clock.amendment for clock in clocks):
        plain = (clock.amendment.state_without if clock.amendment else clock.state for clock in clocks)
        figures |= {"amended": sum(1 for clock in clocks if clock.amendment)}
        figures |= {"attainment_without_amendments_percent": _attainment(plain)}
    return figures


def _attainment(states: Iterable[ClockState]) -> float | None:
    """The share of clocks that were met, of those that have a verdict."""
    verdicts = [state is ClockState.MET for state in states if state in _VERDICTS]
    return round(100 * sum(verdicts) / len(verdicts), 2) if verdicts else None


def _percentile(values: Sequence[int], percent: int) -> int:
    """The percentile of some values, by the nearest-rank method."""
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def _measured(each: ReviewedTicket, name: str) -> list[Clock]:
    """The ended runs of a clock, whether or not the policy gives it a target."""
    return [
        clock
        for rule in each.policy.clocks
        if rule.name == name
        for clock in _without_target(rule, each.policy).clocks(
            Context(each.ticket, each.account, each.policy, each.context.now)
        )
        if clock.met_at
    ]


def _without_target(rule: ClockRule, policy: Policy) -> ClockRule:
    """The same clock with a target that it misses: how long it took does not depend on the target."""
    plain = Target(within=MEASURING_TARGET)
    targets = {
        level: (rule.targets.get(level) or plain).model_copy(update={"within": MEASURING_TARGET})
        for level in policy.severity.levels
    }
    return rule.model_copy(update={"targets": targets, "plan_targets": {}, "follows_escalation": False})
