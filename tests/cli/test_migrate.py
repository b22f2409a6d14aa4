"""``policybridge migrate``, and databases that cannot be used."""

import sqlite3
from contextlib import closing
from typing import Any

from bridge.cli.exits import Exit


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
