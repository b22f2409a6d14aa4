"""Zendesk's incremental ticket events say the same as audits."""

from __future__ import annotations

from typing import Any

from mappings.zendesk.ticket_events import to_audit


def event(*children: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": 926256957613,
        "ticket_id": 155,
        "timestamp": 1772445600,
        "created_at": "2026-03-02T10:00:00Z",
        "updater_id": 6101,
        "via": "Web form",
        "system": {"client": "Mozilla"},
        "event_type": "Audit",
        "child_events": list(children),
    }


def test_a_change_names_its_field_and_what_was_before() -> None:
    audit = to_audit(
        event({"id": 1, "via": "Web form", "status": "pending", "previous_value": "open", "event_type": "Change"})
    )
    (change,) = audit["events"]
    assert (audit["id"], audit["author_id"], audit["created_at"]) == (926256957613, 6101, "2026-03-02T10:00:00Z")
    assert (change["type"], change["field_name"]) == ("Change", "status")
    assert (change["value"], change["previous_value"]) == ("pending", "open")


def test_creation_tags_custom_fields_and_words() -> None:
    audit = to_audit(
        event(
            {"id": 1, "priority": "high", "event_type": "Create"},
            {"id": 2, "tags": ["a"], "added_tags": ["a"], "removed_tags": [], "event_type": "Change"},
            {"id": 3, "custom_ticket_fields": {"360": "x"}, "previous_value": None, "event_type": "Change"},
            {"id": 4, "event_type": "Comment", "author_id": 7101, "body": "Help", "public": True},
        )
    )
    changes = [(each["field_name"], each["value"]) for each in audit["events"] if each["type"] in ("Create", "Change")]
    assert changes == [("priority", "high"), ("tags", ["a"]), ("360", "x")]
    assert audit["events"][-1] == {
        "id": 4,
        "event_type": "Comment",
        "type": "Comment",
        "author_id": 7101,
        "body": "Help",
        "public": True,
    }


def test_the_time_in_seconds_stands_in_for_one_that_is_missing() -> None:
    assert to_audit({**event(), "created_at": None})["created_at"] == "2026-03-02T10:00:00Z"
