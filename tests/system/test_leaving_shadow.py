"""Leaving shadow for real: the server is killed, the file is edited, and what was withheld is written at the start."""

from __future__ import annotations

import json
from typing import Any

from tests.support.databases import two_engines_one_slow
from tests.support.processes import wait_until
from tests.support.site import Site
from tests.support.zendesk_account import configuration


def edit(site: Site, mode: str, **more: Any) -> None:
    """Edit the file of the installation."""
    given = configuration()
    given["connections"]["zendesk"]["mode"] = mode
    (site.folder / "policybridge.yaml").write_text(json.dumps(given | more))


@two_engines_one_slow
def test_tickets_seen_in_shadow_do_not_wait_for_their_next_timer(site: Site) -> None:
    edit(site, "shadow")
    [server] = site.servers
    server.ready()
    numbers = [site.ask() for _ in range(4)]
    wait_until(lambda: {each.ref.id for each in site.store.withheld()} == set(map(str, numbers)), "all are seen")
    assert not any(map(site.attempts, numbers))
    server.kill()
    edit(site, "shadow", rollout=[{"pack": "maas360", "mode": "enforce"}])
    server.start()
    wait_until(lambda: any(map(site.intended, numbers)), "the first is about to be written to")
    server.kill()
    server.start()
    wait_until(site.at_rest, "every ticket is reviewed")
    assert site.store.count_withheld() == {}
    found = site.discrepancies()
    assert [found.doubled, found.unknown, found.different] == [[], [], []]
    # they are adopted: tags and priority are written, and nobody is told of what was due before
    assert all("has no notes" in each for each in found.lost), found
