"""Event payloads: what an event-subscribed webhook receives, exactly in the captured shape.

Ids are text, enums upper case, the time has nanoseconds, custom field values are missing; the body is pretty-printed
with three spaces and ends with a newline.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.state import State

PREFIX = "zen:event-type:ticket."
VERSION = "2022-11-06"

TYPES = frozenset(
    PREFIX + name
    for name in (
        "agent_assignment_changed",
        "attachment_linked_to_comment",
        "attachment_redacted_from_comment",
        "brand_changed",
        "comment_added",
        "comment_made_private",
        "comment_redacted",
        "created",
        "csat_received",
        "csat_requested",
        "custom_field_changed",
        "custom_status_changed",
        "description_changed",
        "email_ccs_changed",
        "external_id_changed",
        "followers_changed",
        "form_changed",
        "group_assignment_changed",
        "marked_as_spam",
        "merged",
        "next_sla_breach_changed",
        "ola_policy_changed",
        "organization_changed",
        "permanently_deleted",
        "priority_changed",
        "problem_link_changed",
        "requester_changed",
        "schedule_changed",
        "sla_policy_changed",
        "soft_deleted",
        "status_changed",
        "subject_changed",
        "submitter_changed",
        "tags_changed",
        "task_due_at_changed",
        "type_changed",
        "undeleted",
    )
)
"""All ticket events one can subscribe to."""

_SIMPLE = {
    "agent_assignment_changed": "assignee_id",
    "group_assignment_changed": "group_id",
    "organization_changed": "organization_id",
    "requester_changed": "requester_id",
    "submitter_changed": "submitter_id",
    "brand_changed": "brand_id",
    "form_changed": "ticket_form_id",
    "custom_status_changed": "custom_status_id",
    "problem_link_changed": "problem_id",
    "external_id_changed": "external_id",
    "subject_changed": "subject",
    "task_due_at_changed": "due_at",
    "status_changed": "status",
    "priority_changed": "priority",
    "type_changed": "type",
}
_CHANNELS = {"api": "web_service", "web": "web_form", "email": "mail", "voice": "phone_call_inbound"}
"""Channels have other names in events than in the REST API."""


def payloads(state: State, old: Record, new: Record, audit: Record, *, created: bool) -> list[Record]:
    """All events of one change, in the order of their ``meta.sequence.position``."""
    found: list[tuple[str, Record]]
    if created:
        found = [("created", {})]
    elif new["status"] == "deleted":
        found = [("soft_deleted", {})]
    else:
        found = [*_changes(old, new), *_collections(state, old, new), *_comments(state, audit), *_merged(audit)]
    sequence = f"01{uuid.uuid4().hex[:24].upper()}"
    return [
        _payload(state, new, audit, kind, event, {"id": sequence, "position": position})
        for position, (kind, event) in enumerate(found, start=1)
    ]


def body(payload: Record) -> bytes:
    """The raw bytes of an event, as they are signed and sent."""
    text = json.dumps(payload, indent=3, ensure_ascii=False, sort_keys=True)
    return (re.sub(r'^(\s*"event": )\{\}', r"\1{ }", text, flags=re.MULTILINE) + "\n").encode()


def nanoseconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{moment.microsecond % 1000:03d}Z"


def _payload(state: State, ticket: Record, audit: Record, kind: str, event: Record, sequence: Record) -> Record:
    return {
        "account_id": state.account_id,
        "detail": _detail(ticket, audit),
        "event": {**event, "meta": {"sequence": sequence}} if event else {},
        "id": str(uuid.uuid4()),
        "subject": f"zen:ticket:{ticket['id']}",
        "time": nanoseconds(state.clock()),
        "type": PREFIX + kind,
        "zendesk_event_version": VERSION,
    }


def _detail(ticket: Record, audit: Record) -> Record:
    return {
        "actor_id": str(audit["author_id"]),
        "assignee_id": _text(ticket["assignee_id"]),
        "brand_id": _text(ticket["brand_id"]),
        "created_at": ticket["created_at"],
        "custom_status": _text(ticket["custom_status_id"]),
        "description": ticket["description"],
        "external_id": ticket["external_id"],
        "form_id": _text(ticket["ticket_form_id"]),
        "group_id": _text(ticket["group_id"]),
        "id": str(ticket["id"]),
        "is_public": ticket["is_public"],
        "organization_id": _text(ticket["organization_id"]),
        "priority": _upper(ticket["priority"]),
        "requester_id": _text(ticket["requester_id"]),
        "status": _upper(ticket["status"]),
        "subject": ticket["subject"],
        "submitter_id": _text(ticket["submitter_id"]),
        "tags": ticket["tags"],
        "type": _upper(ticket["type"]),
        "updated_at": ticket["updated_at"],
        "via": {"channel": _CHANNELS.get(ticket["via"]["channel"], ticket["via"]["channel"])},
    }


def _changes(old: Record, new: Record) -> Iterator[tuple[str, Record]]:
    for kind, name in _SIMPLE.items():
        if old[name] != new[name]:
            written = _upper if name in ("status", "priority", "type") else _text
            yield kind, {"current": written(new[name]), "previous": written(old[name])}


def _collections(state: State, old: Record, new: Record) -> Iterator[tuple[str, Record]]:
    added, removed = _moved(old["tags"], new["tags"])
    if added or removed:
        yield "tags_changed", {"tags_added": added, "tags_removed": removed}
    for kind, name in (("followers_changed", "follower_ids"), ("email_ccs_changed", "email_cc_ids")):
        added, removed = _moved(old[name], new[name])
        if added or removed:
            yield kind, {"users_added": [str(i) for i in added], "users_removed": [str(i) for i in removed]}
    for ident, value in new["custom_fields"].items():
        if value != (before := old["custom_fields"].get(ident)):
            field = state.ticket_fields[ident]
            about = {"id": str(ident), "title": field["title"], "type": field["type"]}
            event = {"custom_field": about, "current": {"value": value}, "previous": {"value": before}}
            yield "custom_field_changed", event


def _comments(state: State, audit: Record) -> Iterator[tuple[str, Record]]:
    for event in audit["events"]:
        if event["type"] in ("Comment", "VoiceComment"):
            author = state.users[event["author_id"]]
            who = {"id": str(author["id"]), "is_staff": state.is_staff(author["id"]), "name": author["name"]}
            text = {"body": event["body"], "html_body": event["html_body"], "is_public": event["public"]}
            yield "comment_added", {"comment": {"id": str(event["id"]), **text, "author": who}}


def _merged(audit: Record) -> Iterator[tuple[str, Record]]:
    source = audit["via"]["source"]
    if source["rel"] == "merge" and "ticket_id" in source["to"]:
        yield "merged", {"target_ticket_id": str(source["to"]["ticket_id"])}


def _moved(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    return [item for item in after if item not in before], [item for item in before if item not in after]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _upper(value: str | None) -> str | None:
    return value and value.upper()
