"""Empty stores for tests: on each engine, or on SQLite alone where the engine makes no difference."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.store import SqlStore, open_store


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """An empty store, once on SQLite and once on PostgreSQL."""
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store on SQLite."""
    opened = open_store(f"sqlite:///{tmp_path / 'bridge.sqlite3'}")
    yield opened
    opened.close()
