"""Brings a database to the schema of this version, from code: no ``alembic.ini``, no extra step to forget."""

from __future__ import annotations

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


def upgrade(database: Database) -> None:
    """Create or upgrade the tables, all steps in one transaction.

    Processes that start together wait for each other: for the file lock on SQLite, for an advisory lock on PostgreSQL.
    Raises ``Retry`` when the database cannot be reached and ``BridgeError`` when a newer version has written it.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        _refuse_unknown(connection, ScriptDirectory.from_config(config))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _refuse_unknown(connection: Connection, scripts: ScriptDirectory) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    newest = scripts.get_current_head()
    try:
        scripts.get_revision(found or "base")
    except CommandError as error:
        raise BridgeError(
            f"database has schema {found}, unknown to this version (its newest is {newest}): install the version of "
            "Policybridge that wrote it, or restore the backup made before the upgrade"
        ) from error
