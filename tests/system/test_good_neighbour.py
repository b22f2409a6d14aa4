"""The bridge leaves half of the helpdesk's limits to others, however many processes it has; a person gets through."""

from __future__ import annotations

import time

import pytest

from tests.support.processes import PATIENCE_S, wait_until
from tests.support.site import Site

LIMIT = 160
BEFORE_THE_LIMIT_IS_KNOWN = 4
"""Calls of each process that may be on their way when the first response says what the limit is."""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_servers_share_one_share_and_explain_gets_through(site: Site) -> None:
    site.server()
    for server in site.servers:
        server.start()
    wait_until(site.servers[0].listens, "the server listens")
    site.sandbox.admin("DELETE", "journal")
    site.sandbox.limit(account_per_minute=LIMIT)
    began = time.monotonic()
    numbers = [site.ask() for _ in range(30)]
    calls = lambda: len(site.sandbox.requests(path="/api/v2"))  # noqa: E731
    wait_until(lambda: calls() > LIMIT * 0.4, "the share is used up")
    time.sleep(3)
    used, lasted = calls(), time.monotonic() - began
    assert lasted < 55, "longer than the limit counts"
    assert used <= LIMIT / 2 + 2 * BEFORE_THE_LIMIT_IS_KNOWN

    explained = site.command("explain", str(numbers[-1]))
    text, _ = explained.communicate(timeout=PATIENCE_S)
    assert explained.returncode == 0, text
    assert "first_response" in text
