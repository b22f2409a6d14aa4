"""``policybridge demo``: the bridge and a local Zendesk on one machine, on a clock that runs fast.

Nothing is pretended: the sandbox is a process of its own and reached over sockets, its webhooks are signed, the bridge
is assembled as in production. Only the clock differs; signatures still go by the wall clock.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from rich.console import Console
from rich.text import Text
from werkzeug.serving import make_server

from app import Bridge, assemble, create_app
from bridge.cli.logs import log_to_stderr
from bridge.console import DEMONSTRATION, Demonstration
from bridge.console.board import Board, Happening
from bridge.console.deeds import Deed, moment
from bridge.errors import BridgeError
from bridge.policy.duration import spell
from bridge.policy.load import load_policy
from bridge.runtime.reconcile import LEASE_S
from bridge.sandbox import seeds, stories
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.process import ZendeskSandbox
from bridge.sandbox.server import QuietHandler
from bridge.settings import Settings

HOST = "127.0.0.1"
PACK = "maas360"
CONNECTION = "zendesk"
CREDENTIALS = "POLICYBRIDGE_DEMO_ZENDESK_"
"""Prefix of the environment variables of this process in which the sandbox's credentials stand."""
TICK_S = 0.2
SWEEP_S = 15.0
LOOK_S = 0.25
"""Real seconds between two looks at what happened."""
OVERLAP = timedelta(hours=1)
ENDS = (signal.SIGINT, signal.SIGTERM)


def run(port: int = 8080, speed: int = 600) -> int:
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
    with listener, _until_told() as told, ExitStack() as stack:
        _be_quiet()
        bridge = _start(stack, listener, speed)
        _introduce(out, listener.getsockname()[1], speed)
        _report(out, bridge, told.wait)
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


def _start(stack: ExitStack, listener: socket.socket, speed: int) -> Bridge:
    """Start everything; the stack ends it in the opposite order."""
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="policybridge-demo-")))
    _speak_directly()
    sandbox = stack.enter_context(_sandbox(speed))
    clock = _clock_of(sandbox)
    began = clock()
    endpoint = f"http://{HOST}:{listener.getsockname()[1]}/webhooks/{CONNECTION}"
    _give_credentials(sandbox, secret=sandbox.subscribe(endpoint).secret)
    bridge = stack.enter_context(assemble(_settings(folder), clock, speed))
    bridge.jobs.tick_s, bridge.jobs.sweep_s, bridge.jobs.lease_s = TICK_S, SWEEP_S, LEASE_S * speed
    app = create_app(bridge)
    app.config[DEMONSTRATION] = Demonstration(speed, sandbox.url)
    _serve(stack, app, listener)
    _look_back(bridge, began)
    bridge.jobs.start()
    return bridge


@contextmanager
def _sandbox(speed: int) -> Iterator[ZendeskSandbox]:
    """The local Zendesk. A terminal tells every process of Ctrl-C, but this one is to outlive the last review.

    So it inherits a mask; a signal that comes meanwhile is kept for us. Raises ``BridgeError`` when it does not start.
    """
    with ExitStack() as running:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        try:
            sandbox = running.enter_context(ZendeskSandbox(speed=speed, stories=PACK))
        except RuntimeError as error:
            raise BridgeError(f"the local Zendesk cannot be used: {error}; run policybridge demo again") from error
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


def _clock_of(sandbox: ZendeskSandbox) -> SandboxClock:
    said = sandbox.admin("GET", "")
    return SandboxClock(datetime.fromisoformat(said["now"]), said["speed"])


def _give_credentials(sandbox: ZendeskSandbox, secret: str) -> None:
    given = {
        "URL": sandbox.url,
        "OAUTH_CLIENT_ID": sandbox.client_id,
        "OAUTH_CLIENT_SECRET": sandbox.client_secret,
        "WEBHOOK_SECRET": secret,
    }
    os.environ.update({f"{CREDENTIALS}{name}": value for name, value in given.items()})


