"""Reports over reviewed tickets: availability, clocks, who used them, satisfaction, channels. Pure.

A figure belongs to the calendar month, in the time zone of its pack, in which its clock started, its ticket was created
or its outage lasted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.policy.model import Policy
from bridge.policy.rules.report_spec import Availability, Channels, ClockMetrics, ClockShares, ReportSpec, Satisfaction
from bridge.report.availability import availability, available
from bridge.report.clocks import clock_metrics
from bridge.report.customers import channels, satisfaction
from bridge.report.inputs import ReviewedTicket, Row
from bridge.report.shares import clock_shares

__all__ = ["ReportTable", "ReviewedTicket", "Row", "available", "tables"]


@dataclass(frozen=True)
class ReportTable:
    """One report of one pack."""

    pack: str
    clause: str
    name: str
    kind: str
    rows: list[Row]


def tables(
    policies: Iterable[Policy], reviewed: Sequence[ReviewedTicket], now: datetime, month: str = ""
) -> list[ReportTable]:
    """Every report that these packs define; ``month``, such as ``2026-03``, keeps the rows of one month."""
    found = []
    for policy in policies:
        of_pack = [each for each in reviewed if each.policy.pack == policy.pack]
        for spec in policy.reports:
            rows = [row for row in _rows(spec, policy, of_pack, now) if month in ("", row["month"])]
            found.append(ReportTable(policy.pack, spec.clause, spec.name, spec.kind, rows))
    return found


def _rows(spec: ReportSpec, policy: Policy, reviewed: Sequence[ReviewedTicket], now: datetime) -> Iterator[Row]:
    zone = ZoneInfo(policy.time_zone)
    match spec:
        case Availability():
            yield from availability(spec, policy, reviewed, now, zone)
        case ClockMetrics():
            yield from clock_metrics(spec, reviewed, zone)
        case ClockShares():
            yield from clock_shares(spec, policy, reviewed, zone)
        case Satisfaction():
            yield from satisfaction(spec, reviewed, zone)
        case Channels():
            yield from channels(reviewed, zone)
