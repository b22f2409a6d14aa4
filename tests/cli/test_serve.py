"""``policybridge serve``."""

import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import requests

from bridge.cli.exits import Exit
from bridge.sandbox.zendesk.process import ZendeskSandbox
from tests.support.processes import PATIENCE_S, start_process


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code < 500
    except requests.ConnectionError:
        return False


@contextmanager
def served(machine: Any, *arguments: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    with (machine.folder / "log").open("wb") as log:
        process = start_process(
            machine.command("serve", "--port", str(machine.port), *arguments),
            cwd=machine.folder,
            env=machine.variables(),
            stderr=log,
        )
        try:
            yield f"http://127.0.0.1:{machine.port}", process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def test_serve_answers_reviews_tickets_and_ends_cleanly(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    with served(connected) as (url, process):
        wait_for(lambda: answers(f"{url}/healthz"))
        ident = critical_ticket()  # a webhook tells of it
        ticket = f"{zendesk.url}/api/v2/tickets/{ident}.json"
        wait_for(lambda: "policy_severity_critical" in requests.get(ticket, auth=zendesk.auth, timeout=30).text)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == Exit.OK
    log = (connected.folder / "log").read_text()
    assert all(line.startswith("{") for line in log.splitlines()), log  # every line is JSON, gunicorn's too
    assert '"outcome": "applied"' in log
    assert "Listening at" in log
    with closing(sqlite3.connect(connected.folder / "bridge.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM tickets WHERE owner IS NOT NULL").fetchone() == (0,)


def test_serve_leaves_nothing_behind_but_its_database(connected: Any, tmp_path: Any) -> None:
    home = tmp_path / "home"
    home.mkdir()
    connected.environment["HOME"] = str(home)
    with served(connected) as (url, process):
        wait_for(lambda: answers(f"{url}/healthz"))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == Exit.OK
    assert not list(home.iterdir())


def test_serve_on_a_port_that_is_taken(connected: Any) -> None:
    with socket.create_server(("127.0.0.1", connected.port)):
        done = connected.process("serve", "--port", str(connected.port))
    assert done.code == Exit.FINDINGS
    [told] = done.err.splitlines()
    assert told.startswith(f"port {connected.port} on 127.0.0.1 cannot be used (Address already in use); stop what")


def test_serve_refuses_several_workers_on_sqlite(connected: Any) -> None:
    done = connected.process("serve", "--workers", "2")
    assert done.code == Exit.UNUSABLE
    assert done.err == ("--workers: found 2 with SQLite; allowed: 1, or set POLICYBRIDGE_DATABASE_URL to PostgreSQL\n")


def test_serve_with_several_workers_on_postgresql(connected: Any, postgresql_url: str) -> None:
    connected.environment["POLICYBRIDGE_DATABASE_URL"] = postgresql_url
    with served(connected, "--workers", "2") as (url, process):
        wait_for(lambda: answers(f"{url}/healthz"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == Exit.OK


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("POLICYBRIDGE_CONFIG", "nowhere.yaml", "nowhere.yaml: cannot be read"),
        ("POLICYBRIDGE_PORT", "many", "POLICYBRIDGE_PORT: found 'many'; "),
        ("POLICYBRIDGE_DATABASE_URL", "mysql://x", "database URL beginning with 'mysql' is not supported"),
        ("ZENDESK_URL", "http://example.org", "ZENDESK_URL: found 'http://example.org'; "),
    ],
)
def test_what_cannot_be_used_is_one_line_and_nothing_listens(
    connected: Any, variable: str, value: str, message: str
) -> None:
    done = connected.process("serve", **{variable: value})
    assert done.code == Exit.UNUSABLE
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(message)
