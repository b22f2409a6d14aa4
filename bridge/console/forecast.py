"""The forecast: promises about to be broken in the next hours against who works then, and what else is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, request

from bridge.console.installation import Installation
from bridge.console.pages import refreshed
from bridge.console.staffing import HOUR, staffing
from bridge.decision.kinds import ActionKind
from bridge.policy.model import Policy
from bridge.ports.forecasts import ForecastFilter
from bridge.runtime.forecast_summary import BREACHES, ForecastSummary, assignees

HOURS = (24, 48, 168)
LISTED = 15
SHOWN = {
    BREACHES: "Promises broken",
    str(ActionKind.PUBLIC_MESSAGES): "Messages to customers",
    str(ActionKind.CLOSINGS): "Closed",
    str(ActionKind.NOTIFICATIONS): "Notices",
}
"""Figures on the page, with the heads of their columns."""


@dataclass(frozen=True)
class HourAhead:
    """One hour of the picture; places are in percent of its width and of its height."""

    at: datetime
    x: float
    width: float
    height: float
    breaches: int
    working: tuple[str, ...]
    has_tick: bool


def add_forecast(console: Blueprint, bridge: Installation, policies: Mapping[str, Policy]) -> None:
    """``/forecast``; ``?hours=48`` looks further."""

    @console.get("/forecast", endpoint="forecast")
    def forecast() -> Response:
        hours = request.args.get("hours", str(HOURS[0]))
        if not hours.isdigit() or int(hours) not in HOURS:
            abort(HTTPStatus.NOT_FOUND, f"No such length; allowed: {', '.join(map(str, HOURS))} hours.")
        return refreshed("forecast", lambda: _content(bridge, policies, int(hours)))


def _content(bridge: Installation, policies: Mapping[str, Policy], hours: int) -> dict[str, Any]:
    start = bridge.clock().replace(minute=0, second=0, microsecond=0)
    which = ForecastFilter(list(bridge.configuration.connections))
    until = start + timedelta(hours=hours)
    summary = ForecastSummary.of(bridge.store.forecast_actions(which), assignees(bridge.store), until)
    known, oldest = bridge.store.forecast_range(which.connections)
    return {
        "hours": hours,
        "lengths": HOURS,
        "ahead": hours_ahead(summary, policies, start, hours),
        "columns": SHOWN,
        "groups": [(title, _worst(found)) for title, found in _groups(summary).items()],
        "tickets": len(summary.tickets),
        "known": known,
        "oldest": oldest,
    }


def hours_ahead(
    summary: ForecastSummary, policies: Mapping[str, Policy], start: datetime, hours: int
) -> list[HourAhead]:
    """The hours of the picture, those of the past in the first."""
    late = sum(counts[BREACHES] for hour, counts in summary.by_hour.items() if hour < start)
    breaches = [summary.by_hour.get(start + index * HOUR, Counter())[BREACHES] for index in range(hours)]
    breaches[0] += late
    most, width = max([1, *breaches]), 100 / hours
    return [
        HourAhead(
            at=start + index * HOUR,
            x=round(index * width, 3),
            width=round(width, 3),
            height=round(100 * count / most, 1),
            breaches=count,
            working=working,
            has_tick=(start + index * HOUR).hour % (3 * hours // HOURS[0]) == 0,
        )
        for index, (count, working) in enumerate(zip(breaches, staffing(policies.values(), start, hours), strict=True))
    ]


def _groups(summary: ForecastSummary) -> dict[str, Mapping[str, Counter[str]]]:
    return {
        "Account": summary.by_account,
        "Assignee": summary.by_person,
        "Role that is notified": summary.by_role_title,
    }


def _worst(groups: Mapping[str, Counter[str]]) -> list[tuple[str, Counter[str]]]:
    worst = sorted(groups.items(), key=lambda each: (-each[1][BREACHES], -each[1].total(), each[0]))
    return worst[:LISTED]
