"""Where the vendor's webhooks arrive: a real socket before the bridge's application, which can lose or hold them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from bridge.sandbox.http_server import QuietRequestHandler

Held = tuple[dict[str, Any], bytes]


class WebhookEndpoint:
    """One address for all scenarios of a vendor; ``app`` is the bridge that is listening now, None: nobody is."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.app: Flask | None = None
        self.answers: list[int] = []
        """Status codes given to deliveries that came through."""
        self._held: list[Held] | None = None
        self._server = make_server(host, 0, self._take, threaded=True, request_handler=QuietRequestHandler)
        self.url = f"http://{host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def losing(self) -> Iterator[None]:
        """What comes while the block lasts is answered like any other delivery, and never arrives."""
        with self.holding():
            yield

    @contextmanager
    def holding(self) -> Iterator[list[Held]]:
        """What comes while the block lasts is kept, for :meth:`let_in`."""
        self._held = held = []
        try:
            yield held
        finally:
            self._held = None

    def let_in(self, held: Iterable[Held]) -> None:
        """Deliver what was held, in this order."""
        for environ, body in held:
            self._deliver(environ, body)

    def _take(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if self._held is None:
            answer = self._deliver(environ, body)
        else:
            self._held.append((environ, body))
            answer = Response(status=202)
        return answer(environ, start_response)

    def _deliver(self, environ: dict[str, Any], body: bytes) -> Response:
        if self.app is None:
            return Response(status=503)
        found, status, headers = run_wsgi_app(self.app, {**environ, "wsgi.input": BytesIO(body)}, buffered=True)
        answer = Response(b"".join(found), status, headers)
        self.answers.append(answer.status_code)
        return answer
