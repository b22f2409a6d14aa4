"""A sandbox process for these tests, a client that checks every exchange against the official document, an endpoint."""

# CPython 3.11 up to .7 can overflow its recursion guard when hypothesis is first imported late (pytest#10874).
import hypothesis  # noqa: F401  isort: skip

import copy
import json
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.sandbox.zendesk.seeds import connection
from tests.support.processes import eventually

Json = dict[str, Any]
DOCUMENT = Path(__file__).parents[2] / ".." / "shared" / "reference" / "zendesk-openapi.json"
NO_DOCUMENT = f"the official OpenAPI document is not beside the repository ({DOCUMENT.name} in ../shared/reference)"

# Faults of the official document, against recorded traffic: these may be null although it does not say so.
NULL_IN_TRUTH = {
    "TicketObject": (
        *("assignee_id", "external_id", "forum_topic_id", "group_id", "organization_id", "priority", "problem_id"),
        *("recipient", "satisfaction_rating", "ticket_form_id", "type", "subject", "raw_subject"),
    ),
    "TicketFieldObject": ("agent_description",),
    "UserForAdmin": ("default_group_id", "email"),
    "UserForEndUser": ("organization_id", "phone", "email"),
    "TicketUpdateInput": ("assignee_id", "group_id", "type", "external_id", "problem_id"),
    "Pagination": (),
}


def corrected(document: Json) -> Json:
    """The official document without its known faults; everything else stays as strict as it is."""
    document = copy.deepcopy(document)
    schemas = document["components"]["schemas"]
    for name, nulls in NULL_IN_TRUTH.items():
        for key in nulls:
            schema = schemas[name]["properties"][key]
            schema["nullable"] = True
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]
    # A ticket's field values are described as text; empty ones are null, checkboxes and multi-selects are not text.
    texts: Json = {"type": "array", "items": {"type": "string"}}
    value: Json = {"anyOf": [{"type": "string", "nullable": True}, {"type": "boolean"}, texts]}
    schemas["TicketObject"]["properties"]["custom_fields"]["items"]["properties"]["value"] = value
    # Deleted tickets are in the export with a status that the list of statuses lacks.
    schemas["TicketObject"]["properties"]["status"]["enum"].append("deleted")
    # In requests, custom fields are described as field definitions (key, type, title) instead of id and value.
    written: Json = {"type": "object", "required": ["id", "value"], "properties": {"id": {"type": "integer"}}}
    schemas["TicketUpdateInput"]["properties"]["custom_fields"]["items"] = written
    # The audit of an update is described with text or number values only; tags are lists, removed values null.
    events = schemas["AuditObject"]["properties"]["events"]["items"]["properties"]
    events["value"] = {"anyOf": [{"type": "string", "nullable": True}, {"type": "integer"}, texts]}
    # "followers" is described as an object in answers, where it never appears, and as a list in requests (right).
    return document


class OpenApi:
    """Checks requests and answers against the document."""

    def __init__(self, document: Json) -> None:
        self.document = corrected(document)
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path, operations)
            for path, operations in sorted(self.document["paths"].items(), key=lambda item: item[0].count("{"))
        ]

    def check(self, method: str, path: str, sent: Any, status: int, answer: Any) -> bool:
        """Validate one exchange; False when the document does not know the path (webhooks, OAuth)."""
        for pattern, name, operations in self._paths:
            if pattern.match(path) and method.lower() in operations:
                operation = operations[method.lower()]
                if status < 400:
                    self._validate(_schema(operation.get("requestBody", {})), sent, f"request {method} {name}")
                    described = operation["responses"].get(str(status))
                    assert described is not None, f"{method} {name} never answers {status}"
                    self._validate(_schema(described), answer, f"answer {method} {name}")
                return True
        return False

    def _validate(self, schema: Json | None, instance: Any, what: str) -> None:
        if schema is None or instance is None:
            return
        root = {**schema, "components": self.document["components"]}
        if "$ref" in schema:
            root = {"allOf": [schema], "components": self.document["components"]}
        validator = OAS30Validator(root, format_checker=oas30_format_checker)
        errors = [
            f"{what}: {'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(instance)
        ]
        assert not errors, "\n".join(errors[:5])


def _schema(body: Json) -> Json | None:
    found: Json | None = body.get("content", {}).get("application/json", {}).get("schema")
    return found


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
    if not DOCUMENT.exists():
        return None
    return OpenApi(json.loads(DOCUMENT.read_text(encoding="utf-8")))


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