def _settings(folder: Path) -> Settings:
    """Settings of their own: those of a real installation on this machine are not touched."""
    accounts, config = folder / "accounts.yaml", folder / "policybridge.yaml"
    accounts.write_text(json.dumps({"accounts": _accounts()}), encoding="utf-8")
    words = {"policy": PACK, "accounts": str(accounts), "connections": {CONNECTION: connection_words()}}
    config.write_text(json.dumps(words), encoding="utf-8")
    return Settings(
        _env_prefix="POLICYBRIDGE_DEMO_",
        _secrets_dir=None,
        database_url=f"sqlite:///{folder / 'demo.sqlite3'}",
        config=config,
        debounce=0,
        console_token=None,
    )


def _accounts() -> dict[str, Any]:
    return {
        str(row["organization_id"]): {name: value for name, value in row.items() if name != "organization_id"}
        for row in seeds.accounts()
    }


def connection_words() -> dict[str, Any]:
    """The sandbox's account as a connection of ``policybridge.yaml``."""
    ids: dict[str, dict[str, int]] = {}
    for name, ident in seeds.connection().items():
        table, _, row = name.partition(".")
        ids.setdefault(table, {})[row] = ident
    groups = ids["groups"]
    return {
        "vendor": "zendesk",
        "mode": "enforce",
        "env_prefix": CREDENTIALS,
        "tiers": {line: [groups[f"tier_{line}"]] for line in (1, 2, 3)},
        "groups": {"japanese": groups["japanese"]},
        "statuses": ids["statuses"],
        "facts": {fact: {"field": ident, "values": seeds.words(fact)} for fact, ident in ids["facts"].items()},
        "fields": ids["fields"],
        "marks": {"escalation": {"tag": stories.ESCALATE}, "confirm_resolution": {"tag": stories.CONFIRMED}},
    }


def _serve(stack: ExitStack, app: Flask, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    server = make_server(HOST, port, app, threaded=True, request_handler=QuietHandler, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="http")
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.shutdown)


def _look_back(bridge: Bridge, began: datetime) -> None:
    """Sweep from the beginning: what happened while the bridge was starting is found as after any downtime."""
    helpdesk = bridge.helpdesks[CONNECTION]
    refs, cursor = helpdesk.changed_since(None, began)
    bridge.store.move_cursor(CONNECTION, cursor, refs, began)


def _introduce(out: Console, port: int, speed: int) -> None:
    day = spell(timedelta(seconds=round(86_400 / speed)))
    out.print(
        Text.assemble(
            ("\nPolicybridge demo", "bold"),
            f"\n  open      http://{HOST}:{port}/",
            "\n  helpdesk  a local Zendesk with sample tickets; nothing leaves this machine",
            f"\n  clock     runs {speed} times faster: a day passes in {day}; all times are UTC",
            "\n  end       Ctrl-C\n",
        ),
        soft_wrap=True,
    )


def _report(out: Console, bridge: Bridge, told: Callable[[float], bool]) -> None:
    """Print what happens as it happens, until told to stop."""
    board = Board(bridge.store, {PACK: load_policy(PACK)})
    since, printed = bridge.clock() - OVERLAP, set[str]()
    while not told(LOOK_S):
        for happening in board.happenings(after=since):
            since = max(since, happening.at - OVERLAP)
            if happening.review not in printed:
                printed.add(happening.review)
                for line in _lines(happening):
                    out.print(line, no_wrap=True, overflow="ellipsis" if out.is_terminal else "ignore", crop=False)


def _lines(happening: Happening) -> Iterator[Text]:
    """One line a deed: when, which ticket, what, by which clause, why."""
    for deed in happening.deeds:
        if deed.clause:
            yield _line(happening, deed)
    if happening.outcome != "applied":
        yield Text.assemble(*_head(happening), (f"{happening.outcome}: {happening.detail}", "red"))


def _line(happening: Happening, deed: Deed) -> Text:
    what = ", ".join(act.words for act in deed.acts)
    return Text.assemble(*_head(happening), (what, "bold"), "  ", (deed.clause, "cyan"), f" {deed.because}")


def _head(happening: Happening) -> tuple[tuple[str, str], ...]:
    return (f"{moment(happening.at)}  ", "dim"), (f"#{happening.ref.id} {happening.subject}  ", "")
