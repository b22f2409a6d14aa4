"""``preview`` and ``enforce`` beside a local Zendesk: what would be done is shown, asked about, and then done."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.support.databases import two_engines_one_slow
from tests.support.processes import wait_until
from tests.support.site import Site
from tests.support.zendesk_account import configuration

from .conftest import Machine


@pytest.fixture
def command(site: Site, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The command in the folder of the site."""
    monkeypatch.chdir(site.folder)
    return Machine(site.folder, monkeypatch, site.servers[0].environment)


def edit(site: Site, mode: str, **more: Any) -> None:
    """Edit the file of the installation."""
    given = configuration()
    given["connections"]["zendesk"]["mode"] = mode
    given["connections"]["zendesk"] |= more
    (site.folder / "policybridge.yaml").write_text(json.dumps(given))


def seen_in_shadow(site: Site) -> list[int]:
    """Some critical tickets that a server has seen in shadow mode; it does not run any more."""
    edit(site, "shadow")
    [server] = site.servers
    server.ready()
    numbers = [site.ask() for _ in range(3)]
    wait_until(lambda: {each.ref.id for each in site.store.withheld()} == set(map(str, numbers)), "all are seen")
    server.kill()
    return numbers


def adopted(site: Site) -> bool:
    """Whether every ticket has its priority and tags, once; adopted as they are, they get no notes about their past."""
    found = site.discrepancies()
    lost = [each for each in found.lost if " has no notes " not in each]
    return not (lost or found.doubled or found.unknown or found.different)


@two_engines_one_slow
def test_a_preview_of_a_stopped_server_writes_nothing(site: Site, command: Machine) -> None:
    numbers = seen_in_shadow(site)
    later_ticket = site.ask()
    shown = command("preview", "--json").json()
    assert {each["ticket"] for each in shown["actions"]} >= {f"zendesk:{number}" for number in numbers}
    assert shown["totals"]["priorities"] >= 3
    assert shown["totals"]["public_messages"] == 0
    assert shown["due"]["hour"]["priorities"] >= 3
    assert ("maas360", "MA-09") in {(each["pack"], each["clause"]) for each in shown["by_clause"]}
    first = next(each for each in shown["actions"] if each["action"] == "set_priority")
    assert (first["clause"], first["value"], first["withheld"]["because"]) == ("MA-09", "urgent", "mode shadow")
    rows = list(csv.DictReader(io.StringIO(command("preview", "--csv", "--pack", "maas360").out)))
    assert len(rows) >= len(shown["actions"])
    assert "messages to customers" in command("preview").out
    assert command("preview", "--pack", "other").err.startswith("--pack: found 'other'; allowed: maas360")
    ahead = command("forecast", "--hours", "168", "--json").json()
    assert ahead["tickets"] == shown["tickets"]
    assert sum(hour.get("tags", 0) for hour in ahead["by_hour"]) == shown["totals"]["tags"]
    assert sum(hour.get("breached", 0) for hour in ahead["by_hour"]) > 0
    assert "for 2 hours, if nobody acts" in command("forecast", "--hours", "2").out
    assert not any(map(site.attempts, [*numbers, later_ticket]))


@two_engines_one_slow
def test_enforce_shows_asks_and_begins_everywhere(site: Site, command: Machine) -> None:
    numbers = seen_in_shadow(site)
    plan = command("enforce", "--plan", "--json").json()
    assert plan["enforced"] == []
    assert plan["totals"]["priorities"] == 3
    refused = command("enforce", "--apply")
    assert refused.code == 2
    assert "add --yes" in refused.err
    site.servers[0].ready()
    assert "enforces its policies now" in command("enforce", "--apply", "--yes").out
    assert json.loads((site.folder / "policybridge.yaml").read_text())["connections"]["zendesk"]["mode"] == "enforce"
    wait_until(site.at_rest, "the running server has written")
    assert adopted(site)
    assert all(map(site.attempts, numbers))
    assert "already" in command("enforce", "--apply", "--yes").out


@two_engines_one_slow
@pytest.mark.parametrize("confirm", ["--yes", "console"])
def test_a_change_of_the_mode_by_hand_waits_for_a_person(site: Site, command: Machine, confirm: str) -> None:
    numbers = seen_in_shadow(site)
    edit(site, "enforce")
    [server] = site.servers
    server.ready()
    later_ticket = site.ask()
    wait_until(
        lambda: site.heard(later_ticket) and str(later_ticket) in {each.ref.id for each in site.store.withheld()},
        "it is seen",
    )
    wait_until(lambda: {each.cause for each in site.store.withheld()} == {"confirmation"}, "the reason is known")
    assert not any(map(site.attempts, [*numbers, later_ticket]))
    assert "is not confirmed yet" in server.log.read_text()
    if confirm == "--yes":
        server.kill()
        server = site.server(site.port, "--yes")
        server.ready()
    else:
        command("enforce", "--apply", "--yes")
    wait_until(site.at_rest, "it is written now")
    assert adopted(site)


@two_engines_one_slow
def test_an_installation_that_begins_with_enforce_is_not_held_up(site: Site) -> None:
    edit(site, "enforce")
    site.servers[0].ready()
    site.ask()
    wait_until(site.at_rest, "it is written")
    assert site.discrepancies().nothing


@two_engines_one_slow
def test_judging_the_backlog_is_confirmed_by_itself(site: Site, command: Machine) -> None:
    edit(site, "enforce", backlog="judge")
    site.servers[0].ready()
    number = site.ask()
    wait_until(lambda: str(number) in {each.ref.id for each in site.store.withheld()}, "it is seen")
    assert not site.attempts(number)
    assert "backlog: judge is not confirmed yet" in command("preview").out
    command("enforce", "--apply", "--yes")
    wait_until(site.at_rest, "it is written now")
    assert site.discrepancies().nothing
