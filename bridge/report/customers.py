"""Satisfaction scores, and the channels on which tickets were opened. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean
from zoneinfo import ZoneInfo

from bridge.policy.rules.report_spec import Satisfaction
from bridge.report.inputs import ReviewedTicket, Row, month_of
from bridge.ticket import FactValue, Ticket, fact_field


def satisfaction(spec: Satisfaction, reviewed: Sequence[ReviewedTicket], zone: ZoneInfo) -> Iterator[Row]:
    """A row for each month, type and priority in which a score was given."""
    groups: dict[tuple[str, ...], list[tuple[FactValue, str]]] = {}
    for each in reviewed:
        score = each.ticket.facts.get(spec.fact)
        if score not in (None, ""):
            given = next((c.at for c in reversed(each.ticket.changes(fact_field(spec.fact)))), each.ticket.created_at)
            key = (month_of(given, zone), each.ticket.type or "none", each.priority_at(each.decision.at))
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
            "scores": {score: sum(str(v) == score for v in values) for score in sorted(set(map(str, values)))},
            "tickets": sorted(ident for _, ident in scores),
        }


def channels(reviewed: Sequence[ReviewedTicket], zone: ZoneInfo) -> Iterator[Row]:
    """A row for each month and channel on which tickets were opened."""
    months: dict[str, list[Ticket]] = {}
    for each in reviewed:
        months.setdefault(month_of(each.ticket.created_at, zone), []).append(each.ticket)
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
