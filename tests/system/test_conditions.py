"""What fails for a whole connection or in the database: it is said, tickets wait, and they come back by themselves."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url

from app import create_app
from bridge.console import OPEN_CONSOLE
from bridge.errors import BridgeError, Retry
from bridge.ports.conditions import Condition
from bridge.ports.outcomes import ReviewCause
from bridge.runtime.retry import LONGEST_HOLD_S
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.store import open_store

from .conftest import ConnectedBridge, connected_bridge

ALWAYS = 1_000_000
FORBIDDEN = {"error": {"title": "Forbidden", "message": "You do not have access to this page."}}
REVOKED = {"error": "invalid_client", "error_description": "Client authentication failed"}
SIZE = "8m"


def client_of(connected: ConnectedBridge) -> Any:
    app = create_app(connected.bridge)
    app.config[OPEN_CONSOLE] = True
    return app.test_client()


def failing(connected: ConnectedBridge) -> dict[str, dict[str, Any]]:
    """The conditions that do not hold, as programs read them."""
    found = client_of(connected).get("/api/conditions").json["conditions"]
    return {each["condition"]: each for each in found if each["state"] == "failing"}


def parked(connected: ConnectedBridge) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client_of(connected).get("/api/parked").json["tickets"]
    return found


def repair(connected: ConnectedBridge) -> None:
    """The cause is gone, and as much time passes as a hold lasts at most."""
    connected.sandbox.admin("DELETE", "faults")
    connected.pass_time(seconds=LONGEST_HOLD_S + 1)
    connected.work()


def is_done(connected: ConnectedBridge, number: int) -> bool:
    return connected.ticket(number)["priority"] == "urgent"


def refuse_reading(sandbox: ZendeskSandbox) -> None:
    sandbox.fail("GET", "/api/v2/tickets*", times=ALWAYS, status=403, body=FORBIDDEN)


def refuse_writing(sandbox: ZendeskSandbox) -> None:
    sandbox.fail("PUT", "/api/v2/tickets/*", times=ALWAYS, status=403, body=FORBIDDEN)


def revoke_client(sandbox: ZendeskSandbox) -> None:
    sandbox.fail("*", "/oauth/tokens", times=ALWAYS, status=401, body=REVOKED)
    sandbox.fail("*", "/api/v2/*", times=ALWAYS, status=401, body={"error": "invalid_token"})


@pytest.mark.parametrize(
    ("break_it", "condition", "reason"),
    [
        (refuse_reading, Condition.ACCESS, "Zendesk answered 403 to GET"),
        (refuse_writing, Condition.WRITES, "Zendesk answered 403 to PUT"),
        (revoke_client, Condition.ACCESS, "Zendesk refuses the OAuth client (Client authentication failed)"),
    ],
)
def test_what_is_refused_for_all_tickets_parks_none(
    connected: ConnectedBridge, break_it: Callable[[ZendeskSandbox], None], condition: Condition, reason: str
) -> None:
    numbers = [connected.ask(subject=f"Console {number} down") for number in range(4)]
    break_it(connected.sandbox)
    connected.work(until=lambda: condition in failing(connected))
    for _ in range(3):
        connected.pass_time(minutes=2)
        connected.bridge.jobs.tick()
    found = failing(connected)[condition]
    assert found["connection"] == "zendesk"
    assert found["since"]
    assert found["advice"] == condition.advice
    assert reason in found["problem"]
    assert parked(connected) == []
    ready = client_of(connected).get("/readyz")
    assert (ready.status_code, [each["condition"] for each in ready.json["failing"]]) == (503, [condition])
    assert condition.failure in client_of(connected).get("/").text

    repair(connected)
    assert all(is_done(connected, number) for number in numbers)
    assert failing(connected) == {}
    assert all(len([each for each in connected.writes(number) if each["status"] == 200]) == 1 for number in numbers)


def test_a_hold_costs_a_probe_and_not_a_call_for_each_ticket(connected: ConnectedBridge) -> None:
    for number in range(6):
        connected.ask(subject=f"Console {number} down")
    refuse_reading(connected.sandbox)
    connected.work(until=lambda: Condition.ACCESS in failing(connected))
    before = len(connected.sandbox.requests("GET"))
    for _ in range(5):
        connected.pass_time(seconds=LONGEST_HOLD_S + 1)
        connected.bridge.jobs.tick()
    assert len(connected.sandbox.requests("GET")) - before <= 10


def test_connections_that_are_reset_are_probed_and_not_hammered(connected: ConnectedBridge) -> None:
    numbers = [connected.ask(subject=f"Console {number} down") for number in range(12)]
    connected.sandbox.fail("*", "/api/v2/*", times=ALWAYS, drop=True)
    connected.work(until=lambda: Condition.CALLS in failing(connected))
    before = len(connected.sandbox.requests(path="/api"))
    for _ in range(5):
        connected.pass_time(seconds=LONGEST_HOLD_S + 1)
        connected.bridge.jobs.tick()
    probes = len(connected.sandbox.requests(path="/api")) - before
    assert before <= 3 + 4 + 1, "as many as it takes to notice, and those that were on their way"
    assert 1 <= probes <= 5
    assert "the connection was lost" in failing(connected)[Condition.CALLS]["problem"]
    repair(connected)
    assert all(is_done(connected, number) for number in numbers)
    assert parked(connected) == []


def test_a_ticket_that_alone_is_refused_is_parked_and_released_in_bulk(connected: ConnectedBridge) -> None:
    secret, other = [connected.ask(subject=f"Console {number} down") for number in range(2)]
    connected.sandbox.fail("GET", f"/api/v2/tickets/{secret}", times=ALWAYS, status=403, body=FORBIDDEN)
    connected.work(until=lambda: bool(parked(connected)) and is_done(connected, other))
    assert [each["ref"] for each in parked(connected)] == [f"zendesk:{secret}"]
    assert failing(connected) == {}
    connected.sandbox.admin("DELETE", "faults")
    released = client_of(connected).post("/api/parked/release?connection=zendesk").json
    assert released == {"released": [f"zendesk:{secret}"]}
    connected.work()
    assert parked(connected) == []
    assert is_done(connected, secret)


def test_a_review_that_cannot_be_recorded_is_a_condition(connected: ConnectedBridge) -> None:
    """The database refuses a value; what is recorded of the failure itself does not hold it."""
    number = connected.ask()
    with connected.bridge.store.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON reviews WHEN NEW.plan IS NOT NULL "
            "BEGIN SELECT RAISE(ABORT, 'a value that cannot be kept'); END"
        )
    connected.work(until=lambda: Condition.RECORDS in failing(connected))
    problem = failing(connected)[Condition.RECORDS]["problem"]
    assert problem.startswith(f"zendesk:{number}: ")
    assert "a value that cannot be kept" in problem
    assert client_of(connected).get("/readyz").status_code == 503
    assert parked(connected) == []
    with connected.bridge.store.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER refuse")
    connected.pass_time(minutes=2)
    connected.work()
    assert failing(connected) == {}
    assert len([each for each in connected.writes(number) if each["status"] == 200]) == 1


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder.mkdir()
    if os.geteuid():
        pytest.skip("only root can mount a small file system")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path) -> Path:
    """Take all the space that is left."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    return ballast


