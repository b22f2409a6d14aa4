"""Commands that are killed with SIGKILL in the middle: the same command goes on, and nothing is lost or doubled."""

from __future__ import annotations

import contextlib
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from bridge.cli import cli
from bridge.config.mode_edit import write_mode
from bridge.helpdesks.http.waits import ZENDESK_SETTLE_S
from bridge.ports.outcomes import ReviewCause
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.ticket import TicketRef
from tests.support.databases import two_engines_one_slow
from tests.support.processes import PATIENCE_S, wait_until, wait_while_running
from tests.support.site import Site
from tests.support.zendesk_account import IDS, configuration

LATE_S = 1.0
"""How long after the death of its sender a request arrives."""


def run(site: Site, *arguments: str) -> Result:
    """A command that runs to its end; in this process, which saves the imports."""
    with contextlib.chdir(site.folder):
        done = CliRunner(env=site.servers[0].environment).invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done


def kill(site: Site, *arguments: str, during: int) -> None:
    """Start a command and kill it while its write to a ticket is on its way, which arrives nevertheless."""
    site.disturb(during, delay_s=LATE_S)
    command = site.command(*arguments)
    wait_while_running(command, site.undisturbed, "the write is on its way")
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
    return sum("took back" in comment["plain_body"] for comment in found)


def kill_while_waiting(site: Site, *arguments: str) -> None:
    """Start a command and kill it while it waits for a database that takes no writes."""
    with site.nobody_can_record():
        command = site.command(*arguments)
        wait_while_running(command, lambda: is_waiting(site, command.pid), "it waits for the database")
        command.kill()
        command.wait(PATIENCE_S)


def is_waiting(site: Site, pid: int) -> bool:
    """Whether a process has come to the database, which is locked."""
    if site.database_url.startswith("sqlite"):
        return has_open(pid, "bridge.sqlite3")
    locked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    engine = create_engine(site.database_url)
    with engine.connect() as connection:
        found = connection.scalar(text(locked))
    engine.dispose()
    return bool(found)


def has_open(pid: int, name: str) -> bool:
    """Whether a process has opened a file of this name."""
    with contextlib.suppress(OSError):
        return any(each.readlink().name == name for each in Path(f"/proc/{pid}/fd").iterdir())
    return False


def _ref(number: int) -> TicketRef:
    return TicketRef(connection="zendesk", id=str(number))


@two_engines_one_slow
@pytest.mark.parametrize("has_arrived", [True, False], ids=["arrived", "on its way"])
def test_undo(site: Site, has_arrived: bool) -> None:
    first, second, _ = numbers = [site.ask(priority="low") for _ in range(3)]
    before = [state(site, number) for number in numbers]
    run(site, "backfill", "--apply")
    assert all(state(site, number) != was for number, was in zip(numbers, before, strict=True))
    time.sleep(
        2 * ZENDESK_SETTLE_S
    )  # a ticket that was just written waits for its second to pass, and this lease is short
    kill(site, "undo", "--since", "1h", "--apply", during=second)
    if has_arrived:
        wait_until(lambda: state(site, second) == before[1], "the late write arrives")
    else:
        site.disturb(second, delay_s=2 * LATE_S)  # which loses the race against the one before
    printed = run(site, "undo", "--since", "1h", "--apply").stdout
    assert f"zendesk:{second}" in printed
    assert f"zendesk:{first}" not in printed
    assert "on 2 tickets, 0 kept" in printed
    assert [state(site, number) for number in numbers] == before
    assert [notes(site, number) for number in numbers] == [1, 1, 1]
    assert not [key for number in numbers for key in site.unconfirmed(number)]
    assert "all of it was taken back already" in run(site, "undo", "--since", "1h", "--apply").stdout
    written = [site.attempts(number) for number in numbers]
    for number in numbers:
        run(site, "review", str(number))
    assert [site.attempts(number) for number in numbers] == written, "the policy does not do it again"


