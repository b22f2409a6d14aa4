"""When the database is away: one kind of error that says what to do, and work goes on when it is back."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import make_url

from bridge.errors import InputError, Retry
from bridge.ports.deliveries import Delivery
from bridge.store import SqlStore, open_store
from bridge.store.database import BUSY_TIMEOUT_MS, open_database
from bridge.store.migrate import upgrade
from bridge.ticket import TicketRef

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TICKET = TicketRef.parse("acme:5158")


def delivery(ident: str, body: bytes = b"{}") -> Delivery:
    return Delivery("acme", ident, NOW, {}, body, (TICKET,))


class Wire:
    """A TCP connection to a server, which can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.whole = True
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.whole = False
        for end in self._open:
            with suppress(OSError):  # its other end may have gone first
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self.whole:
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, sink), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def wire(postgresql_url: str) -> Iterator[Wire]:
    url = make_url(postgresql_url)
    wire = Wire(url.host or "127.0.0.1", url.port or 5432)
    yield wire
    wire.close()


def test_a_lost_server_is_retry_and_work_goes_on_when_it_is_back(postgresql_url: str, wire: Wire) -> None:
    url = make_url(postgresql_url).set(host="127.0.0.1", port=wire.port, password="hunter2")
    store = open_store(url.render_as_string(hide_password=False))
    assert store.accept(delivery("before"), NOW)
    wire.cut()
    for attempt in (
        lambda: store.accept(delivery("during"), NOW),
        lambda: store.claim(NOW, limit=1, lease_s=60),
        lambda: store.wake(TICKET, NOW, "command"),
    ):
        with pytest.raises(Retry, match=r"^database unreachable: .*; check that") as raised:
            attempt()
        assert "\n" not in str(raised.value)
        assert "hunter2" not in str(raised.value)
    wire.whole = True
    assert store.accept(delivery("during"), NOW)
    assert not store.accept(delivery("before"), NOW)
    store.close()


def test_a_server_that_is_not_there_is_retry() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Retry, match="database unreachable"):
            open_store(f"postgresql://postgres@127.0.0.1:{unused.getsockname()[1]}/postgres")


def test_a_full_disk_is_retry_and_the_connection_is_thrown_away(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'bridge.sqlite3'}")
    upgrade(database)
    store = SqlStore(database)
    with database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # holds for this connection only
    with pytest.raises(Retry, match="database or disk is full"):
        store.accept(delivery("large", b"x" * 100_000), NOW)
    assert store.accept(delivery("large", b"x" * 100_000), NOW), "nothing of the failed commit was kept"
    store.close()


def test_a_closed_store_is_retry(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'bridge.sqlite3'}")
    store.close()
    with pytest.raises(Retry, match="closed"):
        store.accept(delivery("late"), NOW)


@pytest.mark.parametrize(
    "url", ["mysql://root:hunter2@localhost/x", "sqlite://", "sqlite:///:memory:", "nonsense:hunter2"]
)
def test_other_databases_are_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(InputError, match="write sqlite:///path/to/file or postgresql://user@host/name") as raised:
        open_store(url)
    assert "hunter2" not in str(raised.value)


def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"bridge\.sqlite3 cannot be written: .+; check its folder"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'bridge.sqlite3'}")


def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "bridge.sqlite3"
    path.write_text("this is a letter and no database\n" * 100)
    with pytest.raises(InputError, match=r"bridge\.sqlite3 is not an SQLite database; name another file in "):
        open_store(f"sqlite:///{path}")


@pytest.mark.parametrize(("waited_s", "patience_ms"), [(0, 200), (0.15, 50), (0.2, 0), (30, 0)])
def test_who_waited_behind_others_for_a_busy_database_does_not_wait_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waited_s: float, patience_ms: int
) -> None:
    times = iter([0.0, waited_s])
    monkeypatch.setattr("bridge.store.database.time", SimpleNamespace(monotonic=lambda: next(times)))
    database = open_database(f"sqlite:///{tmp_path / 'bridge.sqlite3'}")
    with closing(database), database.write() as connection:
        found = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
        assert found == pytest.approx(patience_ms, abs=1)


def test_a_delivery_waits_less_than_a_second_for_a_busy_database() -> None:
    """For the batch before its own, and for its own."""
    assert 2 * BUSY_TIMEOUT_MS < 1000
