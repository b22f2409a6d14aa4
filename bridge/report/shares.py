"""Who used a clock: its counted time by the tier, group, team or assignee that had the ticket. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from bridge.decision import Clock
from bridge.policy.calendars.intervals import Interval, within
from bridge.policy.model import Policy
from bridge.policy.rules.report_spec import ClockShares
from bridge.report.inputs import ReviewedTicket, Row, month_of

NOBODY = "none"


@dataclass
class _Use:
    """What one holder used of a clock in a month."""

    used: timedelta = timedelta()
    runs: list[float] = field(default_factory=list)
    """For each run of the clock, the share of its target, in percent."""
    tickets: set[str] = field(default_factory=set)


def clock_shares(
    spec: ClockShares, policy: Policy, reviewed: Sequence[ReviewedTicket], zone: ZoneInfo
) -> Iterator[Row]:
    """A row for each month and holder; of each run that has started, what has been counted so far."""
    uses: dict[tuple[str, str], _Use] = {}
    for each in reviewed:
        for clock in each.decision.clocks:
            if clock.name == spec.clock and clock.target_s:
                for holder, used in _by_holder(spec, policy, each, clock).items():
                    use = uses.setdefault((month_of(clock.started_at, zone), holder), _Use())
                    use.used += used
                    use.runs.append(100 * used.total_seconds() / clock.target_s)
                    use.tickets.add(str(each.ticket.ref))
    for (month, holder), use in sorted(uses.items()):
        whole = sum((other.used for (at, _), other in uses.items() if at == month), timedelta())
        yield {"month": month, spec.by: holder, **_figures(use, whole, spec.budgets.get(holder))}


def _figures(use: _Use, whole: timedelta, budget: float | None) -> Row:
    in_time = [share <= budget for share in use.runs] if budget else []
    return {
        "used_s": int(use.used.total_seconds()),
        "share_percent": round(100 * (use.used / whole), 2) if whole else None,
        "budget_percent": budget,
        "within_budget_percent": round(100 * sum(in_time) / len(in_time), 2) if in_time else None,
        "tickets": sorted(use.tickets),
    }


def _by_holder(spec: ClockShares, policy: Policy, each: ReviewedTicket, clock: Clock) -> dict[str, timedelta]:
    """The counted time of one run by whoever had the ticket."""
    calendar, now = each.policy.calendar_for(clock.calendar, each.account), each.decision.at
    counted: list[Interval] = [(begin, min(end or now, now)) for begin, end in clock.spans if begin < now]
    found: dict[str, timedelta] = {}
    for period in each.context.field_periods(spec.by):
        first = policy.start_tier if spec.by == "tier" and period.began is None else None
        holder = str(period.value if period.value is not None else first or NOBODY)
        spans = within(counted, (period.start, period.end or now)) if period.start < (period.end or now) else []
        used = sum((calendar.measure(begin, end) for begin, end in spans), timedelta())
        if used:
            found[holder] = found.get(holder, timedelta()) + used
    return found
