"""A wrong clock: this machine's is moved while `policybridge serve` runs, and the helpdesk's stays right."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.sandbox.zendesk.process import ZendeskSandbox
from tests.support.moved_clock import COMPILER, environment, move
from tests.support.processes import wait_until
from tests.support.site import Site

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler to build the wrong clock with")
EIGHT_DAYS = 8 * 86_400


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site whose servers are eight days ahead."""
    with ZendeskSandbox() as sandbox:
        ahead = environment(tmp_path, EIGHT_DAYS)
        found = Site(sandbox, tmp_path, f"sqlite:///{tmp_path / 'store.sqlite3'}", ahead)
        yield found
        found.close()


def failing(site: Site) -> dict[str, Any]:
    found = requests.get(f"http://127.0.0.1:{site.port}/readyz", timeout=30)
    conditions = {each["condition"]: each for each in found.json()["failing"]}
    return conditions if found.status_code == 503 else {}


def writes(site: Site) -> int:
    return sum(len(site.attempts(number)) for number in site.tickets)


def test_nothing_is_written_by_a_wrong_clock_and_writing_resumes_once_it_is_right(site: Site) -> None:
    server = site.servers[0].ready()
    wait_until(lambda: "clock" in failing(site), "readiness says that the clock is wrong")
    assert "NTP" in failing(site)["clock"]["advice"]
    move(site.folder, 0)
    wait_until(lambda: not failing(site), "the server is ready")
    number = site.ask()
    wait_until(lambda: site.written(number), "the ticket is written to")
    assert server.stop()[0] == 0


def test_a_clock_that_jumps_ahead_reminds_and_closes_nobody(site: Site) -> None:
    move(site.folder, 0)
    site.servers[0].ready()
    for _ in range(3):
        site.ask()
    wait_until(lambda: site.at_rest() and all(map(site.written, site.tickets)), "the tickets are at rest")
    before = writes(site)
    move(site.folder, EIGHT_DAYS)
    wait_until(lambda: "clock" in failing(site), "readiness says that the clock is wrong")
    time.sleep(5)  # every timer of the tickets has run out by this clock
    assert writes(site) == before
    move(site.folder, 0)
    wait_until(lambda: not failing(site), "the server is ready")
    number = site.ask()
    wait_until(lambda: site.written(number), "the new ticket is written to")
    assert site.store.parked() == []