@two_engines_one_slow
def test_preview(site: Site) -> None:
    write_mode(site.folder / "policybridge.yaml", "zendesk", "shadow")
    numbers = [site.ask() for _ in range(3)]
    for number in numbers:  # each was reported, and no review has seen it yet
        site.store.wake(_ref(number), datetime.now(UTC), ReviewCause.DELIVERY)
    site.sandbox.fail("GET", f"/api/v2/tickets/{numbers[1]}*", delay_s=LATE_S)
    command = site.command("preview", "--json")
    wait_while_running(command, site.undisturbed, "the second ticket is being read")
    command.kill()
    command.wait(PATIENCE_S)
    done = run(site, "preview", "--json")
    assert "resumed the preview of" in done.stderr
    found = json.loads(done.stdout)
    assert {action["ticket"] for action in found["actions"]} == {f"zendesk:{number}" for number in numbers}
    assert not any(map(site.attempts, numbers)), "nothing is written"


@two_engines_one_slow
@pytest.mark.parametrize("command", [("stop", "--because", "wrong texts"), ("resume", "--yes")])
def test_a_command_that_waits_for_the_database(site: Site, command: tuple[str, ...]) -> None:
    """It has done all or nothing, and works the second time."""
    number = site.ask()
    if command[0] == "resume":
        run(site, "stop")
    run(site, "backfill", "--apply")
    before = (site.store.stops(), site.store.audit_entries(), site.store.ledger(_ref(number)))
    kill_while_waiting(site, *command)
    assert (site.store.stops(), site.store.audit_entries(), site.store.ledger(_ref(number))) == before
    run(site, *command)
    assert bool(site.store.stops()) is (command[0] != "resume")


def test_history(tmp_path: Path, sqlite_url: str) -> None:
    with ZendeskSandbox() as sandbox, contextlib.closing(Site(sandbox, tmp_path, sqlite_url)) as site:
        goes_on_with_its_file(site)


def goes_on_with_its_file(site: Site) -> None:
    numbers = [site.ask() for _ in range(3)]
    site.sandbox.advance(120)  # Zendesk lists no ticket that was changed in the last minute
    file = site.folder / "tickets.ndjson"
    site.sandbox.fail("GET", f"/api/v2/tickets/{numbers[1]}*", delay_s=LATE_S)
    command = site.command("history", str(file))
    wait_while_running(command, site.undisturbed, "the second ticket is being read")
    command.kill()
    command.wait(PATIENCE_S)
    with file.open("a", encoding="utf-8") as half:
        half.write('{"ticket": {"ref": ')  # what a kill leaves of a line in the worst case
    done = run(site, "history", str(file))
    assert f"{file}: continuing after 1 tickets" in done.stderr
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(line["ticket"]["ref"]["id"] for line in lines[1:-1]) == sorted(map(str, numbers))
    assert run(site, "backtest", "--history", str(file), "--json").exit_code == 0


@two_engines_one_slow
def test_release(site: Site) -> None:
    """What caps withhold is released as a whole or not at all, and a second time nothing is left to be released."""
    moved = {"name": "urgent", "clause": "MA-02", "when": {"affected": "all"}, "group": "japanese"}
    given = configuration() | {
        "limits": {"reassignments": {"day": 0}},
        "overrides": {"maas360": {"reactions": [moved]}},
    }
    given["connections"]["zendesk"]["in_force_since"] = "2026-01-01T00:00:00Z"
    (site.folder / "policybridge.yaml").write_text(json.dumps(given))
    numbers = [site.ask() for _ in range(2)]
    run(site, "backfill", "--apply")
    waiting, audit = site.store.withheld(), site.store.audit_entries()
    assert {each.ref for each in waiting} == {*map(_ref, numbers)}
    command = ("release", *map(str, numbers))
    kill_while_waiting(site, *command)
    assert (site.store.withheld(), site.store.audit_entries()) == (waiting, audit)
    for count in ("1 action released", "0 actions released"):
        assert run(site, *command).stdout.count(count) == len(numbers)
    for number in numbers:
        run(site, "review", str(number))
        assert state(site, number)["group_id"] == IDS["groups.japanese"]
    assert site.store.withheld() == []
