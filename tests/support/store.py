"""Empty stores for tests: on each engine, or on SQLite alone where the engine makes no difference."""

from collections.abc import Iterator

import pytest

from bridge.store import SqlStore, open_store


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """An empty store, once on SQLite and once on PostgreSQL."""
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[SqlStore]:
    """An empty store on SQLite."""
    opened = open_store(sqlite_url)
    yield opened
    opened.close()
