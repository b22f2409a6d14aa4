"""Brings a database to the schema of this version, from code: no ``alembic.ini``, no extra step to forget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, func, select

from bridge.errors import BridgeError
from bridge.store.database import Database

_LOCK = 0x706F6C696379
"""Key of the PostgreSQL advisory lock that lets several hosts start together."""


@dataclass(frozen=True)
class SchemaState:
    """The schema of a database, and what an upgrade would do to it."""

    found: str | None
    """Its revision; None: the database is empty."""
    newest: str
    steps: Mapping[str, str]
    """What is left to do, in order: revision -> what it changes."""


def schema_of(database: Database) -> SchemaState:
    """The schema of a database, which is only read. Raises like :func:`upgrade`."""
    scripts = ScriptDirectory.from_config(_config())
    with database.read() as connection:
        found = _refuse_unknown(connection, scripts)
    newest = scripts.get_current_head() or ""
    steps = [step for step in scripts.iterate_revisions(newest, found or "base") if step.revision != found]
    return SchemaState(found, newest, {step.revision: step.doc for step in reversed(steps)})


def has_tables(database: Database) -> bool:
    """Whether some version of this program has made tables there."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() is not None


def upgrade(database: Database) -> None:
    """Create or upgrade the tables, all steps in one transaction.

    Processes that start together wait for each other: for the file lock on SQLite, for an advisory lock on PostgreSQL.
    Raises ``Retry`` when the database cannot be reached and ``BridgeError`` when a newer version has written it.
    """
    config = _config()
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        _refuse_unknown(connection, ScriptDirectory.from_config(config))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _refuse_unknown(connection: Connection, scripts: ScriptDirectory) -> str | None:
    """The revision of the database, if this version knows it."""
    found = MigrationContext.configure(connection).get_current_revision()
    newest = scripts.get_current_head()
    try:
        scripts.get_revision(found or "base")
    except CommandError as error:
        raise BridgeError(
            f"database has schema {found}, unknown to this version (its newest is {newest}): install the version of "
            "Policybridge that wrote it, or restore the backup made before the upgrade"
        ) from error
    return found
