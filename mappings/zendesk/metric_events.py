"""Ticket metric events as targets: what Zendesk's own SLA said of a ticket. Pure.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metric_events/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.ports.native_targets import EndedBy, NativeTarget
from mappings.coercion import parse_instant

_SLA_NAMES = {"reply_time": ("first_reply_time", "next_reply_time"), "resolution_time": ("total_resolution_time",) * 2}
"""Metric of events -> what SLA policies call its first instance, and its later ones."""
_REPLY = frozenset({"reply_time", "periodic_update_time", "pausable_update_time"})
_STATUS = frozenset({"requester_wait_time", "agent_work_time", "resolution_time"})


@dataclass
class MetricInstance:
    """One instance of a metric while its events are read, by time."""

    metric: str
    ended_by: EndedBy | None = None
    started_at: datetime | None = None
    target_s: int | None = None
    in_business_hours: bool | None = None
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    breached_at: datetime | None = None
    met_at: datetime | None = None

    def read(self, event: Mapping[str, Any], at: datetime) -> None:
        """Take in what an event says; kinds that say nothing of a target are passed over."""
        match event.get("type"):
            case "activate":
                self._activate(at)
            case "pause":
                self.pauses.append((at, None))
            case "fulfill":
                self.met_at = at
            case "breach":
                self.breached_at = at
            case "apply_sla":
                self._apply(event.get("sla"))

    def _activate(self, at: datetime) -> None:
        if self.met_at is not None:  # reopened: the metric goes on, and the time between does not count
            self.pauses.append((self.met_at, at))
            self.met_at = None
        elif self.pauses and self.pauses[-1][1] is None:
            self.pauses[-1] = (self.pauses[-1][0], at)
        self.started_at = self.started_at or at

    def _apply(self, sla: object) -> None:
        if isinstance(sla, Mapping):
            seconds, minutes = sla.get("target_in_seconds"), sla.get("target")
            self.target_s = int(seconds) if seconds is not None else 60 * int(minutes or 0)
            self.in_business_hours = bool(sla.get("business_hours"))

    def target(self) -> NativeTarget:
        """What the events say, all in all."""
        return NativeTarget(
            metric=self.metric,
            ended_by=self.ended_by,
            started_at=self.started_at,
            target_s=self.target_s,
            in_business_hours=self.in_business_hours,
            pauses=tuple(self.pauses),
            due_at=self.breached_at,
            met_at=self.met_at,
            breached=self.breached_at is not None,
        )


def to_targets(events: Iterable[Mapping[str, Any]]) -> tuple[NativeTarget, ...]:
    """The targets of one ticket; an instance to which no SLA policy was ever applied promises nothing."""
    found: dict[tuple[str, int], MetricInstance] = {}
    dated = [(at, int(event.get("id") or 0), event) for event in events if (at := parse_instant(event.get("time")))]
    for at, _, event in sorted(dated, key=lambda each: each[:2]):
        if event.get("deleted") or not (instance := int(event.get("instance_id") or 0)):
            continue  # 0 is the ticket itself, which is measured from then on
        metric = str(event.get("metric"))
        name = _SLA_NAMES.get(metric, (metric,) * 2)[instance > 1]
        found.setdefault((metric, instance), MetricInstance(name, _ended_by(metric))).read(event, at)
    promised = [each.target() for each in found.values() if each.target_s is not None]
    return tuple(sorted(promised, key=lambda each: (each.metric, str(each.started_at or ""))))


def _ended_by(metric: str) -> EndedBy | None:
    return EndedBy.REPLY if metric in _REPLY else EndedBy.STATUS if metric in _STATUS else None
