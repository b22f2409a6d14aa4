"""The part of the server that reads requests: whom it lets wait for whom."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from bridge.cli.http_worker import Listener
from tests.support.processes import PATIENCE_S

STEP_S = 0.05
SHORT = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def listening(app: Any) -> Iterator[tuple[Listener, int]]:
    """A listener with one thread for pages, which nobody steps yet."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as opened:
        opened.setblocking(False)
        listener = Listener(app, opened, 1, 1024)
        yield listener, opened.getsockname()[1]
        for channel in [*listener.active_channels.values()]:
            channel.handle_close()
        listener.drain(0, lambda: None)


def ask(port: int, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    return connection


def step_until(listener: Listener, holds: Callable[[], bool], what: str) -> None:
    for _ in range(round(PATIENCE_S / STEP_S)):
        if holds():
            return
        listener.step(STEP_S)
    raise AssertionError(what)


@pytest.mark.parametrize("path", ["/healthz", "/webhooks/zendesk", "/webhooks/odoo/a-token"])
def test_deliveries_and_health_do_not_wait_for_pages(path: str) -> None:
    """All threads for pages are busy, and stay so."""
    leave, asked = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        if environ["PATH_INFO"] == "/":
            asked.set()
            leave.wait(PATIENCE_S)
        start("200 OK", [("Content-Length", "4")])
        return [b"done"]

    with listening(app) as (listener, port), ask(port, "/") as page:
        step_until(listener, asked.is_set, "the page is being made")
        with ask(port, path) as other:
            other.setblocking(False)
            step_until(listener, lambda: has_answered(other), "the other one is answered")
        assert not leave.is_set()
        leave.set()
        page.setblocking(False)
        step_until(listener, lambda: has_answered(page), "the page is made")


def has_answered(connection: socket.socket) -> bool:
    try:
        return connection.recv(4096).startswith(b"HTTP/1.1 200")
    except BlockingIOError:
        return False


def test_all_who_wait_to_be_connected_are_taken_in_at_once() -> None:
    with ExitStack() as stack:
        listener, port = stack.enter_context(listening(None))
        for _ in range(60):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_S))
        listener.step(STEP_S)
        assert len(listener.active_channels) == 60


def test_of_many_requests_in_a_row_few_are_taken_in_at_a_time() -> None:
    """Whoever sends thousands of them keeps the loop that reads for everybody for one piece of them a round."""
    leave = threading.Event()

    def app(environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        leave.wait(PATIENCE_S)
        start("200 OK", [("Content-Length", "4")])
        return [b"done"]

    with listening(app) as (listener, port), socket.create_connection(("127.0.0.1", port), PATIENCE_S) as connection:
        connection.sendall(SHORT * 1_000)
        step_until(listener, lambda: any(each.requests for each in listener.active_channels.values()), "it is read")
        for _ in range(5):
            listener.step(STEP_S)
        [channel] = listener.active_channels.values()
        assert 0 < len(channel.requests) < 50
        leave.set()
