"""``policybridge demo``: the bridge and a local helpdesk on one machine, on a clock that runs fast.

Nothing is pretended: the sandbox is a process of its own and reached over sockets, its webhooks prove where they come
from as the real ones do, the bridge is assembled as in production. Only the clock differs; signatures still go by the
wall clock. What is different for each vendor is in the module of its name here.
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
from bridge.console import DEMONSTRATION, Demonstration
from bridge.demo.desk import PACK, PREFIX, Desk, Json, desk_of
from bridge.demo.telling import introduce, report
from bridge.errors import BridgeError
from bridge.runtime.reconcile import LEASE_S
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.process import Sandbox
from bridge.sandbox.zendesk.server import QuietHandler

HOST = "127.0.0.1"
TICK_S = 0.2
SWEEP_S = 15.0
ENDS = (signal.SIGINT, signal.SIGTERM)


def run(port: int = 8080, speed: int = 600, vendor: str = "zendesk") -> int:
    """Run the demonstration until SIGINT or SIGTERM; returns the exit code.

    ``speed``: seconds of the tickets' clock in a real second.
    """
    out = Console(highlight=False)
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        advice = f"choose another port: policybridge demo --port {port + 1 if port < 65535 else 8081}"
        print(f"port {port} on {HOST} cannot be used ({error.strerror}); {advice}", file=sys.stderr)
        return 1
    desk = desk_of(vendor)
    with listener, _until_told() as told, ExitStack() as stack:
        _be_quiet()
        bridge = _start(stack, listener, speed, desk)
        introduce(out, f"http://{HOST}:{listener.getsockname()[1]}/", desk.title, speed)
        report(out, bridge, PACK, told.wait)
    return 0


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; a second signal changes nothing, so that cleaning up is never cut short."""
    told = threading.Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in ENDS}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(stack: ExitStack, listener: socket.socket, speed: int, desk: Desk) -> Bridge:
    """Start everything; the stack ends it in the opposite order."""
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="policybridge-demo-")))
    _speak_directly()
    sandbox = stack.enter_context(_sandbox(desk, speed))
    clock = _clock_of(sandbox)
    began = clock()
    words = desk.wire(f"http://{HOST}:{listener.getsockname()[1]}", folder)
    bridge = stack.enter_context(assemble(_settings(folder, desk, words), clock, speed))
    bridge.jobs.tick_s, bridge.jobs.sweep_s, bridge.jobs.lease_s = TICK_S, SWEEP_S, LEASE_S * speed
    app = create_app(bridge)
    app.config[DEMONSTRATION] = Demonstration(speed, sandbox.url)
    _serve(stack, app, listener)
    sandbox.play(PACK)
    _look_back(bridge, desk.vendor, began)
    bridge.jobs.start()
    return bridge


@contextmanager
def _sandbox(desk: Desk, speed: int) -> Iterator[Sandbox]:
    """The local helpdesk. A terminal tells every process of Ctrl-C, but this one is to outlive the last review.

    So it inherits a mask; a signal that comes meanwhile is kept for us. Raises ``BridgeError`` when it does not start.
    """
    with ExitStack() as running:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        try:
            sandbox = running.enter_context(desk.open(speed))
        except RuntimeError as error:
            raise BridgeError(f"{desk.title} cannot be used: {error}; run policybridge demo again") from error
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        yield sandbox


def _be_quiet() -> None:
    """Only what happens to tickets is printed; at this speed a tick is often still busy when the next one is due."""
    log_to_stderr("critical", "console")
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def _speak_directly() -> None:
    """Keep a proxy of the environment out of what stays on this machine."""
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, (exceptions, HOST)))


def _clock_of(sandbox: Sandbox) -> SandboxClock:
    said = sandbox.admin("GET", "")
    return SandboxClock(datetime.fromisoformat(said["now"]), said["speed"])


def _settings(folder: Path, desk: Desk, words: Json) -> Settings:
    """Settings of their own: those of a real installation on this machine are not touched."""
    accounts, config = folder / "accounts.yaml", folder / "policybridge.yaml"
    accounts.write_text(json.dumps({"accounts": desk.accounts()}), encoding="utf-8")
    configuration = {"policy": PACK, "accounts": str(accounts), "connections": {desk.vendor: words}}
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
    server = make_server(HOST, port, app, threaded=True, request_handler=QuietHandler, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="http")
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.shutdown)


def _look_back(bridge: Bridge, connection: str, began: datetime) -> None:
    """Sweep from the beginning: what happened while the bridge was starting is found as after any downtime."""
    helpdesk = bridge.helpdesks[connection]
    refs, cursor = helpdesk.changed_since(None, began)
    bridge.store.record_sweep(connection, cursor, refs, began)
