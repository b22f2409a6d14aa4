"""The activity page: what was written since an instant, with a filter, and the same for programs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from bridge.console.filters import stamp
from bridge.console.installation import Installation
from bridge.decision.kinds import ActionKind, describe_counts
from bridge.explain.action_list import ListedAction, with_new_reasons
from bridge.policy.model import Policy
from bridge.runtime.activity import ActivityFilter, activity, parse_kind
from bridge.runtime.since import parse_since

DEFAULT_SINCE = "24h"
SHOWN = 500
"""Actions on the page and in the JSON, the newest; all are counted."""


def add_activity(console: Blueprint, bridge: Installation, policies: Mapping[str, Policy]) -> None:
    """``/activity`` and ``/api/activity``."""

    clauses = [clause for policy in policies.values() for clause in policy.clauses]

    @console.get("/activity", endpoint="activity")
    def activity_page() -> Response:
        wanted = _wanted(bridge.clock())
        totals, newest = _read(bridge, wanted, clauses)
        page = render_template(
            "console/activity.html",
            wanted=wanted,
            since=request.args.get("since") or DEFAULT_SINCE,
            kinds=list(ActionKind),
            totals=totals,
            summary=describe_counts(totals),
            actions=list(with_new_reasons(newest)),
        )
        return make_response(page)

    @console.get("/api/activity", endpoint="api_activity")
    def api_activity() -> Response:
        """Totals of all actions, and the newest of them, newest first."""
        wanted = _wanted(bridge.clock())
        totals, newest = _read(bridge, wanted, clauses)
        return jsonify(since=stamp(wanted.since), totals=totals, actions=[each.as_json() for each in newest])


def _wanted(now: datetime) -> ActivityFilter:
    """The filter of the request. Raises ``InputError``."""
    given: dict[str, Any] = {name: request.args.get(name, "").strip() or None for name in ("clause", "account")}
    since = parse_since(request.args.get("since") or DEFAULT_SINCE, now, "since")
    return ActivityFilter(since, **given, kind=parse_kind(request.args.get("kind"), "kind"))


def _read(
    bridge: Installation, wanted: ActivityFilter, clauses: Iterable[str]
) -> tuple[dict[ActionKind, int], list[ListedAction]]:
    """The number of actions of each kind, and the newest actions."""
    totals = dict.fromkeys(ActionKind, 0)
    newest: deque[ListedAction] = deque(maxlen=SHOWN)
    for each in activity(bridge.store, wanted, clauses):
        totals[each.kind] += 1
        newest.append(each)
    return totals, list(reversed(newest))
