"""The server: gunicorn, configured by our settings only, with workers of our own."""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import ExitStack
from getpass import getuser
from typing import Any

import click
import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from app import Bridge, assemble, create_app
from bridge.cli.http_worker import HttpWorker
from bridge.cli.output import print_lines
from bridge.cli.preview import preview_lines
from bridge.config.file_modes import advice, open_files
from bridge.config.settings import Settings
from bridge.errors import BridgeError, InputError
from bridge.ports.forecasts import ForecastFilter
from bridge.runtime.console_token import first_token
from bridge.runtime.retry import ADDRESS_WAIT_S, GRACE_S
from bridge.runtime.ticket_clock import wall_clock

log = structlog.get_logger(__name__)


def run(settings: Settings, workers: int = 1, *, confirmed: bool = False) -> None:
    """Serve until a signal says stop; then the process ends.

    Raises ``InputError`` for what cannot be used, before anything listens, and ``BridgeError`` when serving failed.
    """
    if workers > 1 and settings.database_url.startswith("sqlite"):
        raise InputError(
            f"--workers: found {workers} with SQLite; allowed: 1, or set POLICYBRIDGE_DATABASE_URL to PostgreSQL"
        )
    with assemble(settings) as bridge:  # tried once here, where an error is one line instead of a dying worker
        _wait_for_address(settings.host, settings.port)
        token = first_token(settings, bridge.store, wall_clock())
        _confirm_modes(bridge, confirmed=confirmed)
        open_to_all = open_files(settings, bridge.configuration)
    for path in open_to_all:
        log.warning("file_open_to_everybody", file=str(path), advice=advice(path))
    if token:
        print(FIRST_START.format(token=token), flush=True)
    server = os.getpid()
    try:
        Server(settings, workers).run()
    except SystemExit as end:
        if end.code and os.getpid() == server:  # a worker's own exit code is the server's business
            raise BridgeError("the server stopped; the last lines of its log say why") from end
        raise


def _wait_for_address(host: str, port: int) -> None:
    """Return once the address is free: another server may be stopping. Raises ``BridgeError`` if it stays in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + ADDRESS_WAIT_S
    while True:
        try:
            socket.create_server((host, port), family=family).close()
        except OSError as error:
            if time.monotonic() > until:
                reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or error
                raise BridgeError(
                    f"port {port} on {host} cannot be used ({reason}); stop what listens there, or choose another one: "
                    "policybridge serve --port PORT --host ADDRESS"
                ) from error
            time.sleep(0.5)
        else:
            return


def _confirm_modes(bridge: Bridge, *, confirmed: bool) -> None:
    """Show what a change of the mode to ``enforce`` means, and ask; where nobody can be, say how to confirm it."""
    for name in bridge.modes.unconfirmed():
        if not confirmed:
            print_lines(preview_lines(bridge, ForecastFilter([name]), bridge.clock()))
        if confirmed or (sys.stdin.isatty() and click.confirm(f"Enforce the policies on {name} now?")):
            bridge.modes.confirm(name, getuser(), bridge.clock())
        else:
            log.warning("mode_not_confirmed", connection=name, advice=bridge.modes.current(name).unconfirmed)


FIRST_START = """
The token of the console, shown only this once:

  {token}

Keep it. `policybridge console-token` makes a new one; to choose your own, set POLICYBRIDGE_CONSOLE_TOKEN.
"""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """One installation in each worker, built after the fork: threads and database connections do not survive one."""

    def __init__(self, settings: Settings, workers: int) -> None:
        self._settings = settings
        self._workers = workers
        self._open = ExitStack()
        self._bridge: Bridge | None = None
        super().__init__()

    @property
    def max_body(self) -> int:
        """Bytes of the largest request that is read."""
        return self._settings.max_body

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults; its environment variables and files are not read."""
        settings = self._settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        options: dict[str, Any] = {
            "bind": f"{host}:{settings.port}",
            "workers": self._workers,
            "worker_class": HttpWorker,
            "threads": settings.threads,
            "graceful_timeout": GRACE_S,
            "loglevel": settings.log_level,
            "logger_class": PlainLogger,
            "proc_name": "policybridge",
            "control_socket_disable": True,
            "post_worker_init": self._start,
            "worker_exit": self._stop,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the installation in this worker."""
        self._bridge = self._open.enter_context(assemble(self._settings))
        return create_app(self._bridge)

    def _start(self, _worker: Any) -> None:
        if self._bridge:
            self._bridge.jobs.start()

    def _stop(self, _arbiter: Any, _worker: Any) -> None:
        """After the last request: jobs finish their reviews, queued deliveries are committed."""
        self._open.close()


class PlainLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Sends gunicorn's log lines where all others go."""

    def setup(self, cfg: Any) -> None:
        """Leave handlers and format to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
