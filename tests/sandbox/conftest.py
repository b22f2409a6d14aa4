"""A sandbox process for these tests, a client that checks every exchange against the official document, an endpoint."""

# CPython 3.11 up to .7 can overflow its recursion guard when hypothesis is first imported late (pytest#10874).
import hypothesis  # noqa: F401  isort: skip

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.sandbox.zendesk.seeds import connection
from tests.support.openapi import OpenApi, zendesk_openapi
from tests.support.processes import eventually

Json = dict[str, Any]


class CheckedApi:
    """Speaks to the sandbox as a client of the API; every exchange is checked where the document is at hand."""

    def __init__(self, sandbox: ZendeskSandbox, openapi: OpenApi | None) -> None:
        self.sandbox = sandbox
        self._openapi = openapi
        self.last = requests.Response()

    def request(self, method: str, path: str, body: Any = None, *, ok: int | None = None, **more: Any) -> Json:
        """One request; ``ok``: the status it must have (any success when None). Returns the JSON answer."""
        more = {"auth": self.sandbox.auth, "timeout": 30, **more}
        answer = requests.request(method, f"{self.sandbox.url}/api/v2/{path}", json=body, **more)
        self.last = answer
        expected = answer.status_code < 300 if ok is None else answer.status_code == ok
        assert expected, f"{method} {path}: {answer.status_code} {answer.text}"
        parsed: Json = answer.json() if answer.content else {}
        if self._openapi is not None:
            plain = f"/api/v2/{path.partition('?')[0]}".removesuffix(".json")
            self._openapi.check(method, plain, body, answer.status_code, parsed or None)
        return parsed

    def get(self, path: str, **more: Any) -> Json:
        return self.request("GET", path, **more)

    def create(self, **ticket: Any) -> Json:
        """A ticket of the help desk of Acme, made by the integration user."""
        requester = {} if "requester" in ticket else {"requester_id": 7101}
        ticket = {"subject": "Printer", "comment": {"body": "It burns"}, **requester, **ticket}
        return self.request("POST", "tickets", {"ticket": ticket})["ticket"]

    def update(self, ident: int, *, ok: int | None = None, **ticket: Any) -> Json:
        """The answer to an update: ``ticket`` and ``audit``, or the error."""
        return self.request("PUT", f"tickets/{ident}", {"ticket": ticket}, ok=ok)

    def ticket(self, ident: int) -> Json:
        found: Json = self.get(f"tickets/{ident}")["ticket"]
        return found

    def audits(self, ident: int) -> list[Json]:
        found: list[Json] = self.get(f"tickets/{ident}/audits")["audits"]
        return found


class ZendeskWebhookEndpoint:
    """A webhook endpoint on a real socket; answers what is queued in ``answers``, else 200."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: queue.SimpleQueue[tuple[int, dict[str, str], float]] = queue.SimpleQueue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, status: int, delay_s: float = 0.0, **headers: str) -> None:
        self.answers.put((status, {key.replace("_", "-"): value for key, value in headers.items()}, delay_s))

    def payloads(self, kind: str = "") -> list[Json]:
        """Event payloads so far, of one type (``status_changed``) or all."""
        found = [json.loads(body) for _, body in list(self.received)]
        return [payload for payload in found if payload["type"].endswith(kind)]

    def _handler(endpoint: "ZendeskWebhookEndpoint") -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.received.append((dict(self.headers.items()), body))
                try:
                    status, headers, delay = endpoint.answers.get_nowait()
                except queue.Empty:
                    status, headers, delay = 200, {}, 0.0
                time.sleep(delay)
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        return Handler


@pytest.fixture(scope="session")
def openapi() -> OpenApi | None:
    return zendesk_openapi()


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[ZendeskSandbox]:
    with ZendeskSandbox() as running:
        yield running


@pytest.fixture
def sandbox(sandbox_process: ZendeskSandbox) -> ZendeskSandbox:
    sandbox_process.reset()
    sandbox_process.limit(
        account_per_minute=100_000,
        ticket_updates_per_minute=100_000,
        updates_per_ticket=100_000,
        incremental_per_minute=100_000,
        comments_per_ticket=5000,
        webhook_timeout_s=12,
    )
    return sandbox_process


@pytest.fixture
def api(sandbox: ZendeskSandbox, openapi: OpenApi | None) -> CheckedApi:
    return CheckedApi(sandbox, openapi)


@pytest.fixture
def endpoint() -> Iterator[ZendeskWebhookEndpoint]:
    opened = ZendeskWebhookEndpoint()
    yield opened
    opened.close()


@pytest.fixture
def wait() -> Callable[..., Any]:
    return eventually


@pytest.fixture(scope="session")
def ids() -> dict[str, int]:
    return connection()
