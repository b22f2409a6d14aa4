"""Killed in the middle, however often: nothing is lost and nothing happens twice."""

from __future__ import annotations

import random
import time

import pytest

from tests.support.processes import wait_until
from tests.support.site import Site

STOP_S = 35.0
"""Seconds after SIGTERM within which a server must have ended."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_kill_finds_tickets_at_every_point_of_their_path(site: Site) -> None:
    [server] = site.servers
    server.ready()
    with server.paused():
        unsent, under_way, unrecorded, refused, acknowledged = (site.ask() for _ in range(5))
        site.disturb(unsent, delay_s=4, drop=True)
        site.disturb(under_way, delay_s=4)  # takes effect when its sender has long been dead
        site.disturb(unrecorded, delay_s=2)
        site.disturb(refused, delay_s=4, status=503)
    wait_until(lambda: all(map(site.intended, (unsent, under_way, unrecorded, refused))), "the write-ahead")
    wait_until(lambda: site.heard(acknowledged), "the last one is acknowledged")
    with site.nobody_can_record():
        wait_until(lambda: site.written(unrecorded), "a write that nobody can record")
        server.kill()
    assert not any(map(site.written, (unsent, under_way, refused)))
    server.start()
    wait_until(site.at_rest, "every ticket is judged")
    wait_until(lambda: 200 in site.attempts(under_way), "the dead server's write arrives")
    assert site.discrepancies().nothing, site.discrepancies()


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_servers_share_the_work_and_are_killed_again_and_again_at_random_moments(site: Site) -> None:
    """The moments differ from run to run whatever the seed; ``benchmarks/chaos.py`` goes on for longer."""
    chance = random.Random(20260302)
    site.server()
    for server in site.servers:
        server.start()
    wait_until(site.servers[0].listens, "the server listens")
    with site.servers[0].paused():
        site.sandbox.fail("PUT", "*", times=1000, delay_s=0.1)
        for _ in range(12):
            site.ask()
    wait_until(site.answered, "every delivery is acknowledged")
    for _ in range(3):
        time.sleep(chance.uniform(0, 1))
        server = chance.choice(site.servers)
        server.kill()
        server.ready()
    wait_until(site.at_rest, "every ticket is judged")
    assert site.discrepancies().nothing, site.discrepancies()


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_sigterm_under_load_it_finishes_its_work_and_gives_back_the_rest(site: Site) -> None:
    site.settings["POLICYBRIDGE_LEASE"] = "55"  # what is not given back is nobody's for so long
    site.servers.clear()
    server = site.server(site.port).ready()
    with server.paused():
        site.sandbox.fail("PUT", "*", times=1000, delay_s=1)
        for _ in range(12):
            site.ask()
    wait_until(lambda: any(map(site.written, site.tickets)), "the first writes")
    code, seconds = server.stop()
    assert (code, seconds < STOP_S) == (0, True), seconds
    assert site.answered()
    assert not all(map(site.written, site.tickets))  # it was under load
    site.sandbox.admin("DELETE", "faults")
    server.start()
    wait_until(site.at_rest, "every ticket is judged", patience_s=40)
    assert site.discrepancies().nothing, site.discrepancies()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_worker_that_overslept_its_lease_writes_nothing(site: Site) -> None:
    sleeper, second = site.servers[0], site.server()
    sleeper.ready()
    wait_until(lambda: bool(site.sandbox.requests("GET", "/api/v2/incremental")), "its first sweep, with a first token")
    with sleeper.paused():
        number = site.ask()
        site.disturb(number, status=401)  # so that it asks for another token before it writes again
        site.sandbox.fail("POST", "/oauth/tokens", delay_s=5)
    wait_until(lambda: site.attempts(number) == [401], "a write that is made again with another token")
    with sleeper.paused():
        second.start()
        wait_until(site.at_rest, "the other server takes over")
    wait_until(lambda: "superseded" in sleeper.log.read_text(), "the sleeper wakes up and finds the ticket gone")
    assert site.attempts(number) == [401, 200, 409]
    assert site.discrepancies().nothing, site.discrepancies()
