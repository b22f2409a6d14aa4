"""The middleware around each application: a journal of every request, and faults on demand.

A WSGI wrapper, because a dropped connection must happen outside the application. Requests to ``/_sandbox`` are
neither journalled nor disturbed.
"""

from __future__ import annotations

import fnmatch
import io
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from bridge.sandbox.clock import SandboxClock, stamp
from bridge.sandbox.record import Record

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADMIN = "/_sandbox"
KEPT_REQUESTS = 20_000


@dataclass
class Fault:
    """What happens to the next ``times`` requests that match.

    With ``status`` or ``drop`` the request fails: before it has any effect, or, with ``apply``, after it took effect.
    With ``delay_s`` alone it is only slow (real seconds).
    """

    method: str = "*"
    path: str = "*"
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    delay_s: float = 0.0
    apply: bool = False
    drop: bool = False

    def matches(self, method: str, path: str) -> bool:
        return self.times > 0 and fnmatch.fnmatch(method, self.method) and fnmatch.fnmatch(path, self.path)

    def answer(self) -> Response | None:
        """The false answer, or None when the true one is to be given."""
        if self.status is None and not self.drop:
            return None
        status = self.status or 500
        body = {"error": "ServiceUnavailable"} if self.body is None else self.body
        return Response(json.dumps(body), status, self.headers, content_type="application/json; charset=utf-8")


def plain_path(request: Request) -> str:
    """What a request is called in the journal and in faults: its path, without ``.json``."""
    return request.path.removesuffix(".json")


class FaultMiddleware:
    """Wraps the application; ``name_of`` says what a request is called in the journal and in faults."""

    def __init__(
        self, app: WSGIApplication, clock: SandboxClock, name_of: Callable[[Request], str] = plain_path
    ) -> None:
        self._app = app
        self._name_of = name_of
        self._clock = clock
        self._lock = threading.Lock()
        self.faults: list[Fault] = []
        self.journal: list[Record] = []

    def clear(self) -> None:
        with self._lock:
            self.faults, self.journal = [], []

    def counts(self) -> dict[str, int]:
        """How often each method and path was asked for."""
        return dict(Counter(f"{entry['method']} {entry['path']}" for entry in self.journal))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()
        path = plain_path(request)
        inner = {**environ, "PATH_INFO": path, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        if path.startswith(ADMIN):
            return self._app(inner, start_response)
        path = self._name_of(request)
        fault = self._take_fault(request.method, path)
        if fault is not None:
            time.sleep(fault.delay_s)
        response = self._respond(inner, fault)
        dropped = fault is not None and fault.drop
        self._note(request, path, body, None if dropped else response.status_code)
        if dropped:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError("connection dropped on demand")
        return response(environ, start_response)

    def _respond(self, environ: WSGIEnvironment, fault: Fault | None) -> Response:
        false_answer = fault.answer() if fault is not None else None
        if false_answer is not None and fault is not None and not fault.apply:
            return false_answer
        true_answer = Response.from_app(self._app, environ)
        return false_answer or true_answer

    def _take_fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            found = next((fault for fault in self.faults if fault.matches(method, path)), None)
            if found is not None:
                found.times -= 1
            return found

    def _note(self, request: Request, path: str, body: bytes, status: int | None) -> None:
        entry: Record = {
            "method": request.method,
            "path": path,
            "query": request.args.to_dict(),
            "headers": {key: value for key, value in request.headers.items() if key != "Authorization"},
            "body": _parsed(body),
            "status": status,
            "at": stamp(self._clock()),
        }
        with self._lock:
            self.journal.append(entry)
            del self.journal[:-KEPT_REQUESTS]


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
