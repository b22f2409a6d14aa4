"""How long clocks took, and how often they kept their promise: by month, plan and priority. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import ceil
from statistics import median
from zoneinfo import ZoneInfo

from bridge.decision import Clock, ClockState
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.policy.rules.clock import ClockRule, Target
from bridge.policy.rules.report_spec import ClockMetrics
from bridge.report.recorded import Recorded, Row, month_of

AT_ONCE = timedelta(minutes=1)
"""Target of a clock that is only measured."""


def clock_metrics(spec: ClockMetrics, recorded: Sequence[Recorded], zone: ZoneInfo) -> Iterator[Row]:
    """A row for each month, clock, plan and priority in which a clock came to its end or was decided."""
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
    plan = str(each.context.plan_at(clock.started_at) or "none")
    return month_of(clock.started_at, zone), clock.name, plan, each.priority_at(clock.started_at)


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
        for clock in _without_target(rule, each.policy).clocks(
            Context(each.ticket, each.account, each.policy, each.context.now)
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
    return rule.model_copy(update={"targets": targets, "plan_targets": {}, "follows_escalation": False})
