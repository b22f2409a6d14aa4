"""A line over HTTP: it stands between the bridge and the vendor's server, whichever that is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import requests

from .vendor import Line

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length"})
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Change:
    """A request by which the bridge changes something."""

    ticket: str
    kind: Literal["ticket", "public", "other"]
    """``ticket``: its fields; ``public``: nothing but a message to the customer; ``other``: a note, an activity."""
    speaks: bool = False
    """Whether the customer gets a message by it."""


Reads = Callable[[str, str, bytes], Change | None]
"""Method, path and body of a request -> what it changes, or None for one that changes nothing."""


class Proxy(Line):
    """Passes requests on to ``upstream`` and answers back; ``url`` is where the bridge finds it."""

    def __init__(self, upstream: str, change_of: Reads) -> None:
        self.upstream = upstream.rstrip("/")
        self._change_of = change_of
        self._changed: list[str] = []
        self._passing: int | None = None
        self._lost: list[bool] = []
        self._acts: list[Callable[[], object]] = []
        self._session = requests.Session()
        self._session.trust_env = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def writes(self) -> list[str]:
        return list(self._changed)

    @contextmanager
    def cut(self, after: int = 0) -> Iterator[None]:
        self._passing = after
        try:
            yield
        finally:
            self._passing = None

    def lose_answer(self, *, public: bool = False) -> None:
        self._lost.append(public)

    def meanwhile(self, act: Callable[[], object]) -> None:
        self._acts.append(act)

    def clear(self) -> None:
        """Forget what was ordered and what was seen."""
        for memory in (self._changed, self._lost, self._acts):
            memory.clear()

    def _answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> requests.Response | None:
        """What the vendor answers; None: nothing comes back."""
        if self._passing == 0:
            return None
        change = self._change_of(method, path, body)
        if change and self._passing:
            self._passing -= 1
        if change and self._acts:
            self._acts.pop(0)()
        answer = self._session.request(
            method, f"{self.upstream}{path}", data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        )
        if change and change.kind == "ticket" and answer.ok:
            self._changed.append(change.ticket)
        if change and self._lost and (change.speaks or not self._lost[0]):
            self._lost.pop(0)
            return None
        return answer

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer waits for the acknowledgement of its own headers

            def _pass(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in {*_HOP, "host"}}
                answer = proxy._answer(self.command, self.path, body, headers)
                if answer is None:
                    self.close_connection = True
                    with suppress(OSError):
                        self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response_only(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in _HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815

            def log_message(self, *_: object) -> None:
                return

        return Handler
