"""A gunicorn worker whose requests are read by waitress: gunicorn starts, watches and stops processes, waitress reads.

No thread waits for a stranger: one loop reads all connections, and a request reaches a thread when it is complete. A
connection that completes none in time is closed, however slowly it goes on sending.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

import structlog
from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import RequestEntityTooLarge

from bridge.runtime.retry import LAST_REQUEST_S, REQUEST_S, UNREAD_RESPONSE_S

log = structlog.get_logger(__name__)

MAX_CONNECTIONS = 900
"""Below the usual limit of 1,024 open files; beyond that the connection that has waited longest makes room."""
BACKLOG = 1024
MAX_HEADER = 64 * 1024
HEAD_PIECE = 1024
"""Bytes that are read at once until a header is complete: of many requests in a row, few are taken in at a time."""
HEALTH = "/healthz"
"""Answered by a thread of its own, so that it responds while all others are busy."""
DELIVERIES = "/webhooks/"
"""Answered by threads of their own: the helpdesk gives up after seconds, and pages can keep the others that long."""


class LastWordTask(WSGITask):  # type: ignore[misc]  # waitress has no types
    """A response that tells the client to close the connection when the server is about to stop."""

    def build_response_header(self) -> bytes:
        if self.channel.server.is_draining:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()
        return header


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection. Each of its requests has to be complete ``REQUEST_S`` after the connection began to wait for it."""

    task_class = LastWordTask

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.waiting_since = time.time()
        super().__init__(*arguments, **named)

    def recv(self, size: int) -> bytes:
        is_body = self.request is not None and self.request.headers_finished
        data: bytes = super().recv(size if is_body else HEAD_PIECE)
        return data

    def service(self) -> None:
        request = self.requests[0]
        if isinstance(request.error, RequestEntityTooLarge):
            # without its body: the application refuses it by its length, and counts it
            request.error = None
            request.headers["CONTENT_LENGTH"] = str(max(request.content_length, request.body_bytes_received))
            request.headers["CONNECTION"] = "close"
        super().service()
        self.waiting_since = time.time()

    @property
    def is_waiting(self) -> bool:
        """Whether it is the client's turn to send."""
        return not (self.requests or self.total_outbufs_len)

    def is_overdue(self, now: float) -> bool:
        if self.requests:
            return False
        if self.is_waiting:
            return now > self.waiting_since + REQUEST_S
        return bool(now > self.last_activity + UNREAD_RESPONSE_S)


class Listener(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """Reads the connections of one socket and hands complete requests to threads."""

    channel_class = Channel

    def __init__(self, app: Any, listening: socket.socket, threads: int, max_body: int) -> None:
        options = Adjustments(
            ident=None,
            max_request_body_size=2 * max_body,  # of a chunked body, the sizes of its chunks count too
            max_request_header_size=MAX_HEADER,
            connection_limit=2 * MAX_CONNECTIONS,
            cleanup_interval=1,
            clear_untrusted_proxy_headers=False,  # the application trusts none unless it is told to
            log_socket_errors=False,
            backlog=BACKLOG,
        )
        self.is_draining = False
        self._health, self._deliveries = _threads(1), _threads(threads)
        address = (listening.family, listening.type, listening.proto, listening.getsockname())
        super().__init__(
            app, {}, _sock=listening, dispatcher=_threads(threads), adj=options, sockinfo=address, bind_socket=False
        )

    def step(self, timeout_s: float = 1.0) -> None:
        """Wait for something to happen on any connection, and deal with it."""
        wasyncore.loop(timeout=timeout_s, map=self._map, use_poll=True, count=1)

    def add_task(self, task: Channel) -> None:
        path = getattr(task.requests[0], "path", "")  # a request that cannot be parsed has none
        self._dispatcher_of(path).add_task(task)

    def _dispatcher_of(self, path: str) -> ThreadedTaskDispatcher:
        if path == HEALTH:
            return self._health
        return self._deliveries if path.startswith(DELIVERIES) else self.task_dispatcher

    def handle_accept(self) -> None:
        """Accept everybody who has connected, not one a round: a round is long while many send."""
        queue = select.poll()
        queue.register(self.socket, select.POLLIN)
        for _ in range(BACKLOG):
            if not queue.poll(0):
                break
            if len(self.active_channels) >= MAX_CONNECTIONS:
                self._make_room()
            super().handle_accept()

    def _make_room(self) -> None:
        waiting = [channel for channel in self.active_channels.values() if channel.is_waiting]
        if waiting:
            min(waiting, key=lambda channel: channel.waiting_since).handle_close()

    def maintenance(self, now: float) -> None:
        overdue = [channel for channel in self.active_channels.values() if channel.is_overdue(now)]
        for channel in overdue:
            channel.will_close = True
        if overdue:
            log.info("connections_closed", number=len(overdue), reason=f"no complete request within {REQUEST_S} s")

    def drain(self, grace_s: float, alive: Callable[[], None]) -> None:
        """Answer everybody who is connected, and end. Clients learn with their response that it was the last one."""
        self.is_draining = True
        self.handle_accept()  # the system resets who is left in the queue of a socket that closes
        self.del_channel()
        self.socket.close()
        began = time.monotonic()
        while self.active_channels and time.monotonic() < began + grace_s:
            if time.monotonic() > began + LAST_REQUEST_S:
                self._close_idle()
            alive()
            self.maintenance(time.time())
            self.step(0.1)
        for dispatcher in (self.task_dispatcher, self._deliveries, self._health):
            dispatcher.shutdown(cancel_pending=True, timeout=1)

    def _close_idle(self) -> None:
        for channel in self.active_channels.values():
            if channel.is_waiting and channel.request is None:
                channel.will_close = True


def _threads(number: int) -> ThreadedTaskDispatcher:
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(number)
    return dispatcher


class HttpWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """One process of the server. The limit of a body is ``max_body`` of the application's configuration."""

    _listener: Listener | None = None

    def run(self) -> None:
        """Serve until told to stop, or until the process that watches over this one is gone."""
        [listening] = self.sockets
        self._listener = Listener(self.wsgi, listening.sock, self.cfg.threads, self.app.max_body)
        while self.alive and os.getppid() == self.ppid:
            self.notify()
            self._listener.step()
        self._listener.drain(self.cfg.graceful_timeout, self.notify)

    def handle_exit(self, sig: int, frame: Any) -> None:
        super().handle_exit(sig, frame)
        if self._listener:
            self._listener.pull_trigger()
