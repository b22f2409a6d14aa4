"""Incremental ticket events as audits, which say the same in another form. Pure.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/#incremental-ticket-event-export
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from mappings.coercion import json_object, json_objects

_ABOUT = frozenset(
    {"id", "via", "via_reference_id", "event_type", "previous_value", "type", "added_tags", "removed_tags"}
)
"""Keys of a child event that are not fields of the ticket."""
_CUSTOM = ("custom_ticket_fields", "ticket_fields")


def to_audit(event: Mapping[str, Any]) -> dict[str, Any]:
    """The audit that a ticket event is about."""
    created = event.get("created_at") or _stamp(event.get("timestamp"))
    return {
        "id": event.get("id"),
        "ticket_id": event.get("ticket_id"),
        "created_at": created,
        "author_id": event.get("updater_id"),
        "via": event.get("via") if isinstance(event.get("via"), dict) else {"channel": event.get("via")},
        "metadata": json_object(event.get("metadata")) or {"system": json_object(event.get("system"))},
        "events": [each for child in json_objects(event.get("child_events")) for each in _events(dict(child))],
    }


def _events(child: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = str(child.get("event_type") or child.get("type"))
    if kind not in ("Create", "Change"):
        yield {**child, "type": kind}
        return
    for name in _CUSTOM:
        for number, value in json_object(child.pop(name, None)).items():
            yield _change(child, kind, str(number), value)
    for name in child.keys() - _ABOUT:
        yield _change(child, kind, name, child[name])


def _change(child: Mapping[str, Any], kind: str, name: str, value: object) -> dict[str, Any]:
    found = {"id": child.get("id"), "type": kind, "field_name": name, "value": value, "via": child.get("via")}
    return found if kind == "Create" else found | {"previous_value": child.get("previous_value")}


def _stamp(timestamp: object) -> str | None:
    if not isinstance(timestamp, int | float):
        return None
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%dT%H:%M:%SZ}"
