"""Databases for tests, on SQLite and on PostgreSQL: with the tables of the newest version and no rows, or bare.

The tables are made once a test run, by the migrations; each test gets a copy, which takes a tenth of the time.
"""

import itertools
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from bridge.store import open_store
from tests.support.processes import free_port

_SERVER_OPTIONS = "-c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
_names = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a PostgreSQL server: ``TEST_DATABASE_URL``, else a private one, started from installed binaries."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    if not (binaries := _postgresql_binaries()):
        pytest.skip("no PostgreSQL: set TEST_DATABASE_URL or install the server (initdb and pg_ctl were not found)")
    if os.geteuid() == 0 and not _runuser():
        pytest.skip("no PostgreSQL: its server refuses to run as root and runuser was not found; set TEST_DATABASE_URL")
    yield from _private_server(binaries, Path(tempfile.mkdtemp(prefix="policybridge-postgresql-")))


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> Iterator[str]:
    """Name of a PostgreSQL database that has the tables; nobody connects to it, so it can be copied."""
    with _postgresql_database(postgresql_server, "template1") as url:
        open_store(url).close()
        yield make_url(url).database or ""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has the tables."""
    path = tmp_path_factory.mktemp("template") / "bridge.sqlite3"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """URL of a PostgreSQL database with the tables and no rows, dropped after the test."""
    with _postgresql_database(postgresql_server, postgresql_template) as url:
        yield url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """URL of a SQLite database with the tables and no rows."""
    path = tmp_path / "bridge.sqlite3"
    shutil.copy(sqlite_template, path)  # with its mode: nobody else may read it
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a database with the tables and no rows, once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


two_engines_one_slow = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
"""For tests that take many seconds on either engine: PostgreSQL only in ``make test-slow``."""


@pytest.fixture
def bare_postgresql_url(postgresql_server: str) -> Iterator[str]:
    """URL of a PostgreSQL database without tables, dropped after the test."""
    with _postgresql_database(postgresql_server, "template1") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without tables, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bridge.sqlite3'}"
    url: str = request.getfixturevalue("bare_postgresql_url")
    return url


@contextmanager
def _postgresql_database(server: str, template: str) -> Iterator[str]:
    """A copy of the database ``template``, dropped at the end, whoever is still connected."""
    name = f"test_{os.getpid()}_{next(_names)}"
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def _runuser() -> str | None:
    """Debian keeps it where only root's login shell looks."""
    return shutil.which("runuser") or shutil.which("runuser", path="/usr/sbin:/sbin")


def _postgresql_binaries() -> Path | None:
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    return max((path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")), default=None)


def _private_server(binaries: Path, directory: Path) -> Iterator[str]:
    data, port = directory / "data", free_port()
    as_owner: list[str | Path] = []
    if os.geteuid() == 0:  # PostgreSQL refuses root
        shutil.chown(directory, "postgres", "postgres")
        as_owner = [_runuser() or "runuser", "-u", "postgres", "--"]
    initdb: list[str | Path] = [
        *as_owner,
        binaries / "initdb",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]
    pg_ctl: list[str | Path] = [*as_owner, binaries / "pg_ctl", "-D", data, "-w"]
    options = f"{_SERVER_OPTIONS} -c unix_socket_directories={directory} -p {port}"
    stop = shlex.join(map(str, [*pg_ctl, "-m", "immediate", "stop"]))
    # Waits for the end of this process, however it ends: a killed test run leaves no server behind.
    watch = ["sh", "-c", f"read _; {stop}; rm -rf {shlex.quote(str(directory))}"]
    _run([*initdb, "-D", data], directory)
    with subprocess.Popen(
        watch, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    ):
        _run([*pg_ctl, "-l", directory / "log", "-o", options, "start"], directory)
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


def _run(command: Sequence[str | Path], directory: Path) -> None:
    done = subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(map(str, command))} failed: {done.stderr}")
