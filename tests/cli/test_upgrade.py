"""``policybridge upgrade``: what a new version would meet is shown; nothing changes before it is sure to work."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command as alembic
from sqlalchemy import text

from bridge.cli.exits import Exit
from bridge.store.database import open_database
from bridge.store.migrate import schema_of
from tests.store.test_store_schema import schema_config


@pytest.fixture
def older(database_url: str) -> str:
    """The database of an older version, on each engine."""
    database = open_database(database_url)
    config = schema_config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        alembic.downgrade(config, "-1")
    database.close()
    return database_url


def schema(url: str) -> str | None:
    database = open_database(url)
    try:
        return schema_of(database).found
    finally:
        database.close()


def test_a_check_changes_nothing_and_an_upgrade_does_what_was_shown(connected: Any, older: str) -> None:
    before = schema(older)
    shown = connected("upgrade", "--check", "--json", POLICYBRIDGE_DATABASE_URL=older).json()
    steps = [each["subject"] for each in shown["findings"] if each["verdict"] == "changes"]
    assert (len(steps), shown["prevented"], shown["upgraded"]) == (2, False, False)
    assert schema(older) == before
    done = connected("upgrade", POLICYBRIDGE_DATABASE_URL=older)
    assert (done.code, done.out.splitlines()[-1]) == (Exit.OK, "The database is at the schema of this version.")
    assert f"schema {schema(older)}" == steps[1]
    again = connected("upgrade", "--check", "--json", POLICYBRIDGE_DATABASE_URL=older).json()
    assert {each["verdict"] for each in again["findings"]} == {"ready"}


def test_a_check_creates_no_database(connected: Any) -> None:
    (connected.folder / "bridge.sqlite3").unlink()
    done = connected("upgrade", "--check")
    assert (done.code, "there is none yet" in done.out) == (Exit.OK, True)
    assert not (connected.folder / "bridge.sqlite3").exists()


def test_a_policy_that_this_version_cannot_read_prevents_it(connected: Any, older: str) -> None:
    database = open_database(older)
    with database.write() as connection:
        unreadable = '{"pack": "acme", "version": "7", "from_the_future": true}'
        connection.execute(text("INSERT INTO packs (digest, text) VALUES ('d', :text)"), {"text": unreadable})
    database.close()
    before = schema(older)
    done = connected("upgrade", POLICYBRIDGE_DATABASE_URL=older)
    assert done.code == Exit.FINDINGS
    assert "recorded policies: this program cannot read the text of pack acme, version 7" in done.out
    assert schema(older) == before


def test_a_role_that_nobody_fills_does_not_prevent_it(connected: Any) -> None:
    assert "the roles account_manager" in connected("check").out, "an error of check, because the connection writes"
    assert connected("upgrade").code == Exit.OK


def test_an_invalid_configuration_prevents_it(connected: Any) -> None:
    Path(connected.folder, "policybridge.yaml").write_text("policy: maas360\nconections: {}\n")
    (connected.folder / "bridge.sqlite3").unlink()
    done = connected("upgrade")
    assert done.code == Exit.FINDINGS
    assert "policybridge.yaml:2:1 conections" in done.out
    assert not (connected.folder / "bridge.sqlite3").exists()


def test_a_database_of_a_newer_version_prevents_it(connected: Any) -> None:
    connected("upgrade")
    with closing(sqlite3.connect(connected.folder / "bridge.sqlite3")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    done = connected("upgrade", "--check")
    assert done.code == Exit.FINDINGS
    assert "database: database has schema 9999, unknown to this version" in done.out
