"""``policybridge demo``: the bridge and a simulated helpdesk on one machine, with a fast clock.

Everything but the clock is as in production: the sandbox is a process of its own and reached over sockets, its webhooks
are signed, and the bridge is assembled by ``app``. Signatures use the wall clock. What differs by vendor is in the
module of that name.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from rich.console import Console
from werkzeug.serving import make_server

from app import Bridge, assemble, create_app
from bridge.cli.logs import log_to_stderr
from bridge.config.settings import Settings
from bridge.console import DEMONSTRATION, OPEN_CONSOLE, Demonstration
from bridge.demo.terminal import follow, introduce
from bridge.demo.vendor import PACK, PREFIX, DemoHelpdesk, Json, demo_helpdesk
from bridge.errors import BridgeError
from bridge.runtime.ticket_clock import TicketClock
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.http_server import QuietRequestHandler
from bridge.sandbox.process import Sandbox

HOST = "127.0.0.1"
TICK_S = 0.2
SWEEP_S = 15.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(port: int = 8080, speed: int = 600, vendor: str = "zendesk") -> int:
    """Run the demo until SIGINT or SIGTERM; returns the exit code.

    ``speed``: seconds of ticket time per real second.
    """
    out = Console(highlight=False)
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        advice = f"choose another port: policybridge demo --port {port + 1 if port < 65535 else 8081}"
        print(f"port {port} on {HOST} cannot be used ({os.strerror(error.errno or 0)}); {advice}", file=sys.stderr)
        return 1
    helpdesk = demo_helpdesk(vendor)
    with listener, _stop_event() as stop, ExitStack() as stack:
        _silence_logs()
        bridge = _start(stack, listener, speed, helpdesk)
        introduce(out, f"http://{HOST}:{listener.getsockname()[1]}/", helpdesk.title, speed)
        follow(out, bridge, PACK, stop.wait)
    return 0


@contextmanager
def _stop_event() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; a second signal has no effect, so cleaning up is never interrupted."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in STOP_SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(stack: ExitStack, listener: socket.socket, speed: int, helpdesk: DemoHelpdesk) -> Bridge:
    """Start everything; the stack stops it in reverse order."""
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="policybridge-demo-")))
    _bypass_proxy()
    sandbox = stack.enter_context(_sandbox(helpdesk, speed))
    clock = _clock_of(sandbox)
    started_at = clock()
    connection = helpdesk.connect(f"http://{HOST}:{listener.getsockname()[1]}", folder)
    bridge = stack.enter_context(assemble(_settings(folder, helpdesk, connection), TicketClock(clock, speed)))
    bridge.jobs.tick_s, bridge.jobs.sweep_s = TICK_S, SWEEP_S
    app = create_app(bridge)
    app.config[DEMONSTRATION] = Demonstration(speed)
    app.config[OPEN_CONSOLE] = True
    _serve(stack, app, listener)
    sandbox.play(PACK)
    _catch_up(bridge, helpdesk.vendor, started_at)
    bridge.jobs.start()
    return bridge


@contextmanager
def _sandbox(helpdesk: DemoHelpdesk, speed: int) -> Iterator[Sandbox]:
    """The local helpdesk. A terminal sends Ctrl-C to every process, but this one has to outlive the last review.

    It inherits a signal mask; signals that arrive meanwhile stay pending for us. Raises ``BridgeError``.
    """
    with ExitStack() as running:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            sandbox = running.enter_context(helpdesk.open(speed))
        except RuntimeError as error:
            raise BridgeError(f"{helpdesk.title} cannot be used: {error}; run policybridge demo again") from error
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        yield sandbox


def _silence_logs() -> None:
    """Print changes of tickets only; at this speed a tick is often still busy when the next one is due."""
    log_to_stderr("critical", "console")
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def _bypass_proxy() -> None:
    """Reach local addresses without the proxy of the environment."""
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, (exceptions, HOST)))


def _clock_of(sandbox: Sandbox) -> SandboxClock:
    state = sandbox.admin("GET", "")
    return SandboxClock(datetime.fromisoformat(state["now"]), state["speed"])


def _settings(folder: Path, helpdesk: DemoHelpdesk, connection: Json) -> Settings:
    """Settings of the demo alone: a real installation on this machine is not touched."""
    accounts, config = folder / "accounts.yaml", folder / "policybridge.yaml"
    accounts.write_text(json.dumps({"accounts": helpdesk.accounts()}), encoding="utf-8")
    configuration = {"policy": PACK, "accounts": str(accounts), "connections": {helpdesk.vendor: connection}}
    config.write_text(json.dumps(configuration), encoding="utf-8")
    return Settings(
        _env_prefix=PREFIX,
        _secrets_dir=None,
        database_url=f"sqlite:///{folder / 'demo.sqlite3'}",
        config=config,
        debounce=0,
        console_token=None,
    )


def _serve(stack: ExitStack, app: Flask, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    server = make_server(HOST, port, app, threaded=True, request_handler=QuietRequestHandler, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="http")
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.shutdown)


def _catch_up(bridge: Bridge, connection: str, started_at: datetime) -> None:
    """Sweep from the start, to find what happened while the bridge was starting, as after any downtime."""
    helpdesk = bridge.helpdesks[connection]
    refs, cursor = helpdesk.changed_since(None, started_at)
    bridge.store.record_sweep(connection, cursor, refs, started_at)
