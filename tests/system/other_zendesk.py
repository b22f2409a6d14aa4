"""A second Zendesk, small and built from the written reference alone, that counts every request and misbehaves on demand.

It shares no line with the sandbox the product ships, so that the two cannot be wrong in the same way.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import random
import re
import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]

BRIDGE, AGENT, LIGHT_AGENT = 9_007_199_254_001, 9_007_199_254_002, 9_007_199_254_003
ORGANIZATION, TRIGGER = 8_447_346_622_462, 900_777
GROUPS = {1: 7_100_001, 2: 7_100_002, 3: 7_100_003}
AFFECTED, SEVERITY, DUE_AT = 360_001, 360_010, 360_011
OPTIONS = {"affected_everyone": "all", "affected_many": "significant", "affected_few": "small", "affected_one": "individual"}
STATUSES = {"new": 7_000, "open": 7_001, "in_progress": 7_002, "pending": 7_003, "customer_update_required": 7_004}
STATUSES |= {"hold": 7_005, "solved": 7_006}
CATEGORY = {7_000: "new", 7_001: "open", 7_002: "open", 7_003: "pending", 7_004: "pending", 7_005: "hold", 7_006: "solved"}


@dataclass(frozen=True)
class Habits:
    """How one account differs from another."""

    custom_statuses: bool = True
    side_loads: bool = True
    """Tickets come with their users and organizations; and ``users/show_many`` exists."""
    cursor_pages: bool = True
    text_ids: bool = False
    """Audits and their events have ids as text, and list tags as text separated by blanks."""
    metadata: bool = True
    """Audits show what was written into ``metadata``."""


@dataclass(frozen=True)
class Fault:
    """What happens to one request instead of, before or after its usual answer."""

    status: int = 0
    body: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    first: Callable[[], object] = lambda: None
    """Happens between the request's arrival and its answer."""
    ignored: bool = False
    """Answered as a success, and nothing is applied."""
    lost: bool = False
    """Applied, and the connection breaks before the answer."""
    delay: float = 0.0


@dataclass(frozen=True)
class Call:
    """One request the bridge made."""

    at: float
    method: str
    path: str
    body: Json
    status: int


