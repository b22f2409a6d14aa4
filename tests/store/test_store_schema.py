"""The schema: made from code, the same as the tables say, refused when it is from the future."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

import bridge.store
from bridge.errors import BridgeError
from bridge.store import open_store
from bridge.store.database import open_database
from bridge.store.migrate import upgrade
from bridge.store.tables import metadata

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_the_migrations_make_exactly_the_tables(bare_database_url: str) -> None:
    database = open_database(bare_database_url)
    upgrade(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    database.close()


def schema_config() -> Config:
    """Where alembic finds the steps."""
    config = Config()
    config.set_main_option("script_location", str(Path(bridge.store.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def test_every_step_can_be_taken_back(bare_database_url: str) -> None:
    database = open_database(bare_database_url)
    upgrade(database)
    config = schema_config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with database.read() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(database)
    database.close()


def test_processes_may_start_together(bare_database_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(open_store, [bare_database_url] * 4))
    for store in stores:
        assert store.counts(NOW).due == 0
        store.close()


def test_a_database_of_a_newer_version_is_left_alone(bare_database_url: str) -> None:
    database = open_database(bare_database_url)
    upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BridgeError, match=r"schema 9999, unknown to this version .* install the version"):
        upgrade(database)
    database.close()


def test_a_database_is_created_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bridge.sqlite3"
    open_store(f"sqlite:///{path}").close()
    assert path.stat().st_mode & 0o077 == 0


def test_sqlite_is_durable_and_has_one_checkpointing_writer(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'bridge.sqlite3'}")
    with database.write() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2, "FULL"
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA wal_autocheckpoint")) == 0
    with pytest.raises(BridgeError, match="readonly"), database.read() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    database.close()
