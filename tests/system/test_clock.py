"""A wrong clock: this machine's is moved while `policybridge serve` runs, and the helpdesk's stays right."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.sandbox.zendesk.process import ZendeskSandbox
from tests.support.moved_clock import COMPILER, environment, move
from tests.support.processes import wait_until
from tests.support.site import ROOT, Site

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


@pytest.mark.slow
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


@pytest.fixture
def two_hosts(tmp_path: Path, postgresql_url: str) -> Iterator[Site]:
    """Two servers on one PostgreSQL; the clock of the second can be moved."""
    with ZendeskSandbox() as sandbox:
        found = Site(sandbox, tmp_path, postgresql_url)
        other = found.server()
        other.environment |= environment(tmp_path, 0)
        yield found
        found.close()


def other_failing(site: Site) -> set[str]:
    answer = requests.get(f"http://127.0.0.1:{site.servers[1].port}/readyz", timeout=30)
    return {each["condition"] for each in answer.json()["failing"]}


def test_of_two_hosts_the_one_with_the_wrong_clock_rests_and_the_other_goes_on(two_hosts: Site) -> None:
    site = two_hosts
    for server in site.servers:
        server.ready()
    move(site.folder, EIGHT_DAYS)
    wait_until(lambda: '"clock_not_trusted"' in site.servers[1].log.read_text(), "the second host notices")
    numbers = [site.ask() for _ in range(4)]
    wait_until(lambda: site.at_rest() and all(map(site.written, numbers)), "the first host does the work")
    assert site.discrepancies().nothing, site.discrepancies()
    move(site.folder, 0)
    wait_until(lambda: '"clock_trusted_again"' in site.servers[1].log.read_text(), "the second host goes on")
    wait_until(lambda: not other_failing(site), "and says so")


@pytest.mark.parametrize(("ahead_s", "is_trusted"), [(0, True), (600, False), (-600, False)])
def test_a_hosts_clock_is_compared_with_the_databases(
    tmp_path: Path, postgresql_url: str, ahead_s: int, *, is_trusted: bool
) -> None:
    program = (
        "import sys; from bridge.store import open_store; store = open_store(sys.argv[1]); print(store.clock_problem())"
    )
    moved = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment(tmp_path, ahead_s)}
    command = [sys.executable, "-c", program, postgresql_url]
    problem = subprocess.run(command, env=moved, check=True, capture_output=True, text=True).stdout.strip()
    assert (problem == "") == is_trusted, problem
    assert is_trusted or "the database" in problem