def stamp(at: datetime) -> str:
    """REST's form of an instant: whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now() -> datetime:
    return datetime.now(UTC)


class OtherZendesk:
    """One account: its tickets as the API shows them, their audits, and the log of what was asked of it."""

    def __init__(self, habits: Habits, seed: int = 0) -> None:
        self.habits = habits
        self.tickets: dict[int, Json] = {}
        self.audits: dict[int, list[Json]] = defaultdict(list)
        self.generated: dict[int, float] = {}
        self.users: dict[int, Json] = {
            BRIDGE: {"id": BRIDGE, "role": "admin", "name": "Integration", "email": "bridge@vendor.example"},
            AGENT: {"id": AGENT, "role": "agent", "name": "An agent", "email": "agent@vendor.example"},
            LIGHT_AGENT: {"id": LIGHT_AGENT, "role": "agent", "role_type": 1, "name": "A light agent", "email": None},
        }
        self.calls: list[Call] = []
        self.authorizations: set[str] = set()
        self.faults: dict[tuple[str, str], deque[Fault]] = defaultdict(deque)
        self.rules: dict[int, Callable[[Json], Json]] = {}
        """Ticket -> a trigger: given the ticket after an update, what it changes then."""
        self.hooks: Hooks | None = None
        self.lock = threading.RLock()
        self._ids = iter(range(6_164_068_756_634, 10**15, 127))
        self.random = random.Random(seed)

    # what people do

    def open(self, *, age: timedelta = timedelta(), by: int | None = None, told: bool = True, **values: Any) -> int:
        """A ticket appears, by a new customer unless somebody else opens it; ``age`` ago."""
        with self.lock:
            at = now() - age
            number = 35_000 + len(self.tickets)
            customer = next(self._ids)
            self.users[customer] = {
                "id": customer, "role": "end-user", "name": None, "email": f"c{number}@acme.example", "locale": "en-US"
            }  # fmt: skip
            organization = values.pop("organization_id", ORGANIZATION)
            option = values.pop("affected", "affected_everyone")
            text = values.pop("text", "Nobody can enrol")
            ticket: Json = {
                "id": number, "url": "", "external_id": None, "created_at": stamp(at), "updated_at": stamp(at),
                "type": None, "subject": "Console down", "raw_subject": "Console down", "description": text,
                "priority": None, "status": "new", "custom_status_id": None, "recipient": None, "problem_id": None,
                "requester_id": customer, "submitter_id": by or customer, "assignee_id": None, "group_id": GROUPS[1],
                "organization_id": organization, "collaborator_ids": [], "follower_ids": [], "email_cc_ids": [],
                "tags": [option] if option else [], "due_at": None, "brand_id": 1, "ticket_form_id": None,
                "satisfaction_rating": None, "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
                "custom_fields": [{"id": AFFECTED, "value": option}, {"id": SEVERITY, "value": None},
                                  {"id": DUE_AT, "value": None}],
                "allow_channelback": False, "a_key_of_the_future": {"x": [None]},
            }  # fmt: skip
            ticket |= values
            self._settle_status(ticket, {"status": ticket["status"]})
            self.tickets[number] = ticket
            events = [
                {"type": "Comment", "author_id": ticket["submitter_id"], "body": text, "plain_body": text, "public": True},
                {"type": "Create", "field_name": "status", "value": ticket["status"]},
                {"type": "Create", "field_name": "priority", "value": ticket["priority"]},
                {"type": "Create", "field_name": "tags", "value": self._listed(ticket["tags"])},
                {"type": "Create", "field_name": str(AFFECTED), "value": option},
                {"type": "Notification", "subject": None, "body": "{{ticket.title}}", "recipients": [customer]},
                {"type": "SomethingNobodyHasHeardOf", "value": None, "field_name": None},
            ]
            self._record(number, ticket["submitter_id"], events, at, {"channel": "email"}, {})
        if told and self.hooks:
            self.hooks.tell(self, number, [("created", {})])
        return number

    def act(self, number: int, by: int, at: datetime | None = None, *, told: bool = True, **values: Any) -> None:
        """Somebody updates a ticket."""
        with self.lock:
            self._update(number, by, values, at or now(), {"channel": "web"}, told=told)

    def customer(self, number: int) -> int:
        return int(self.tickets[number]["requester_id"])

    def trouble(self, method: str, path: str, *faults: Fault) -> None:
        """The next requests whose path starts so meet these faults, one each."""
        self.faults[method, path].extend(faults)

    # what a test wants to know

    def ticket(self, number: int) -> Json:
        with self.lock:
            found: Json = json.loads(json.dumps(self.tickets[number]))
            return found

    def about(self, number: int, method: str = "") -> list[Call]:
        """Requests about one ticket."""
        with self.lock:
            return [c for c in self.calls if re.search(rf"/tickets/{number}[./]", c.path) and method in c.method]

    def writes(self, number: int) -> list[Call]:
        return self.about(number, "PUT")

    def said(self, number: int, *, public: bool) -> list[str]:
        """What the bridge has written on a ticket."""
        with self.lock:
            return [
                event["body"] for audit in self.audits[number] for event in audit["events"]
                if event["type"] == "Comment" and event["author_id"] == BRIDGE and event["public"] is public
            ]  # fmt: skip

    # the account's own rules

    def _listed(self, tags: list[str]) -> Any:
        return " ".join(tags) if self.habits.text_ids else list(tags)

    def _settle_status(self, ticket: Json, values: Json) -> None:
        if not self.habits.custom_statuses:
            return
        if "custom_status_id" in values:
            ticket["status"] = CATEGORY[values["custom_status_id"]]
        elif "status" in values:
            ticket["custom_status_id"] = STATUSES.get(values["status"], STATUSES["solved"])

    def _record(self, number: int, by: int, events: list[Json], at: datetime, via: Json, custom: Json) -> Json:
        text = str if self.habits.text_ids else int
        events = [{"id": text(next(self._ids)), **event} for event in events]
        audit: Json = {
            "id": text(next(self._ids)), "ticket_id": number, "created_at": stamp(at), "author_id": by,
            "metadata": {"system": {"client": "x", "ip_address": None}, "custom": custom}, "events": events, "via": via,
        }  # fmt: skip
        if not self.habits.metadata:
            audit["metadata"] = None
        self.audits[number].append(audit)
        self.generated[number] = at.timestamp()
        return audit

    def _update(self, number: int, by: int, values: Json, at: datetime, via: Json, *, told: bool = True) -> Json:
        """Apply an update with all that Zendesk makes of it, and tell the webhooks."""
        ticket = self.tickets[number]
        before = json.loads(json.dumps(ticket))
        events = self._comment(number, by, values.get("comment"))
        self._apply(ticket, values)
        if by == ticket["requester_id"] and "comment" in values and ticket["status"] in ("pending", "hold", "solved"):
            self._apply(ticket, {"status": "open"})
        events += self._changes(before, ticket)
        middle = json.loads(json.dumps(ticket))
        if (rule := self.rules.get(number)) and (more := rule(ticket)):
            self._apply(ticket, more)
            source = {"rel": "trigger", "from": {"id": TRIGGER, "title": "A trigger"}, "to": {}}
            changes = self._changes(middle, ticket)
            events += [{**event, "via": {"channel": "rule", "source": source}} for event in changes]
        if events:
            ticket["updated_at"] = stamp(at)
        audit = self._record(number, by, events, at, via, values.get("metadata") or {})
        if told and self.hooks:
            self.hooks.tell(self, number, _told(events))
        return audit

    def _apply(self, ticket: Json, values: Json) -> None:
        for name in ("priority", "type", "assignee_id", "group_id", "subject", "status", "custom_status_id"):
            if name in values and (values[name] is not None or name != "priority"):
                ticket[name] = values[name]
        self._settle_status(ticket, values)
        fields = {item["id"]: item for item in ticket["custom_fields"]}
        if "tags" in values:
            ticket["tags"] = [str(tag).lower() for tag in values["tags"]]
            if fields[AFFECTED]["value"] not in ticket["tags"]:  # a dropdown's option is one of the tags
                fields[AFFECTED]["value"] = next((tag for tag in ticket["tags"] if tag in OPTIONS), None)
        for item in values.get("custom_fields") or ():
            if item["id"] == AFFECTED:
                ticket["tags"] = [tag for tag in ticket["tags"] if tag not in OPTIONS] + [item["value"]]
            if item["id"] in fields:
                fields[item["id"]]["value"] = item["value"]
        if ticket["assignee_id"] and ticket["status"] == "new":
            self._apply(ticket, {"status": "open"})

    def _changes(self, before: Json, after: Json) -> list[Json]:
        found = []
        for name in ("priority", "type", "assignee_id", "group_id", "subject", "status", "custom_status_id"):
            if before[name] != after[name]:
                old, new = (None if value is None else str(value) for value in (before[name], after[name]))
                found.append({"type": "Change", "field_name": name, "value": new, "previous_value": old})
        if sorted(before["tags"]) != sorted(after["tags"]):
            old, new = self._listed(before["tags"]), self._listed(after["tags"])
            found.append({"type": "Change", "field_name": "tags", "value": new, "previous_value": old})
        for old_field, new_field in zip(before["custom_fields"], after["custom_fields"], strict=True):
            if old_field["value"] != new_field["value"]:
                change = {"value": new_field["value"], "previous_value": old_field["value"]}
                found.append({"type": "Change", "field_name": str(new_field["id"]), **change})
        return found

    def _comment(self, number: int, by: int, comment: Json | None) -> list[Json]:
        if not comment:
            return []
        written = comment.get("html_body") or comment["body"]
        rendered = written.replace("{{ticket.title}}", "RENDERED").replace("{{ticket.id}}", f"RENDERED {number}")
        public = comment.get("public", True)
        plain = re.sub(r"<[^>]+>", " ", rendered)
        return [{"type": "Comment", "author_id": by, "body": rendered, "html_body": rendered, "plain_body": plain,
                 "public": public, "attachments": [], "audit_id": None}]  # fmt: skip

    # the API

    def answer(self, method: str, path: str, query: dict[str, str], body: Json) -> tuple[int, Any]:
        """The usual answer to a request."""
        with self.lock:
            if path == "/oauth/tokens":
                return 200, {"access_token": "t0ken", "token_type": "bearer", "scope": "read", "expires_in": 1800}
            path = path.removeprefix("/api/v2/").removesuffix(".json")
            if path == "users/me":
                return 200, {"user": self.users[BRIDGE]}
            if path == "users/show_many" and self.habits.side_loads:
                found = [self.users[int(n)] for n in query["ids"].split(",") if int(n) in self.users]
                return 200, {"users": found, "next_page": None, "count": len(found)}
            if path == "incremental/tickets/cursor":
                return 200, self._export(query)
            if match := re.fullmatch(r"tickets/(\d+)(/audits)?", path):
                number = int(match[1])
                if number not in self.tickets:
                    return 404, {"error": "RecordNotFound", "description": "Not found"}
                if match[2]:
                    return 200, self._audit_page(number, query)
                return self._put(number, body["ticket"]) if method == "PUT" else self._show(number, query)
            return 404, {"error": "RecordNotFound", "description": "Not found"}

    def _show(self, number: int, query: dict[str, str]) -> tuple[int, Json]:
        found: Json = {"ticket": self.tickets[number]}
        if self.habits.side_loads and "include" in query:
            found["users"] = [user for user in self.users.values() if user["id"] == self.customer(number)]
            organization = {"id": ORGANIZATION, "name": "Acme", "external_id": None, "tags": [], "organization_fields": {}}
            found["organizations"] = [organization] if self.tickets[number]["organization_id"] else []
        return 200, found

    def _audit_page(self, number: int, query: dict[str, str]) -> Json:
        """Three audits a page, so that every ticket with a life has more than one."""
        if self.habits.cursor_pages:
            start = int(query.get("page[after]", 0))
            page = self.audits[number][start : start + 3]
            more = start + 3 < len(self.audits[number])
            link = f"https://elsewhere.example/api/v2/tickets/{number}/audits.json?page%5Bafter%5D={start + 3}&page%5Bsize%5D=3"
            return {"audits": page, "meta": {"has_more": more, "after_cursor": None}, "links": {"next": link, "prev": None}}
        start = (int(query.get("page", 1)) - 1) * 3
        page = self.audits[number][start : start + 3]
        more = start + 3 < len(self.audits[number])
        link = f"https://elsewhere.example/api/v2/tickets/{number}/audits.json?page={start // 3 + 2}"
        return {"audits": page, "next_page": link if more else None, "previous_page": None, "count": 99}

    def _export(self, query: dict[str, str]) -> Json:
        """Never the last minute."""
        since = float(query.get("cursor") or query["start_time"])
        until = time.time() - 60
        found = [t for n, t in self.tickets.items() if since <= self.generated[n] < until]
        cursor = str(max((self.generated[int(t["id"])] for t in found), default=since))
        return {"tickets": found, "after_url": None, "after_cursor": cursor, "before_cursor": None, "end_of_stream": True}

    def _put(self, number: int, values: Json) -> tuple[int, Json]:
        ticket = self.tickets[number]
        if "safe_update" in values and values.get("updated_stamp") != ticket["updated_at"]:
            return 409, {"error": "UpdateConflict", "description": "Safe Update prevented the update due to outdated data"}
        if ticket["status"] == "closed":
            details = {"status": [{"description": "Status: closed prevents ticket update"}]}
            return 422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
        target = CATEGORY.get(values.get("custom_status_id", 0), values.get("status"))
        if target == "solved" and not (values.get("assignee_id") or ticket["assignee_id"]):
            details = {"base": [{"description": "Assignee: is required when solving a ticket"}]}
            return 422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
        if target == "new" and ticket["status"] != "new":
            details = {"status": [{"description": "Status: cannot go back to new"}]}
            return 422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
        audit = self._update(number, BRIDGE, values, now(), {"channel": "api", "source": {"from": {}, "to": {}}})
        return 200, {"ticket": ticket, "audit": audit}

    def ignoring(self, number: int) -> tuple[int, Json]:
        """The answer to an update of which nothing was applied."""
        audit = {"id": 1, "ticket_id": number, "events": [], "metadata": {"system": {}, "custom": {}}}
        return 200, {"ticket": self.tickets[number], "audit": audit}

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Serve on a port of its own; gives the base URL."""
        handler = type("Handler", (_Handler,), {"account": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    account: OtherZendesk
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        account, parts = self.account, urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else {}
        account.authorizations.add(self.headers.get("Authorization") or "")
        fault = self._fault(parts.path)
        fault.first()
        time.sleep(fault.delay)
        status, found, dropped = self._outcome(fault, parts.path, parts.query, body)
        text = json.dumps(found).encode()
        with account.lock:
            account.calls.append(Call(time.time(), self.command, parts.path, body, 0 if dropped else status))
        if dropped:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **fault.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _fault(self, path: str) -> Fault:
        with self.account.lock:
            for (method, start), waiting in self.account.faults.items():
                if method == self.command and path.startswith(start) and waiting:
                    return waiting.popleft()
        return Fault()

    def _outcome(self, fault: Fault, path: str, query: str, body: Json) -> tuple[int, Any, bool]:
        if fault.status:
            return fault.status, fault.body, False
        if fault.ignored:
            return *self.account.ignoring(int(re.findall(r"\d+", path)[-1])), False
        words = {name: values[-1] for name, values in parse_qs(query).items()}
        with self.account.lock:
            status, found = self.account.answer(self.command, path, words, body)
            return status, json.loads(json.dumps(found)), fault.lost

    do_GET = do_PUT = do_POST = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output stays readable."""


def _told(events: list[Json]) -> list[tuple[str, Json]]:
    """The webhook events of one update, with current and previous as webhooks write them."""
    kinds = {"status": "status_changed", "custom_status_id": "custom_status_changed", "priority": "priority_changed"}
    kinds |= {"assignee_id": "agent_assignment_changed", "group_id": "group_assignment_changed", "type": "type_changed"}
    found: list[tuple[str, Json]] = []
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


@dataclass
class Hooks:
    """Delivers webhooks as badly as it is allowed to: several a change, shuffled, some twice, some late."""

    port: int
    secrets: tuple[str, ...]
    sent: list[tuple[int, int]] = field(default_factory=list)
    """Ticket and the bridge's answer, one for each delivery."""
    muted: set[int] = field(default_factory=set)

    def tell(self, account: OtherZendesk, number: int, events: list[tuple[str, Json]]) -> None:
        """All events of one update; returns at once."""
        if number in self.muted:
            return
        sequence = str(uuid.uuid4())
        bodies = [
            event_body(account.tickets[number], kind, event | {"meta": {"sequence": {"id": sequence, "position": place}}})
            for place, (kind, event) in enumerate(events, 1)
        ]
        account.random.shuffle(bodies)
        threading.Thread(target=self._deliver, args=(number, bodies), daemon=True).start()

    def _deliver(self, number: int, bodies: list[bytes]) -> None:
        for place, body in enumerate(bodies):
            invocation = uuid.uuid4().hex
            self.send(number, body, invocation=invocation, secret=self.secrets[place % len(self.secrets)])
            if place % 2:
                self.send(number, body, invocation=invocation)  # the same delivery again
                self.send(number, body)  # the same event, invoked twice

    def send(self, number: int, body: bytes, *, secret: str = "", invocation: str = "", **headers: str) -> int:
        """One signed delivery; returns the bridge's status."""
        at = headers.pop("at", stamp(now()))
        signature = sign(secret or self.secrets[0], at, body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=12)
        chunked = headers.pop("chunked", "")
        told = {
            "Content-Type": "application/json; charset=utf-8", "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": "18525119", "X-Zendesk-Webhook-Id": "01HANAHBMTDTB8Q98K38YZ5ZQS",
            "X-Zendesk-Webhook-Invocation-Id": invocation or uuid.uuid4().hex,
            "X-Zendesk-Webhook-Signature": signature, "X-Zendesk-Webhook-Signature-Timestamp": at,
        } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
        pieces = iter([body[:7], body[7:]]) if chunked else body
        try:
            connection.request("POST", "/webhooks/zendesk", pieces, told, encode_chunked=bool(chunked))
            status = connection.getresponse().status
        finally:
            connection.close()
        self.sent.append((number, status))
        return status


def sign(secret: str, at: str, body: bytes) -> str:
    """The signature as the reference states it."""
    return base64.b64encode(hmac.new(secret.encode(), at.encode() + body, hashlib.sha256).digest()).decode()


def event_body(ticket: Json, kind: str, event: Json, *, at: datetime | None = None) -> bytes:
    """An event as Zendesk writes it: three blanks, text ids, capitals, nanoseconds, keys nobody knows."""
    def text(name: str) -> str | None:
        return str(ticket[name]) if ticket.get(name) else None

    moment = (at or now()).strftime("%Y-%m-%dT%H:%M:%S.%f") + "717Z"
    detail = {name: text(name) for name in ("assignee_id", "brand_id", "group_id", "id", "organization_id", "requester_id")}
    detail |= {"actor_id": None, "custom_status": text("custom_status_id"), "external_id": None, "form_id": None}
    detail |= {name: (text(name) or "").upper() or None for name in ("priority", "status", "type")}
    body = {
        "account_id": 22129848,
        "detail": {**detail, "tags": ticket["tags"], "via": {"channel": "web_service"}, "is_public": True, "novel": [{}]},
        "event": event, "id": str(uuid.uuid4()), "subject": f"zen:ticket:{ticket['id']}", "time": moment,
        "type": f"zen:event-type:ticket.{kind}", "zendesk_event_version": "2022-11-06", "unknown_key": None,
    }  # fmt: skip
    return (json.dumps(body, indent=3).replace("{}", "{ }") + "\n").encode()
