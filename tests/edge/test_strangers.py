"""What strangers can cost: slow and half-sent requests, wrong framing, and the moment at which the server stops."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.support.processes import wait_until

from .conftest import TOKEN, EdgeServer, served

HALF = (
    b"POST /webhooks/zendesk HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf",
    b"POST /webhooks/zendesk HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n400\r\nhalf",
    b"GET / HTTP/1.1\r\nHost: local",
    b"",
)


@pytest.fixture(scope="module")
def any_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeServer]:
    """A server for tests after which it is as it was."""
    running = served(tmp_path_factory.mktemp("any"), POLICYBRIDGE_CONSOLE_TOKEN=TOKEN)
    yield running
    running.process.kill()


def connect(server: EdgeServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def answer(server: EdgeServer, wire: bytes) -> bytes:
    """Everything the server says to these bytes."""
    with connect(server) as connection:
        connection.sendall(wire)
        found = b""
        try:
            while chunk := connection.recv(65536):
                found += chunk
        except ConnectionResetError:
            pass  # it hung up without reading the rest
        return found


def is_closed(connection: socket.socket) -> bool:
    """Whether the server has closed it; sends one byte, as a slow client does."""
    connection.settimeout(0.2)
    try:
        connection.sendall(b"x")
        return not connection.recv(100)
    except TimeoutError:
        return False
    except OSError:
        return True


def test_five_hundred_half_sent_requests_cost_nobody_a_delivery(server: EdgeServer) -> None:
    with ExitStack() as stack:
        for number in range(500):
            stack.enter_context(connect(server)).sendall(HALF[number % len(HALF)])
        assert [server.deliver(number).status_code for number in range(1, 21)] == [202] * 20
        assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200


def test_a_request_that_is_never_complete_is_cut_however_slowly_it_goes_on(any_server: EdgeServer) -> None:
    with ExitStack() as stack:
        kept = {part: stack.enter_context(connect(any_server)) for part in HALF}
        for part, connection in kept.items():
            connection.sendall(part)
        end = time.monotonic() + 30
        while still_open := [part for part, connection in kept.items() if not is_closed(connection)]:
            assert time.monotonic() < end, still_open
    assert any_server.deliver().status_code == 202


def test_more_connections_than_the_server_keeps_make_room_for_the_next_one(server: EdgeServer) -> None:
    with ExitStack() as stack:
        for _ in range(950):  # more than MAX_CONNECTIONS
            stack.enter_context(connect(server)).sendall(HALF[0])
        assert server.deliver().status_code == 202


@pytest.mark.parametrize("size", [b"zz", b"-1", b"0x10"])
def test_a_wrong_size_of_a_chunk_is_a_bad_request_without_a_traceback(any_server: EdgeServer, size: bytes) -> None:
    head = b"POST /webhooks/zendesk HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert answer(any_server, head + size + b"\r\nabc\r\n0\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in any_server.log


@pytest.mark.parametrize(
    "wire",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /no/such/page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"no request\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 65_400 + b"\r\n\r\n",
    ],
)
def test_no_response_says_what_serves_it(any_server: EdgeServer, wire: bytes) -> None:
    found = answer(any_server, wire).lower()
    assert found.startswith(b"http/1."), found
    assert not [word for word in (b"server:", b"waitress", b"gunicorn", b"werkzeug", b"python") if word in found]


def test_stopping_under_load_cuts_no_request(server: EdgeServer) -> None:
    cut: list[str] = []
    answered: list[int] = []
    stopping = threading.Event()

    def ask(is_kept: bool) -> None:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        while True:
            try:
                if client.sock is None:
                    client.connect()
            except OSError:
                if stopping.is_set():
                    return  # nobody listens any more
                continue
            try:
                client.request("GET", "/readyz")
                answered.append(client.getresponse().read() and 1)
            except (OSError, http.client.HTTPException) as error:
                cut.append(repr(error))
                client.close()
            if not is_kept:
                client.close()

    clients = [threading.Thread(target=ask, args=(kept,)) for kept in (True, False) * 4]
    for client in clients:
        client.start()
    wait_until(lambda: len(answered) >= 50, "50 answers")
    stopping.set()
    code, _ = server.process.stop()
    for client in clients:
        client.join()
    assert (cut, code) == ([], 0)
