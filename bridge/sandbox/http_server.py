"""What the sandboxes' HTTP servers share."""

from __future__ import annotations

from werkzeug.serving import WSGIRequestHandler

HOST = "127.0.0.1"


class QuietRequestHandler(WSGIRequestHandler):
    """Logs nothing for each request: the journal does that."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002, ARG002 - werkzeug's signature
        return
