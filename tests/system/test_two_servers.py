"""Two servers on one database: previewed, enforced within a cap that they share, and undone beside them."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import requests
from click.testing import CliRunner

from bridge.cli import cli
from tests.support.databases import two_engines_one_slow
from tests.support.processes import wait_until
from tests.support.site import Site
from tests.support.zendesk_account import IDS, configuration

MOST_MOVES = 2
TICKETS = 5
RESTORED = ("status", "custom_status_id", "priority", "tags", "group_id", "fields")


def typed(site: Site, *arguments: str) -> str:
    """What a command prints, typed beside the servers."""
    with contextlib.chdir(site.folder):
        done = CliRunner(env=site.servers[0].environment).invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def seen(site: Site, number: int) -> dict[str, Any]:
    """A ticket as Zendesk has it, without what every update changes."""
    answer = requests.get(f"{site.sandbox.url}/api/v2/tickets/{number}.json", auth=site.sandbox.auth, timeout=30)
    return {name: answer.json()["ticket"][name] for name in RESTORED}


def our_tags(site: Site, numbers: list[int]) -> set[tuple[int, str]]:
    """The tags of the bridge on tickets."""
    return {(number, tag) for number in numbers for tag in seen(site, number)["tags"] if tag.startswith("policy_")}


@two_engines_one_slow
def test_what_is_previewed_is_written_within_the_cap_and_taken_back(site: Site) -> None:
    moved = {"name": "all affected", "clause": "MA-02", "when": {"affected": "all"}, "group": "japanese"}
    given = configuration() | {"overrides": {"maas360": {"reactions": [moved]}}}
    given |= {"limits": {"reassignments": {"hour": MOST_MOVES}}}
    given["connections"]["zendesk"] |= {"mode": "shadow", "in_force_since": "2026-01-01T00:00:00Z"}
    (site.folder / "policybridge.yaml").write_text(json.dumps(given))
    for server in (site.servers[0], site.server()):
        server.ready()
    old = [site.ask(priority="low") for _ in range(TICKETS)]
    wait_until(lambda: {each.ref.id for each in site.store.withheld()} == {*map(str, old)}, "all are seen")
    [before] = {json.dumps(seen(site, number)) for number in old}
    shown = json.loads(typed(site, "preview", "--json"))["actions"]
    assert {json.dumps(seen(site, number)) for number in old} == {before}, "a preview writes nothing"
    typed(site, "enforce", "--apply", "--yes")
    wait_until(site.at_rest, "what was withheld is written")
    soon = datetime.now(UTC).isoformat()
    assert our_tags(site, old) == {
        (int(each["ticket"].partition(":")[2]), each["value"])
        for each in shown
        if each["action"] == "add_tag" and each["due"] < soon
    }
    new = [site.ask(priority="low") for _ in range(TICKETS)]
    wait_until(site.at_rest, "new tickets are reviewed")
    groups = [seen(site, number)["group_id"] for number in (*old, *new)]
    assert groups.count(IDS["groups.japanese"]) == MOST_MOVES
    assert len({each.ref for each in site.store.withheld()}) == 2 * TICKETS - MOST_MOVES
    assert "0 kept" in typed(site, "undo", "--since", "1h", "--apply")
    wait_until(site.at_rest, "they are reviewed again")
    assert {json.dumps(seen(site, number)) for number in (*old, *new)} == {before}
