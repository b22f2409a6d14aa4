"""A server that speaks both protocols of Odoo with scripted responses, over real sockets."""

import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "k" * 40
PAGE = b"<!DOCTYPE html><title>Odoo</title>"


@dataclass(frozen=True)
class Fault:
    """An exception of Odoo's, with the traceback that it sends along."""

    name: str
    message: str
    status: int = 500

    def body(self) -> dict[str, Any]:
        debug = f"Traceback (most recent call last): /opt/server/odoo/http.py {self.message}"
        return {"name": self.name, "message": self.message, "arguments": [self.message], "context": {}, "debug": debug}


@dataclass(frozen=True)
class Raw:
    """An answer of any shape."""

    body: bytes
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReceivedCall:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: Any

    @property
    def what(self) -> str:
        """``helpdesk.ticket/read``, ``common/authenticate`` or the path."""
        if self.path.startswith("/json/2/"):
            return self.path.removeprefix("/json/2/")
        if self.path != "/jsonrpc":
            return self.path
        params = self.body["params"]
        return "/".join(params["args"][3:5]) if params["service"] == "object" else f"common/{params['method']}"


class ScriptedServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """That a client has gone away is what some tests are about."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class ScriptedOdoo:
    """Answers each method as listed in ``replies``: with a result, a fault, anything raw, or by a function's doing."""

    def __init__(self, series: int) -> None:
        self.series = series
        self.keys = {KEY}
        self.replies: dict[str, Any] = {"res.users/context_get": {"lang": "en_US", "tz": False, "uid": 5}}
        self.uid = 5
        self.received: list[ReceivedCall] = []
        self.released = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                call = ReceivedCall(self.path, dict(self.headers), json.loads(self.rfile.read(length) or b"null"))
                owner.received.append(call)
                owner.answer(self, call)

            do_GET = do_POST  # noqa: N815 - the name is the library's

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = ScriptedServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def calls(self) -> list[str]:
        """What was asked for, without the search for the version."""
        return [call.what for call in self.received if call.what not in ("/web/version", "common/version")]

    def answer(self, request: BaseHTTPRequestHandler, call: ReceivedCall) -> None:
        reply = self.replies.get(call.what, self._usual(call))
        if refused := self._refused(call):
            reply = refused
        if callable(reply) and not isinstance(reply, Fault | Raw):
            reply = reply(request, call)
        if reply is HANDLED:
            return
        if isinstance(reply, Raw):
            send(request, reply)
        elif call.path == "/jsonrpc":
            outcome = {} if reply is None else {"result": reply}
            if isinstance(reply, Fault):
                error = {"code": 200, "message": "Odoo Server Error", "data": reply.body()}
                outcome = {"error": error}
            send(request, as_json({"jsonrpc": "2.0", "id": call.body["id"], **outcome}))
        elif isinstance(reply, Fault):
            send(request, as_json(reply.body(), status=reply.status))
        else:
            send(request, as_json(reply))

    def _usual(self, call: ReceivedCall) -> Any:
        info = [self.series, 0, 0, "final", 0, ""]
        usual: dict[str, Any] = {
            "/web/version": {"version_info": info, "version": f"{self.series}.0"},
            "common/version": {"server_version_info": info, "protocol_version": 1},
            "common/authenticate": self.uid,
        }
        if call.path == "/web/version" and self.series < 19:
            return Raw(PAGE, 404)
        return usual.get(call.what)

    def _refused(self, call: ReceivedCall) -> Any:
        """What a key or a user's id is answered with that is not good."""
        if call.path.startswith("/json/2/"):
            key = call.headers.get("Authorization", "").removeprefix("bearer ")
            return None if key in self.keys else Fault("werkzeug.exceptions.Unauthorized", "Invalid apikey", 401)
        arguments = call.body["params"]["args"] if call.path == "/jsonrpc" else []
        if call.what == "common/authenticate" and arguments[2] not in self.keys:
            return as_json({"jsonrpc": "2.0", "id": 1, "result": False})
        if len(arguments) > 4 and (arguments[1] != self.uid or arguments[2] not in self.keys):
            return Fault("odoo.exceptions.AccessDenied", "Access Denied")
        return None


HANDLED = object()
"""Returned by a function that has written, or deliberately not written, the answer by itself."""


def as_json(body: Any, *, status: int = 200) -> Raw:
    return Raw(json.dumps(body).encode(), status, "application/json; charset=utf-8")


def send(request: BaseHTTPRequestHandler, raw: Raw) -> None:
    request.send_response(raw.status)
    headers = {"Content-Type": raw.content_type, "Content-Length": str(len(raw.body)), **raw.headers}
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(raw.body)
