"""Ticket metric events: the incremental export, computed from audits, SLA policies and the schedule.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metric_events/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import request

from bridge.sandbox.clock import stamp
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.metric_runs import MetricRun, runs_of
from bridge.sandbox.zendesk.schedule_time import added, counted
from bridge.sandbox.zendesk.state import State

LARGEST = 1000
MINUTE = timedelta(minutes=1)
_PER_TICKET = 10_000
"""Ids of events of one ticket."""


def metric_events_page(state: State) -> Record:
    """One page of ``/incremental/ticket_metric_events``: those from ``start_time`` on, by time."""
    given = request.args.get("start_time", "")
    if not given.isdigit():
        raise error_responses.bad_request("InvalidValue", f"start_time must be a Unix time in seconds, not {given!r}")
    size = min(int(request.args.get("per_page", LARGEST)), LARGEST)
    rows = [row for ticket in state.tickets.values() for row in events_of(state, ticket)]
    later = sorted((row for row in rows if _unix(row) >= int(given)), key=lambda row: (row["time"], row["id"]))
    found = later[:size]
    # A page ends with a whole second, or its rest would never come: the next one begins with that second.
    found += [row for row in later[size:] if found and row["time"] == found[-1]["time"]]
    end = _unix(found[-1]) + (len(found) < len(later)) if found else int(given)
    return {
        "ticket_metric_events": found,
        "count": len(found),
        "end_time": end,
        "next_page": f"{state.base_url}/api/v2/incremental/ticket_metric_events.json?start_time={end}",
        "end_of_stream": len(found) == len(later),
    }


def events_of(state: State, ticket: Record) -> list[Record]:
    """Every event of one ticket by time, as far as the clock has come."""
    now, deleted = state.clock(), ticket["status"] == "deleted"
    found = [
        {"time": stamp(at), "metric": run.metric, "instance_id": run.instance, "type": kind, **more}
        for run in runs_of(state, ticket)
        for at, kind, more in _events(state, ticket, run, now)
    ]
    found.sort(key=lambda row: str(row["time"]))
    first = int(ticket["id"]) * _PER_TICKET
    return [
        {"id": first + number, "ticket_id": ticket["id"], **row, **({"deleted": True} if deleted else {})}
        for number, row in enumerate(found)
    ]


def _events(state: State, ticket: Record, run: MetricRun, now: datetime) -> Iterator[tuple[datetime, str, Record]]:
    target = _target(state, ticket, run)
    for number, (begin, end) in enumerate(run.spans):
        yield begin, "activate", {}
        if number == 0 and target:
            yield begin, "apply_sla", {"sla": target}
        if end is not None:
            yield end, "fulfill" if end in run.fulfillments else "pause", {}
            yield end, "update_status", {"status": _status(state, run, end)}
    ends = {end for _, end in run.spans}
    for at in run.fulfillments:
        if at not in ends:  # it was paused when it was fulfilled
            yield at, "fulfill", {}
    due = _due(state, run, target) if target else None
    if due is not None and due < min(run.fulfillments[-1] if run.is_fulfilled else now, now):
        yield due, "breach", {}


def _due(state: State, run: MetricRun, target: Record) -> datetime | None:
    left = timedelta(seconds=int(target["target_in_seconds"]))
    schedule = _schedule(state) if target["business_hours"] else None
    for begin, end in run.spans:
        if end is None:
            return added(schedule, begin, left)
        passed = counted(schedule, begin, end)
        if passed > left:
            return added(schedule, begin, left)
        left -= passed
    return None


def _status(state: State, run: MetricRun, until: datetime) -> Record:
    """The minutes that the instance has counted."""
    sums = [
        sum((counted(schedule, begin, min(end or until, until)) for begin, end in run.spans), timedelta())
        for schedule in (None, _schedule(state))
    ]
    return {"calendar": sums[0] // MINUTE, "business": sums[1] // MINUTE}


def _schedule(state: State) -> Record | None:
    return next(iter(state.schedules.values()), None)


_SLA_NAMES = {"reply_time": ("next_reply_time", "first_reply_time"), "resolution_time": ("total_resolution_time",) * 2}
"""Metric of events -> what SLA policies call it: a later instance, the first one."""


def _target(state: State, ticket: Record, run: MetricRun) -> Record | None:
    """What the first policy that applies promises for this metric and priority."""
    name = _SLA_NAMES.get(run.metric, (run.metric,) * 2)[run.instance == 1]
    for policy in sorted(state.sla_policies.values(), key=lambda row: int(row["position"])):
        if _applies(policy["filter"], ticket):
            wanted = (each for each in policy["policy_metrics"] if each["metric"] == name)
            found = next((each for each in wanted if each["priority"] == ticket["priority"]), None)
            return found and {
                "target": int(found["target"]),
                "target_in_seconds": int(found["target"]) * 60,
                "business_hours": bool(found.get("business_hours")),
                "policy": {key: policy[key] for key in ("id", "title", "description")},
            }
    return None


def _applies(wanted: Record, ticket: Record) -> bool:
    conditions = [_holds(each, ticket) for each in wanted.get("any") or ()]
    return all(_holds(each, ticket) for each in wanted.get("all") or ()) and (any(conditions) or not conditions)


def _holds(condition: Record, ticket: Record) -> bool:
    held: Any = ticket.get(str(condition["field"]).replace("current_", ""))
    listed = condition["value"] if isinstance(condition["value"], list) else [condition["value"]]
    found = str(held) in map(str, listed)
    return not found if "not" in str(condition["operator"]) else found


def _unix(row: Record) -> int:
    return int(datetime.fromisoformat(row["time"]).timestamp())
