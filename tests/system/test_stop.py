"""A stop in the middle of everything: two servers, one is killed, and nobody writes after the first second."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bridge.runtime.stops import Stops
from tests.support.databases import two_engines_one_slow
from tests.support.processes import wait_until
from tests.support.site import Site

OBEYED_WITHIN_S = 1.0


def _now() -> datetime:
    return datetime.now(UTC)


@two_engines_one_slow
def test_two_servers_obey_one_stop_and_a_kill_loses_nothing(site: Site) -> None:
    servers = [site.servers[0].ready(), site.server().ready()]
    stops = Stops(site.store)
    numbers = [site.ask() for _ in range(8)]
    wait_until(lambda: any(map(site.written, numbers)), "the first tickets are written to")
    stops.stop("", "pat", "wrong texts", _now())
    time.sleep(OBEYED_WITHIN_S)
    before = [site.attempts(number) for number in numbers]
    numbers += [site.ask() for _ in range(3)]
    wait_until(lambda: {each.ref.id for each in site.store.withheld()} >= set(map(str, numbers[-3:])), "reviews go on")
    servers[0].kill()
    servers[0].start()
    time.sleep(2 * OBEYED_WITHIN_S)
    assert [site.attempts(number) for number in numbers[:-3]] == before, "no write after the first second"
    assert not any(map(site.attempts, numbers[-3:]))
    stops.resume(None, "pat", "", _now())
    wait_until(site.at_rest, "every ticket is reviewed")
    assert site.store.count_withheld() == {}
    assert site.discrepancies().nothing, site.discrepancies()
