"""Request bodies over real sockets, on the server of ``serve`` and werkzeug's: chunked, too large, cut off."""

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from bridge.runtime.inbox import Inbox
from bridge.store import open_store
from tests.support.processes import start_process
from webhooks import create_blueprint
from webhooks.signature import sign
from webhooks.zendesk import ZendeskReceiver

ROOT = Path(__file__).parents[2]
LIMIT = 1024 * 1024
APP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from datetime import UTC, datetime
from flask import Flask
from bridge.runtime.inbox import Inbox
from bridge.store import open_store
from webhooks import create_blueprint
from webhooks.zendesk import ZendeskReceiver

def create(url):
    app = Flask("webhooks")
    inbox = Inbox(open_store(url), lambda: datetime.now(UTC), 0.0)
    app.register_blueprint(create_blueprint({{"acme": ZendeskReceiver(["s1"])}}, inbox))
    return app

if __name__ == "__main__":
    from gunicorn.app.base import BaseApplication
    from bridge.cli.http_worker import HttpWorker

    class Served(BaseApplication):
        max_body = {LIMIT}

        def load_config(self):
            for name, value in dict(bind="127.0.0.1:0", worker_class=HttpWorker, threads=4).items():
                self.cfg.set(name, value)

        def load(self):
            return create(sys.argv[1])

    Served().run()
"""


@pytest.fixture(scope="module", params=["serve", "werkzeug"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    directory = tmp_path_factory.mktemp(request.param)
    yield from (_own_server if request.param == "serve" else _werkzeug)(directory)


def _own_server(directory: Path) -> Iterator[int]:
    (directory / "webhook_app.py").write_text(APP)
    command = [sys.executable, "webhook_app.py", f"sqlite:///{directory / 'bridge.sqlite3'}"]
    with start_process(command, cwd=directory, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        listening = next(
            filter(None, (re.search(r"Listening at: http://[\d.]+:(\d+)", line) for line in process.stderr))
        )
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield int(listening[1])
        process.terminate()


def _werkzeug(directory: Path) -> Iterator[int]:
    store = open_store(f"sqlite:///{directory / 'bridge.sqlite3'}")
    app = Flask("webhooks")
    app.register_blueprint(
        create_blueprint({"acme": ZendeskReceiver(["s1"])}, Inbox(store, lambda: datetime.now(UTC), 0.0))
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.port
    server.shutdown()
    store.close()


def event(size: int) -> bytes:
    """A trigger's body of exactly so many bytes."""
    empty = json.dumps({"ticket_id": 5158, "pad": ""}).encode()
    return empty[:-2] + b"x" * (size - len(empty)) + empty[-2:]


def send(port: int, signed: bytes, wire: bytes, *framing: str) -> int:
    """Send ``wire`` under a signature over ``signed``; the status of the answer, 0 if there is none."""
    stamp = datetime.now(UTC).isoformat()
    head = [
        "POST /webhooks/acme HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        "Content-Type: application/json",
        f"X-Zendesk-Webhook-Signature-Timestamp: {stamp}",
        f"X-Zendesk-Webhook-Signature: {sign('s1', stamp, signed)}",
        *framing,
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall("\r\n".join([*head, "", ""]).encode() + wire)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # a server may answer and hang up before it has read everything
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
    return int(answer.split()[1]) if answer else 0


def chunked(body: bytes, size: int = 65536) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_a_body_with_its_length_is_accepted(port: int) -> None:
    body = event(2000)
    assert send(port, body, body, f"Content-Length: {len(body)}") == 202


@pytest.mark.parametrize("size", [40, 2000, LIMIT])
def test_a_chunked_body_is_read_whole(port: int, size: int) -> None:
    body = event(size)
    assert send(port, body, chunked(body, size=1000 if size < LIMIT else 65536), "Transfer-Encoding: chunked") == 202


@pytest.mark.parametrize("size", [LIMIT + 1, 3 * LIMIT])
def test_a_chunked_body_that_is_too_large_is_refused_not_truncated(port: int, size: int) -> None:
    body = event(size)
    assert send(port, body, chunked(body), "Transfer-Encoding: chunked") == 413


def test_the_valid_beginning_of_a_body_that_is_too_large_is_not_accepted(port: int) -> None:
    body = event(LIMIT)
    assert send(port, body, chunked(body + b" " * LIMIT), "Transfer-Encoding: chunked") == 413


def test_a_body_with_too_large_a_length_is_refused_unread(port: int) -> None:
    assert send(port, b"", b"", f"Content-Length: {3 * LIMIT}") == 413
    assert send(port, b"", b"", "Content-Length: 99999999999") == 413


def test_a_body_with_a_length_just_over_the_limit_is_refused(port: int) -> None:
    body = event(LIMIT + 1)
    assert send(port, body, body, f"Content-Length: {LIMIT + 1}") == 413


def test_a_wrong_size_of_a_chunk_is_a_bad_request(port: int) -> None:
    body = event(100)
    assert send(port, body, b"zz\r\n" + body + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked") in (400, 401)


def test_a_body_cut_off_by_its_length_is_refused(port: int) -> None:
    body = event(2000)
    assert send(port, body, body, "Content-Length: 1000") == 401


def test_a_length_that_is_too_large_is_no_way_around_the_signature(port: int) -> None:
    body = event(2000)
    assert send(port, body, body, "Content-Length: 5000") in (0, 202, 400), "whole and verified, or given up"
    assert send(port, body, body[:1000], "Content-Length: 2000") in (0, 400, 401), "cut off on the way"


def test_a_body_without_a_length_is_not_read(port: int) -> None:
    assert send(port, event(100), event(100)) in (400, 401, 411)


def test_a_signature_sent_twice_is_refused(port: int) -> None:
    body = event(100)
    assert send(port, body, body, f"Content-Length: {len(body)}", "X-Zendesk-Webhook-Signature: AAAA") == 401
