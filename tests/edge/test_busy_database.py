"""A database that another program keeps busy: deliveries are refused at once, to be sent again."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import requests

from .conftest import EdgeServer


def test_a_busy_database_refuses_deliveries_and_recovers(server: EdgeServer) -> None:
    with closing(sqlite3.connect(server.folder / "bridge.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = server.deliver(1)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200
        other.execute("ROLLBACK")
    assert server.deliver(1).status_code == 202
