"""``policybridge serve``, ``doctor`` and ``migrate``."""

import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from bridge.cli.exits import Exit
from bridge.config.accounts_file import Accounts
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.store import open_store
from tests.support.processes import start_process

PATIENCE_S = 90


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
def served(machine: Any, *words: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    with (machine.folder / "log").open("wb") as log:
        process = start_process(
            machine.command("serve", "--port", str(machine.port), *words),
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
    assert "Connection in use" in done.err
    assert done.err.splitlines()[-1] == "the server stopped; the last lines of its log say why"
    assert "Traceback" not in done.err


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
    ("variable", "value", "said"),
    [
        ("POLICYBRIDGE_CONFIG", "nowhere.yaml", "nowhere.yaml: cannot be read"),
        ("POLICYBRIDGE_PORT", "many", "POLICYBRIDGE_PORT: found 'many'; "),
        ("POLICYBRIDGE_DATABASE_URL", "mysql://x", "database URL beginning with 'mysql' is not understood"),
        ("ZENDESK_URL", "http://example.org", "ZENDESK_URL: found 'http://example.org'; "),
    ],
)
def test_what_cannot_be_used_is_one_line_and_nothing_listens(
    connected: Any, variable: str, value: str, said: str
) -> None:
    done = connected.process("serve", **{variable: value})
    assert done.code == Exit.UNUSABLE
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(said)


# -- demo


def test_the_demo_starts_says_where_and_ends_cleanly(policybridge: Any) -> None:
    process = start_process(
        policybridge.command("demo", "--port", "0"),
        cwd=policybridge.folder,
        env=policybridge.variables(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        address = next(line for line in process.stdout if "http://127.0.0.1:" in line).split()[-1]
        wait_for(lambda: answers(f"{address}healthz"))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == Exit.OK


def test_the_demo_on_a_port_that_is_taken(policybridge: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = policybridge.process("demo", "--port", port)
    assert done.code == Exit.FINDINGS
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(f"port {port} on 127.0.0.1 cannot be used")


# -- doctor


def test_doctor_on_a_healthy_installation(connected: Any) -> None:
    done = connected("doctor", "--json")
    report = done.json()
    assert (done.code, report["ok"]) == (Exit.OK, True), report
    assert {"settings", "database", "policybridge.yaml", "policy maas360"} <= {
        line["subject"] for line in report["lines"]
    }
    assert all(line.keys() == {"subject", "ok", "advice"} and line["advice"] for line in report["lines"])
    assert len(report["lines"]) > 4  # the connection was examined

    done = connected("doctor")
    assert done.code == Exit.OK
    assert all(line.startswith("✓ ") for line in done.out.splitlines())


def test_doctor_names_every_problem_and_what_to_do(connected: Any) -> None:
    connected.write("mine.yaml", "pack: mine\ntitle: Mine\n")
    words = {
        "policy": ["maas360", "mine.yaml"],
        "accounts": "accounts.yaml",
        "connections": {"acme": {"vendor": "zendesk"}, "beta": {"vendor": "zendesk", "env_prefix": "BETA_"}},
    }
    connected.write("policybridge.yaml", words)
    connected.environment["ZENDESK_OAUTH_CLIENT_SECRET"] = "wrong"
    done = connected("doctor", "--json")
    assert (done.code, done.json()["ok"]) == (Exit.FINDINGS, False)
    problems = {line["subject"]: line["advice"] for line in done.json()["lines"] if not line["ok"]}
    assert "mine.yaml:" in problems["policy mine.yaml"]
    assert problems["accounts"].startswith("accounts.yaml: cannot be read")
    assert "BETA_SUBDOMAIN" in problems["beta"]
    assert [subject for subject in problems if "acme" in subject]
    ok = {line["subject"] for line in done.json()["lines"] if line["ok"]}
    assert {"database", "policy maas360"} <= ok

    told = connected("doctor")
    assert told.code == Exit.FINDINGS
    assert "✗ beta: " in told.out


def lines(machine: Any) -> dict[str, tuple[bool, str]]:
    """What doctor says, by what it speaks of."""
    return {line["subject"]: (line["ok"], line["advice"]) for line in machine("doctor", "--json").json()["lines"]}


def test_doctor_finds_the_tie_for_which_serve_would_not_start(connected: Any) -> None:
    words = {"policy": ["maas360", "mattermost"], "connections": {"acme": {"vendor": "zendesk"}}}
    connected.write("policybridge.yaml", words)
    ok, advice = lines(connected)["policies"]
    assert not ok
    assert advice.startswith("policy: found maas360 and mattermost, both with precedence 0")
    assert connected("serve").err.splitlines() == [advice], "the same words as at the start"
    connected.write("policybridge.yaml", words | {"overrides": {"maas360": {"precedence": 1}}})
    assert lines(connected)["policies"] == (True, "no ticket is governed by two of them")


def test_doctor_says_what_became_of_the_accounts_file(connected: Any) -> None:
    acme = "accounts: {'5101': {name: Acme, contacts: [pat@acme.example]}}\n"
    path = connected.write("accounts.yaml", acme)
    words = {"policy": "maas360", "accounts": "accounts.yaml", "connections": {"acme": {"vendor": "zendesk"}}}
    connected.write("policybridge.yaml", words)
    assert lines(connected)["accounts"] == (True, "1 loaded")
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with closing(open_store(connected.environment["POLICYBRIDGE_DATABASE_URL"])) as store:
        running = Accounts(path)  # as a server that goes on meanwhile
        running.refresh(store, at)
        path.write_text(acme.replace("name", "nmae"))
        running.refresh(store, at.replace(hour=9))
        found = lines(connected)
        assert found["accounts, last change"] == (True, "2026-03-02 08:00 UTC: account 5101 added")
        ok, advice = found["accounts"]
        assert not ok
        assert "'nmae'" in advice
        ok, advice = found["accounts, in force"]
        assert not ok
        assert advice.startswith("the edit of 2026-03-02 09:00 UTC was rejected, and the accounts read before stay")
        path.write_text(acme.replace("Acme", "Acme Ltd"))
        assert lines(connected)["accounts, in force"][0], "fixed, and not yet read by the server"
        running.refresh(store, at.replace(hour=10))
    found = lines(connected)
    assert "accounts, in force" not in found
    assert found["accounts, last change"][1].endswith('account 5101: name "Acme" -> "Acme Ltd"')


def test_doctor_on_a_machine_on_which_nothing_is_configured(policybridge: Any) -> None:
    done = policybridge("doctor")
    assert done.code == Exit.FINDINGS
    assert "✗ policybridge.yaml: policybridge.yaml: cannot be read" in done.out
    assert "Traceback" not in done.err

    done = policybridge("doctor", POLICYBRIDGE_PORT="many")
    assert (done.code, done.out) == (Exit.FINDINGS, done.out)
    assert done.out.startswith("✗ settings: POLICYBRIDGE_PORT: found 'many'")


# -- migrate


def test_migrate_makes_the_tables_and_may_be_repeated(connected: Any) -> None:
    for _ in range(2):
        done = connected("migrate")
        assert done.code == Exit.OK
        assert done.out.endswith("bridge.sqlite3: the schema is up to date\n")
    with closing(sqlite3.connect(connected.folder / "bridge.sqlite3")) as database:
        assert {"tickets", "reviews", "effects"} <= {
            name for (name,) in database.execute("SELECT name FROM sqlite_master")
        }


def test_migrate_as_json_hides_the_password(connected: Any, postgresql_url: str) -> None:
    url = postgresql_url.replace("postgres@", "postgres:open-sesame@")
    done = connected("migrate", "--json", POLICYBRIDGE_DATABASE_URL=url)
    assert done.code == Exit.OK
    assert done.json()["up_to_date"] is True
    assert done.json()["database"].startswith("postgresql")
    assert "open-sesame" not in done.out + done.err


def test_a_database_of_a_newer_version_is_left_alone(connected: Any) -> None:
    connected("migrate")
    with closing(sqlite3.connect(connected.folder / "bridge.sqlite3")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    done = connected("migrate")
    assert done.code == Exit.FINDINGS
    assert len(done.err.splitlines()) == 1
    assert "9999" in done.err


def test_a_database_that_is_down(connected: Any) -> None:
    url = f"postgresql://nobody@127.0.0.1:{connected.port}/none"
    done = connected("migrate", POLICYBRIDGE_DATABASE_URL=url)
    assert done.code == Exit.FINDINGS
    assert done.err.startswith("database unreachable: ")
    assert len(done.err.splitlines()) == 1
