"""The other Zendesk's webhooks: signed as the reference says, and delivered as badly as it allows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import random
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
Event = tuple[str, Json]


def stamp(at: datetime) -> str:
    """REST's form of an instant: whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Hooks:
    """Where they go, and what came back. Each update makes several deliveries, shuffled, some of them twice."""

    port: int
    secrets: tuple[str, ...]
    answers: list[int] = field(default_factory=list)
    """The status of every delivery."""
    under_way: dict[int, int] = field(default_factory=dict)
    """Ticket -> updates of which not all has been delivered."""
    muted: set[int] = field(default_factory=set)
    """Tickets of which nothing is told."""
    _random: random.Random = field(default_factory=lambda: random.Random(2))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, ticket: Json, events: list[Event]) -> None:
        """All events of one update; returns at once."""
        number, sequence = int(ticket["id"]), str(uuid.uuid4())
        if number in self.muted:
            return
        meta = [{"meta": {"sequence": {"id": sequence, "position": place}}} for place, _ in enumerate(events, 1)]
        bodies = [event_body(ticket, kind, event | more) for (kind, event), more in zip(events, meta, strict=True)]
        self._random.shuffle(bodies)
        self._count(number, 1)
        threading.Thread(target=self._deliver, args=(number, bodies), daemon=True).start()

    def _deliver(self, number: int, bodies: list[bytes]) -> None:
        try:
            for place, body in enumerate(bodies):
                invocation = uuid.uuid4().hex
                self.send(body, invocation=invocation, secret=self.secrets[place % len(self.secrets)])
                if place % 2:
                    self.send(body, invocation=invocation)  # the same delivery again
                    self.send(body)  # the same event, invoked twice
        finally:
            self._count(number, -1)

    def _count(self, number: int, change: int) -> None:
        with self._lock:
            self.under_way[number] = self.under_way.get(number, 0) + change

    def send(
        self,
        body: bytes,
        *,
        secret: str = "",
        invocation: str = "",
        at: datetime | None = None,
        content_type: str = "application/json; charset=utf-8",
        chunked: bool = False,
    ) -> int:
        """One delivery, signed at an instant; returns the bridge's status."""
        signed_at = stamp(at or now())
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": "18525119",
            "X-Zendesk-Webhook-Id": "01HANAHBMTDTB8Q98K38YZ5ZQS",
            "X-Zendesk-Webhook-Invocation-Id": invocation or uuid.uuid4().hex,
            "X-Zendesk-Webhook-Signature": sign(secret or self.secrets[0], signed_at, body),
            "X-Zendesk-Webhook-Signature-Timestamp": signed_at,
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=12)
        try:
            pieces = iter([body[:7], body[7:]]) if chunked else body
            connection.request("POST", "/webhooks/zendesk", pieces, headers, encode_chunked=chunked)
            status = connection.getresponse().status
        finally:
            connection.close()
        self.answers.append(status)
        return status


def sign(secret: str, at: str, body: bytes) -> str:
    """The signature as the reference states it."""
    return base64.b64encode(hmac.new(secret.encode(), at.encode() + body, hashlib.sha256).digest()).decode()


def event_body(ticket: Json, kind: str, event: Json, *, at: datetime | None = None) -> bytes:
    """An event as Zendesk writes it: three blanks, text ids, capitals, nanoseconds, keys nobody knows."""

    def text(name: str) -> str | None:
        return str(ticket[name]) if ticket.get(name) else None

    moment = (at or now()).strftime("%Y-%m-%dT%H:%M:%S.%f") + "717Z"
    detail = {
        name: text(name) for name in ("assignee_id", "brand_id", "group_id", "id", "organization_id", "requester_id")
    }
    detail |= {"actor_id": None, "custom_status": text("custom_status_id"), "external_id": None, "form_id": None}
    detail |= {name: (text(name) or "").upper() or None for name in ("priority", "status", "type")}
    body = {
        "account_id": 22129848,
        "detail": detail
        | {"tags": ticket["tags"], "via": {"channel": "web_service"}, "is_public": True, "novel": [{}]},
        "event": event,
        "id": str(uuid.uuid4()),
        "subject": f"zen:ticket:{ticket['id']}",
        "time": moment,
        "type": f"zen:event-type:ticket.{kind}",
        "zendesk_event_version": "2022-11-06",
        "unknown_key": None,
    }
    return (json.dumps(body, indent=3).replace("{}", "{ }") + "\n").encode()


def sent_events(events: list[Json]) -> list[Event]:
    """The webhook events of one update, with current and previous as webhooks write them."""
    kinds = {"status": "status_changed", "custom_status_id": "custom_status_changed", "priority": "priority_changed"}
    kinds |= {"assignee_id": "agent_assignment_changed", "group_id": "group_assignment_changed", "type": "type_changed"}
    found: list[Event] = []
    for event in events:
        name = event.get("field_name")
        if event["type"] == "Comment":
            author = {"id": str(event["author_id"]), "is_staff": event["author_id"] < 10**13, "name": None}
            comment = {"id": "1", "body": event["body"], "is_public": event["public"], "author": author}
            found.append(("comment_added", {"comment": comment}))
        elif name == "tags":
            found.append(("tags_changed", {"tags_added": ["x"], "tags_removed": []}))
        elif name in kinds:
            old, new = (str(v).upper() if v else None for v in (event["previous_value"], event["value"]))
            found.append((kinds[name], {"current": new, "previous": old}))
        elif event["type"] == "Change" and name and name.isdecimal():
            custom = {"id": name, "title": "t", "type": "tagger"}
            change = {"current": {"value": event["value"]}, "previous": {"value": event["previous_value"]}}
            found.append(("custom_field_changed", {"custom_field": custom, **change}))
    return found
