"""The database, SQLite or PostgreSQL: reading, writing, and the translation of its errors.

SQLite is written by one connection at a time. The turn is ours, a lock in the process and ``flock`` between processes:
SQLite's own busy handler sleeps, is unfair, and lets writers wait for seconds. That connection alone checkpoints the
WAL; readers have connections of their own, which cannot write. PostgreSQL needs none of this.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bridge.errors import BridgeError, InputError, Retry

BUSY_TIMEOUT_MS = 200
"""Patience with programs that do not know our turn, such as the sqlite3 shell, from when a writer asks for its turn: a
delivery, which waits for at most one batch before its own, is refused within a second, so that it is sent again."""

READ_ONLY = "25006"
"""PostgreSQL's answer to a write while it is read-only, as a standby is. The driver does not call it operational:
https://www.postgresql.org/docs/current/errcodes-appendix.html"""


@dataclass(frozen=True)
class Database:
    """The database's connections for reading and for writing. Both raise ``Retry`` when it is down."""

    writer: Engine
    reader: Engine
    turn: Callable[[], AbstractContextManager[None]]
    """Held around every write transaction."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading."""
        with self._translated(), self.reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction: committed and durable after the block, rolled back if it raises."""
        with self._translated(), self.turn(), self.writer.connect() as connection:
            try:
                with connection.begin():
                    yield connection
            except DBAPIError:
                # After a failed commit (fsync) nobody knows what the connection's cache is worth: never use it again.
                connection.invalidate()
                raise

    def close(self) -> None:
        """Close all connections."""
        self.reader.dispose()
        self.writer.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The one place where driver errors become errors of ours."""
        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
            raise Retry(self._unreachable(error)) from error
        except DBAPIError as error:
            if error.connection_invalidated or getattr(error.orig, "sqlstate", None) == READ_ONLY:
                raise Retry(self._unreachable(error)) from error
            if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
                advice = "name another file in POLICYBRIDGE_DATABASE_URL, or restore the backup"
                raise InputError(f"{self.writer.url.database} is not an SQLite database; {advice}") from error
            raise BridgeError(f"database refused a statement: {_first_line(error)}; please report this bug") from error

    def _unreachable(self, error: Exception) -> str:
        return (
            f"database unreachable: {_first_line(error)}; check that {self.writer.url} "
            "is running, can be reached, may be written and has space"
        )


class DatabasePart:
    """Base class of the parts of a store, which share one database."""

    def __init__(self, database: Database) -> None:
        self.database = database


def _first_line(error: Exception) -> str:
    """What the driver said, without the statement and its values."""
    cause = (isinstance(error, DBAPIError) and error.orig) or error
    return next(iter(str(cause).strip().splitlines()), type(cause).__name__)


def open_database(url: str) -> Database:
    """Open ``sqlite:///path`` or ``postgresql://…``; raises ``InputError`` for anything else."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InputError(_not_understood(url)) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return _open_sqlite(parsed.set(drivername="sqlite"))
    if backend in ("postgresql", "postgres"):
        return _open_postgresql(parsed.set(drivername="postgresql+psycopg"))
    raise InputError(_not_understood(url))


def is_missing(url: str) -> bool:
    """Whether a URL names an SQLite file that does not exist; opening it would create it."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return False
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


def _not_understood(url: str) -> str:
    scheme = url.partition(":")[0][:20]  # the rest may hold a password
    return f"database URL beginning with {scheme!r} is not supported: write sqlite:///path/to/file or postgresql://user@host/name"


def _open_postgresql(url: URL) -> Database:
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=10,
            pool_timeout=5,
            connect_args={"connect_timeout": 5, "tcp_user_timeout": 10_000, "application_name": "policybridge"},
        )
    except ModuleNotFoundError as error:
        raise InputError("PostgreSQL needs the driver psycopg: install policybridge[postgres]") from error
    event.listen(engine, "connect", _bound_waiting)
    return Database(writer=engine, reader=engine, turn=nullcontext)


def _bound_waiting(connection: Any, _record: Any) -> None:
    """Limit the wait for a table that another program has locked, so that the queue goes on."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '10s'")
    connection.commit()


def _open_sqlite(url: URL) -> Database:
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # customers' words are in there
    except OSError as error:
        advice = "check its folder and who may write there, or name another file in POLICYBRIDGE_DATABASE_URL"
        raise InputError(f"database file {path} cannot be written: {error.strerror}; {advice}") from error
    writer = create_engine(url, hide_parameters=True, pool_size=1, max_overflow=0)
    reader = create_engine(url, hide_parameters=True, pool_size=8, max_overflow=24, pool_timeout=5)
    # FULL: with NORMAL a power cut loses every acknowledged delivery since the last checkpoint.
    turn = _WriteLock(path.with_name(f"{path.name}.lock"))
    _configure(writer, "journal_mode = WAL", "synchronous = FULL")
    event.listen(writer, "begin", turn.begin)
    # Two connections that checkpoint can lose commits in SQLite before 3.51.3 (the WAL-reset bug).
    _configure(reader, "wal_autocheckpoint = 0", "query_only = ON")
    event.listen(reader, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return Database(writer=writer, reader=reader, turn=turn)


def _configure(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins late and commits around DDL; BEGIN is ours
        for pragma in (f"busy_timeout = {BUSY_TIMEOUT_MS}", *pragmas):
            connection.execute(f"PRAGMA {pragma}").close()


class _WriteLock:
    """The right to write to one SQLite file; the system gives it back when its holder is killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine = threading.Lock()
        self._asked_at = 0.0
        """When the writer whose turn it is asked for it."""

    @contextmanager
    def __call__(self) -> Iterator[None]:
        asked_at = time.monotonic()
        # Opened each time: a descriptor inherited over fork would share its lock with the parent.
        with self._mine, self._path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._asked_at = asked_at
            yield

    def begin(self, connection: Connection) -> None:
        """Begin to write. Behind others who waited in vain for another program, this one has already been patient."""
        waited_ms = int(1000 * (time.monotonic() - self._asked_at))
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {max(0, BUSY_TIMEOUT_MS - waited_ms)}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
