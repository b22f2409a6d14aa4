"""The other Zendesk's API on a socket: it counts every request, and misbehaves on demand."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .independent_webhooks import Json
from .independent_zendesk import BRIDGE, ORGANIZATION, STATUSES, IndependentZendesk

AUDITS_A_PAGE = 3
LIMITS = {
    "x-rate-limit": "2500",
    "x-rate-limit-remaining": "2400",
    "rate-limit-reset": "59",
    "zendesk-rate-limit-tickets-update": "total=300; remaining=280; resets=59",
    "zendesk-ratelimit-per-ticket-updates": "total=30; remaining=29; resets=468",
}
NOT_FOUND = 404, {"error": "RecordNotFound", "description": "Not found"}
Reply = tuple[int, Json]


@dataclass(frozen=True)
class InjectedFault:
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
    """One request the bridge made; status 0 when it got no answer."""

    method: str
    path: str
    body: Json
    status: int


class IndependentApi:
    """What one account answers, and the log of what it was asked."""

    def __init__(self, account: IndependentZendesk) -> None:
        self.account = account
        self.calls: list[Call] = []
        self.authorizations: set[str] = set()
        self._faults: dict[tuple[str, str], deque[InjectedFault]] = {}

    def trouble(self, method: str, number: int, *faults: InjectedFault) -> None:
        """The next requests for a ticket itself meet these faults, one each."""
        self._faults.setdefault((method, f"/api/v2/tickets/{number}.json"), deque()).extend(faults)

    def fault(self, method: str, path: str) -> InjectedFault:
        """What becomes of the request that has just come in."""
        waiting = self._faults.get((method, path))
        return waiting.popleft() if waiting else InjectedFault()

    def about(self, number: int, method: str = "") -> list[Call]:
        """Requests about one ticket."""
        return [c for c in list(self.calls) if re.search(rf"/tickets/{number}[./]", c.path) and method in c.method]

    def writes(self, number: int) -> list[int]:
        """The answers to the updates of a ticket."""
        return [call.status for call in self.about(number, "PUT")]

    def reply(self, fault: InjectedFault, method: str, url: str, body: Json) -> Reply:
        """The answer to a request, or what the fault makes of it."""
        if fault.status:
            return fault.status, fault.body
        with self.account.lock:
            if fault.ignored:
                number = int(re.findall(r"\d+", url)[-1])
                return 200, {"ticket": self.account.ticket(number), "audit": {"id": 1, "events": [], "metadata": {}}}
            return deepcopy(self._usual(method, url, body))

    def _usual(self, method: str, url: str, body: Json) -> Reply:
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        match parts.path.removeprefix("/api/v2/").removesuffix(".json").split("/"):
            case ["", "oauth", "tokens"]:
                return 200, {"access_token": "t0ken", "token_type": "bearer", "scope": "read", "expires_in": 1800}
            case ["users", "me"]:
                return 200, {"user": self.account.users[BRIDGE]}
            case ["users", "show_many"] if self.account.habits.side_loads:
                wanted = map(int, query["ids"].split(","))
                return 200, {"users": [self.account.users[n] for n in wanted if n in self.account.users]}
            case ["incremental", "tickets", "cursor"]:
                return 200, self._export(query)
            case ["tickets", number, *rest] if int(number) in self.account.tickets:
                if rest:
                    return 200, self._audits(int(number), query)
                return self._put(int(number), body["ticket"]) if method == "PUT" else self._show(int(number))
        return NOT_FOUND

    def _show(self, number: int) -> Reply:
        ticket = self.account.tickets[number]
        if not self.account.habits.side_loads:
            return 200, {"ticket": ticket}
        organizations = [{"id": ORGANIZATION, "name": "Acme", "external_id": None, "organization_fields": None}]
        users = [user for user in self.account.users.values() if user["id"] == ticket["requester_id"]]
        found = organizations if ticket["organization_id"] else []
        return 200, {"ticket": ticket, "users": users, "groups": None, "organizations": found}

    def _audits(self, number: int, query: dict[str, str]) -> Json:
        by_cursor, audits = self.account.habits.cursor_pages, self.account.audits[number]
        start = int(query.get("page[after]", 0)) if by_cursor else (int(query.get("page", 1)) - 1) * AUDITS_A_PAGE
        end = start + AUDITS_A_PAGE
        base, more = f"https://elsewhere.example/api/v2/tickets/{number}/audits.json", end < len(audits)
        page: Json = {"audits": audits[start:end]}
        if by_cursor:
            link = f"{base}?page%5Bafter%5D={end}&page%5Bsize%5D={AUDITS_A_PAGE}"
            return page | {"meta": {"has_more": more, "after_cursor": None}, "links": {"next": link, "prev": None}}
        return page | {"next_page": f"{base}?page={end // AUDITS_A_PAGE + 1}" if more else None, "count": len(audits)}

    def _export(self, query: dict[str, str]) -> Json:
        """Changes since the cursor, but never those of the last minute."""
        since, until = float(query.get("cursor") or query["start_time"]), time.time() - 60
        found = {n: at for n, at in self.account.generated.items() if since <= at < until}
        cursor = str(max(found.values(), default=since))
        tickets = [self.account.tickets[number] for number in found]
        return {"tickets": tickets, "after_url": None, "after_cursor": cursor, "end_of_stream": True}

    def _put(self, number: int, values: Json) -> Reply:
        ticket = self.account.tickets[number]
        if "safe_update" in values and values.get("updated_stamp") != ticket["updated_at"]:
            return 409, {"error": "UpdateConflict", "description": "Safe Update prevented the update"}
        status = STATUSES.get(values.get("custom_status_id", 0)) or values.get("status")
        faults = {
            "Status: closed prevents ticket update": ticket["status"] == "closed",
            "Status: there is no way back to new": status == "new" != ticket["status"],
            "Assignee: is required": status == "solved" and not (values.get("assignee_id") or ticket["assignee_id"]),
            "Priority: cannot be emptied": values.get("priority", "low") is None,
        }
        if found := [{"description": text} for text, applies in faults.items() if applies]:
            return 422, {
                "error": "RecordInvalid",
                "description": "Record validation errors",
                "details": {"base": found},
            }
        audit = self.account.update(number, BRIDGE, values, {"channel": "api", "source": {"from": {}, "to": {}}})
        return 200, {"ticket": ticket, "audit": audit}

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Serve on a port of its own; gives the base URL."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: IndependentApi
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else {}
        path = urlsplit(self.path).path
        self.api.authorizations.add(self.headers.get("Authorization") or "")
        fault = self.api.fault(self.command, path)
        fault.first()
        time.sleep(fault.delay)
        status, found = self.api.reply(fault, self.command, self.path, body)
        self.api.calls.append(Call(self.command, path, body, 0 if fault.lost else status))
        if fault.lost:
            self.close_connection = True
            return
        self._answer(status, json.dumps(found).encode(), fault.headers)

    do_GET, do_PUT, do_POST = _serve, _serve, _serve  # noqa: N815 - the standard library's names

    def _answer(self, status: int, text: bytes, headers: dict[str, str]) -> None:
        limits = LIMITS if self.api.account.habits.limits else {}
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **limits, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """The test's output stays readable."""