def test_a_full_disk_stops_work_until_there_is_space(
    sandbox: ZendeskSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        small_disk(tmp_path / "disk") as disk,
        connected_bridge(sandbox, tmp_path, f"sqlite:///{disk / 'bridge.sqlite3'}", monkeypatch) as connected,
    ):
        first = connected.ask()
        connected.work()
        ballast = fill(disk)
        second = connected.ask(subject="A second console down")
        found = failing(connected)
        assert set(found) >= {Condition.DATABASE}
        assert "has space" in found[Condition.DATABASE]["advice"]
        assert client_of(connected).get("/readyz").status_code == 503
        with suppress(Exception):
            connected.bridge.jobs.tick()
        assert not connected.writes(second), "nothing is written that cannot be recorded"
        ballast.unlink()
        connected.bridge.jobs.sweep()
        connected.pass_time(minutes=2)
        connected.bridge.jobs.sweep()
        connected.work()
        assert failing(connected) == {}
        assert is_done(connected, first)
        assert is_done(connected, second)
        assert len([each for each in connected.writes(second) if each["status"] == 200]) == 1


@pytest.fixture
def own_postgresql(postgresql_server: str) -> Iterator[tuple[str, Callable[[str], None]]]:
    """A database of its own, and what makes it read-only or not, as an administrator or a failover does."""
    url, name = make_url(postgresql_server).set(drivername="postgresql+psycopg"), f"read_only_{os.getpid()}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")

    def administer(*statements: str) -> None:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def set_read_only(value: str) -> None:
        administer(
            f"ALTER DATABASE {name} SET default_transaction_read_only = {value}",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )

    administer(f"CREATE DATABASE {name}")
    yield url.set(database=name).render_as_string(hide_password=False), set_read_only
    administer(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


def test_a_database_that_became_read_only_stops_work_until_it_can_be_written(
    sandbox: ZendeskSandbox,
    own_postgresql: tuple[str, Callable[[str], None]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, set_read_only = own_postgresql
    with connected_bridge(sandbox, tmp_path, url, monkeypatch) as connected:
        first = connected.ask()
        connected.work()
        set_read_only("on")
        second = connected.ask(subject="A second console down")
        found = failing(connected)
        assert "read-only" in found[Condition.DATABASE]["problem"]
        assert "its files may be written" in found[Condition.DATABASE]["advice"]
        assert client_of(connected).get("/readyz").status_code == 503
        with pytest.raises(Retry):
            connected.bridge.store.wake(connected.ref(second), connected.bridge.clock(), ReviewCause.DELIVERY)
        assert not connected.writes(second), "nothing is written that cannot be recorded"
        set_read_only("off")
        connected.bridge.jobs.sweep()
        connected.pass_time(minutes=2)
        connected.bridge.jobs.sweep()
        connected.work()
        assert failing(connected) == {}
        assert is_done(connected, first)
        assert is_done(connected, second)


def test_a_file_that_may_not_be_written_is_said_at_the_start(tmp_path: Path) -> None:
    if not os.geteuid():
        pytest.skip("root may write every file")
    file = tmp_path / "bridge.sqlite3"
    open_store(f"sqlite:///{file}").close()
    file.chmod(0o400)
    with pytest.raises(BridgeError, match="may be written"):
        open_store(f"sqlite:///{file}").close()
