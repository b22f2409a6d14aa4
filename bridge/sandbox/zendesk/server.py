"""The server process: one account on a loopback port."""

from __future__ import annotations

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.control_api import FRONT
from bridge.sandbox.faults import Front
from bridge.sandbox.zendesk.account import House
from bridge.sandbox.zendesk.api import create_app
from bridge.sandbox.zendesk.state import Record

HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Logs nothing for each request: the journal does that."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002, ARG002 - werkzeug's signature
        return


def serve(clock: SandboxClock, seed: Record, port: int = 0) -> tuple[BaseWSGIServer, House]:
    """A bound server, not yet running, and its account; port 0 takes a free one. Raises ``OSError``."""
    house = House(clock)
    app = create_app(house)
    front = Front(app, clock)
    app.config[FRONT] = front
    server = make_server(HOST, port, front, threaded=True, request_handler=QuietHandler)
    house.state.base_url = f"http://{HOST}:{server.server_port}"
    house.plant(seed)
    return server, house
