"""The server process: one account on a loopback port."""

from __future__ import annotations

from werkzeug.serving import BaseWSGIServer, make_server

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.control_api import FAULT_MIDDLEWARE
from bridge.sandbox.faults import FaultMiddleware
from bridge.sandbox.http_server import HOST, QuietRequestHandler
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.api import create_app


def serve(clock: SandboxClock, seed: Record, port: int = 0) -> tuple[BaseWSGIServer, ZendeskAccount]:
    """A bound server, not yet running, and its account; port 0 takes a free one. Raises ``OSError``."""
    account = ZendeskAccount(clock)
    app = create_app(account)
    middleware = FaultMiddleware(app, clock)
    app.config[FAULT_MIDDLEWARE] = middleware
    server = make_server(HOST, port, middleware, threaded=True, request_handler=QuietRequestHandler)
    account.state.base_url = f"http://{HOST}:{server.server_port}"
    account.load_seed(seed)
    return server, account
