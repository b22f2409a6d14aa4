"""Local Odoo databases of both series, an endpoint for their webhooks, and what was recorded from real servers."""

import json
import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bridge.sandbox.odoo.process import OdooSandbox

Json = dict[str, Any]
TICKET = "helpdesk.ticket"
BOT, ADMIN, AGENT, SECOND_AGENT, LEAD = "policybridge", "admin", "agent1", "agent2", "lead"
CUSTOMER = "carla@customer.example"
START = datetime(2026, 11, 22, 4, tzinfo=UTC)
"""About when the recordings were made: some of them name days."""


class OdooWebhookEndpoint:
    """A receiver of webhooks on a real socket. ``before_answer`` is called for each post, then 200 is answered."""

    def __init__(self) -> None:
        self.posts: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.before_answer: Callable[[Json], None] = lambda _: None
        self.statuses: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(endpoint: "OdooWebhookEndpoint") -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                post = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.headers.append(dict(self.headers.items()))
                endpoint.posts.append(post)
                endpoint.before_answer(post)
                status = 200 if endpoint.statuses.empty() else endpoint.statuses.get_nowait()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        return Handler


@pytest.fixture(scope="session")
def processes() -> Iterator[Callable[[int], OdooSandbox]]:
    """One process for each series that is asked for; they end with the session."""
    running: dict[int, OdooSandbox] = {}

    def process(series: int) -> OdooSandbox:
        if series not in running:
            running[series] = OdooSandbox(series, start=START).__enter__()
        return running[series]

    yield process
    for sandbox in running.values():
        sandbox.__exit__(None, None, None)


@pytest.fixture(params=[18, 19])
def odoo(request: pytest.FixtureRequest, processes: Callable[[int], OdooSandbox]) -> OdooSandbox:
    """A database as it is at the start, once of each series."""
    sandbox = processes(request.param)
    sandbox.reset()
    return sandbox


@pytest.fixture
def odoo18(processes: Callable[[int], OdooSandbox]) -> OdooSandbox:
    processes(18).reset()
    return processes(18)


@pytest.fixture
def odoo19(processes: Callable[[int], OdooSandbox]) -> OdooSandbox:
    processes(19).reset()
    return processes(19)


@pytest.fixture
def endpoint() -> Iterator[OdooWebhookEndpoint]:
    opened = OdooWebhookEndpoint()
    yield opened
    opened.close()


def create(odoo: OdooSandbox, *, by: str = AGENT, **values: Any) -> int:
    """A ticket of the customer's, made by an agent; returns its id."""
    given = {"name": "Printer", "description": "It burns", "partner_id": 11, **values}
    return odoo.call(by, TICKET, "create", vals_list=[given])[0]


def read(odoo: OdooSandbox, ident: int, *fields: str, by: str = BOT) -> Json:
    found: Json = odoo.call(by, TICKET, "read", [ident], fields=list(fields), load=None)[0]
    return found


def write(odoo: OdooSandbox, ident: int, *, by: str = AGENT, **values: Any) -> bool:
    done: bool = odoo.call(by, TICKET, "write", [ident], vals=values)
    return done


def field_ids(odoo: OdooSandbox, model: str, names: list[str]) -> list[int]:
    """Ids of the ``ir.model.fields`` rows of a model's fields."""
    domain = [["model", "=", model], ["name", "in", names]]
    return [row["id"] for row in odoo.call(ADMIN, "ir.model.fields", "search_read", domain=domain, fields=["name"])]


def model_id(odoo: OdooSandbox, model: str) -> int:
    ident: int = odoo.call(ADMIN, "ir.model", "search", domain=[["model", "=", model]])[0]
    return ident


def automate(odoo: OdooSandbox, url: str, *, model: str = TICKET, sends: tuple[str, ...] = (), **rule: Any) -> int:
    """An automation with a webhook; ``watches`` are its trigger fields. Returns its id."""
    ident = model_id(odoo, model)
    watched = field_ids(odoo, model, list(rule.pop("watches", ())))
    action = {
        "name": "bridge webhook",
        "model_id": ident,
        "state": "webhook",
        "usage": "base_automation",
        "webhook_url": url,
        "webhook_field_ids": [[6, 0, field_ids(odoo, model, list(sends))]],
    }
    values = {"name": "bridge", "model_id": ident, "trigger": "on_create_or_write", **rule}
    values |= {"trigger_field_ids": [[6, 0, watched]], "action_server_ids": [[0, 0, action]]}
    made: int = odoo.call(ADMIN, "base.automation", "create", vals_list=[values])[0]
    return made
