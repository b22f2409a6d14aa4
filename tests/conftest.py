"""Shared by all tests: real databases."""

import itertools
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

# Imported early: with CPython up to 3.11.7 pytest ends with an error otherwise (pytest#10874).
import hypothesis
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.support.browser import browser, chromium, serve_app  # noqa: F401 - fixtures
from tests.support.processes import free_port
from tests.support.site import site  # noqa: F401 - fixture
from tests.support.store import sqlite_store, store  # noqa: F401 - fixtures
from tests.support.zendesk_account import present_day, zendesk_process  # noqa: F401 - fixtures

_SERVER_OPTIONS = "-c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
_schemas = itertools.count(1)

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")


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


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """URL of an empty schema of its own, dropped after the test."""
    schema = f"test_{os.getpid()}_{next(_schemas)}"
    url = make_url(postgresql_server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        yield url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bridge.sqlite3'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


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
