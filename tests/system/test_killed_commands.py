"""Commands that are killed with SIGKILL in the middle: the same command goes on, and nothing is lost or doubled."""

from __future__ import annotations

import contextlib

import pytest
import requests
from click.testing import CliRunner

from bridge.cli import cli
from bridge.ticket import TicketRef
from tests.support.processes import PATIENCE_S, wait_until
from tests.support.site import Site

LATE_S = 1.0
"""How long after the death of its sender a request arrives."""


def run(site: Site, *arguments: str) -> str:
    """What a command prints that runs to its end; in this process, which saves the imports."""
    with contextlib.chdir(site.folder):
        done = CliRunner(env=site.servers[0].environment).invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def kill(site: Site, *arguments: str, during: int) -> None:
    """Start a command and kill it while its write to a ticket is on its way, which arrives nevertheless."""
    site.disturb(during, delay_s=LATE_S)
    command = site.command(*arguments)
    wait_until(site.undisturbed, "the write is on its way")
    command.kill()
    command.wait(PATIENCE_S)


def state(site: Site, number: int) -> dict[str, object]:
    """What an undo restores."""
    answer = requests.get(f"{site.sandbox.url}/api/v2/tickets/{number}.json", auth=site.sandbox.auth, timeout=30)
    found = answer.json()["ticket"]
    return {name: found[name] for name in ("status", "custom_status_id", "priority", "tags", "group_id", "fields")}


def notes(site: Site, number: int) -> int:
    """How many notes say that something was taken back."""
    url = f"{site.sandbox.url}/api/v2/tickets/{number}/comments.json"
    found = requests.get(url, auth=site.sandbox.auth, timeout=30).json()["comments"]
    return sum("taken back" in comment["plain_body"] for comment in found)


def _ref(number: int) -> TicketRef:
    return TicketRef(connection="zendesk", id=str(number))


@pytest.mark.parametrize("has_arrived", [True, False], ids=["arrived", "on its way"])
def test_undo(site: Site, has_arrived: bool) -> None:
    first, second, _ = numbers = [site.ask(priority="low") for _ in range(3)]
    before = [state(site, number) for number in numbers]
    run(site, "backfill", "--apply")
    assert all(state(site, number) != was for number, was in zip(numbers, before, strict=True))
    kill(site, "undo", "--since", "1h", "--apply", during=second)
    if has_arrived:
        wait_until(lambda: state(site, second) == before[1], "the late write arrives")
    else:
        site.disturb(second, delay_s=2 * LATE_S)  # which loses the race against the one before
    printed = run(site, "undo", "--since", "1h", "--apply")
    assert f"zendesk:{second}" in printed
    assert f"zendesk:{first}" not in printed
    assert "on 2 tickets, 0 kept" in printed
    assert [state(site, number) for number in numbers] == before
    assert [notes(site, number) for number in numbers] == [1, 1, 1]
    assert not [key for number in numbers for key in site.unconfirmed(number)]
    assert "all of it was taken back already" in run(site, "undo", "--since", "1h", "--apply")
    written = [site.attempts(number) for number in numbers]
    for number in numbers:
        run(site, "review", str(number))
    assert [site.attempts(number) for number in numbers] == written, "the policy does not do it again"
