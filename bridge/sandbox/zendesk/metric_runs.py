"""The metrics of a ticket as Zendesk defines them: when each runs, pauses and ends, from the ticket's audits.

https://support.zendesk.com/hc/en-us/articles/4408821871642 (SLA metrics),
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metric_events/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.state import State

SOLVED = ("solved", "closed")
COUNTED_IN = {
    "agent_work_time": ("new", "open"),
    "requester_wait_time": ("new", "open", "hold"),
    "resolution_time": ("new", "open", "pending", "hold"),
}
"""Metric -> the statuses in which it runs; it is paused in others, and fulfilled when the ticket is solved."""
UPDATES = ("periodic_update_time", "pausable_update_time")
"""They run from one public comment of an agent to the next; the pausable one rests in pending."""


@dataclass
class MetricRun:
    """One instance of a metric: the stretches in which it counts, and when it was fulfilled."""

    metric: str
    instance: int
    spans: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    fulfillments: list[datetime] = field(default_factory=list)
    """When it was fulfilled; a reopening makes it go on."""
    is_fulfilled: bool = False

    @property
    def is_counting(self) -> bool:
        return bool(self.spans) and self.spans[-1][1] is None

    def activate(self, at: datetime) -> None:
        """Start to count, again after a pause or a reopening."""
        if not self.is_counting:
            self.spans.append((at, None))
        self.is_fulfilled = False

    def pause(self, at: datetime) -> None:
        if self.is_counting:
            self.spans[-1] = (self.spans[-1][0], at)

    def fulfill(self, at: datetime) -> None:
        if self.spans and not self.is_fulfilled:
            self.pause(at)
            self.is_fulfilled = True
            self.fulfillments.append(at)


@dataclass(frozen=True)
class _Step:
    """What one audit did."""

    at: datetime
    status: str | None
    """The status that it set."""
    said: tuple[bool, ...] = ()
    """For each of its public comments whether an agent wrote it."""


def runs_of(state: State, ticket: Record) -> list[MetricRun]:
    """Every instance of every metric of a ticket, in the order in which they began."""
    runs = _Runs()
    status = "new"
    for number, step in enumerate(_steps(state, ticket)):
        status = step.status or status
        for by_agent in step.said:
            runs.said(step.at, by_agent=by_agent, is_first=number == 0)
        runs.has_status(step.at, status)
    return runs.found


def _steps(state: State, ticket: Record) -> Iterator[_Step]:
    for audit in state.audits.get(ticket["id"], ()):
        at = datetime.fromisoformat(audit["created_at"])
        status, said = None, []
        for event in audit["events"]:
            if event["type"] in ("Create", "Change") and event["field_name"] == "status":
                status = str(event["value"])
            elif event["type"] == "Comment" and event["public"]:
                author = event["author_id"]
                said.append(state.is_staff(author) and author != ticket["requester_id"])
        yield _Step(at, status, tuple(said))


class _Runs:
    """The instances of a ticket while its audits are gone through."""

    def __init__(self) -> None:
        self.found: list[MetricRun] = []

    def said(self, at: datetime, *, by_agent: bool, is_first: bool) -> None:
        """A public comment: an agent's fulfils what waits for an answer, and begins the wait for the next update."""
        reply = self._last("reply_time")
        if by_agent:
            self._fulfill(at, "reply_time", *UPDATES)
            for metric in UPDATES:
                self._begin(metric, at)
        elif reply is None or (reply.is_fulfilled and not is_first):
            self._begin("reply_time", at)

    def has_status(self, at: datetime, status: str) -> None:
        """Let the metrics run or rest as the status says."""
        if status in SOLVED:
            self._fulfill(at, "reply_time", *UPDATES, *COUNTED_IN)
            return
        for metric, statuses in COUNTED_IN.items():
            run = self._last(metric) or self._begin(metric, at)
            (run.activate if status in statuses else run.pause)(at)
        if (update := self._last("pausable_update_time")) and not update.is_fulfilled:
            (update.pause if status == "pending" else update.activate)(at)

    def _last(self, metric: str) -> MetricRun | None:
        return next((run for run in reversed(self.found) if run.metric == metric), None)

    def _begin(self, metric: str, at: datetime) -> MetricRun:
        run = MetricRun(metric, sum(each.metric == metric for each in self.found) + 1)
        run.activate(at)
        self.found.append(run)
        return run

    def _fulfill(self, at: datetime, *metrics: str) -> None:
        for metric in metrics:
            if run := self._last(metric):
                run.fulfill(at)
