"""Shared by all tests."""

# Imported early: with CPython up to 3.11.7 pytest ends with an error otherwise (pytest#10874).
import hypothesis
import pytest

from tests.support.browser import browser, chromium, serve_app  # noqa: F401 - fixtures
from tests.support.databases import (  # noqa: F401 - fixtures
    bare_database_url,
    bare_postgresql_url,
    database_url,
    postgresql_server,
    postgresql_template,
    postgresql_url,
    sqlite_template,
    sqlite_url,
)
from tests.support.logs import plain_logs
from tests.support.site import site  # noqa: F401 - fixture
from tests.support.store import sqlite_store, store  # noqa: F401 - fixtures
from tests.support.zendesk_account import present_day, zendesk_process  # noqa: F401 - fixtures

# How long an example takes depends on what else the machine does. make test-slow tries many more of them.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=40)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=500)
hypothesis.settings.load_profile("quick")

WAITING = frozenset({"system", "edge", "cli"})
"""Folders of tests that mostly wait for processes."""

plain_logs()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits comes first, so that a run does not end with it while processors are idle."""
    items.sort(key=lambda item: WAITING.isdisjoint(item.path.parts))
