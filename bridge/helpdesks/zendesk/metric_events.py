"""What Zendesk's own SLA said of tickets, from the incremental export of ticket metric events.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bridge.errors import GiveUp
from bridge.helpdesks.zendesk.client import ZendeskClient
from bridge.ports.native_targets import NativeTarget
from bridge.ticket import TicketRef
from mappings.coercion import json_objects
from mappings.zendesk.metric_events import to_targets

_KEPT = ("id", "instance_id", "metric", "type", "time", "sla", "deleted")
_SAYING = frozenset({"activate", "pause", "fulfill", "breach", "apply_sla"})


class MetricEvents:
    """The events since an instant, read once when the first ticket is asked for."""

    def __init__(self, client: ZendeskClient, since: datetime) -> None:
        self._client = client
        self._since = since
        self._events: dict[str, bytearray] | None = None
        """Ticket -> its events as lines of JSON: a history may have millions."""

    def targets(self, ref: TicketRef) -> tuple[NativeTarget, ...]:
        """The targets of a ticket. Raises :mod:`bridge.errors`."""
        if self._events is None:
            self._events = self._read()
        lines = self._events.pop(ref.id, b"").splitlines()
        return to_targets(json.loads(line) for line in lines)

    def _read(self) -> dict[str, bytearray]:
        events: dict[str, bytearray] = {}
        for event in self._all():
            if event.get("type") in _SAYING:
                kept = {name: event[name] for name in _KEPT if name in event}
                if isinstance(sla := kept.get("sla"), dict):
                    kept["sla"] = {key: sla.get(key) for key in ("target", "target_in_seconds", "business_hours")}
                line = json.dumps(kept, separators=(",", ":")).encode() + b"\n"
                events.setdefault(str(event.get("ticket_id")), bytearray()).extend(line)
        return events

    def _all(self) -> Iterator[dict[str, Any]]:
        """Every event once: a page may begin with the second with which the one before has ended."""
        start, before = int(self._since.timestamp()), frozenset[object]()
        while True:
            try:
                page = self._client.get("incremental/ticket_metric_events.json", start_time=start)
            except GiveUp:
                return  # this user may not read them, or the plan has none: nothing is known then
            found = [dict(each) for each in json_objects(page.get("ticket_metric_events"))]
            ids = frozenset(each.get("id") for each in found)
            yield from (each for each in found if each.get("id") not in before)
            following = int(page.get("end_time") or start)
            if following <= start or ids <= before:
                return
            start, before = following, ids
