"""Two installations on one helpdesk, each with its own database: no customer gets a message twice, and one stops."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from bridge.cli import cli
from bridge.ports.conditions import Condition
from bridge.sandbox.zendesk.process import ZendeskSandbox
from mappings.zendesk.vocabulary import OUR_NAME
from tests.support.processes import wait_until
from tests.support.site import ServeProcess, Site

CONSOLE = "c" * 40


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[list[Site]]:
    """The first installation and the second, which started later."""
    with ZendeskSandbox() as sandbox:
        made = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            settings = {"POLICYBRIDGE_CONSOLE_TOKEN": CONSOLE}
            made.append(Site(sandbox, tmp_path / name, f"sqlite:///{tmp_path / name}/bridge.sqlite3", settings))
        yield made
        for site in made:
            site.close()


def conditions(server: ServeProcess) -> dict[str, dict[str, Any]]:
    """What fails at ``/readyz``, with the status under ``""``."""
    answer = requests.get(f"http://127.0.0.1:{server.port}/readyz", timeout=10)
    return {each["condition"]: each for each in answer.json()["failing"]} | {"": {"status": answer.status_code}}


def keys_written(site: Site, number: int) -> Counter[str]:
    """How often each action reached a ticket, whoever wrote it."""
    audits = site._pages(f"tickets/{number}/audits")
    marks = (audit["metadata"].get("custom", {}).get(OUR_NAME, {}) for audit in audits)
    return Counter(key for mark in marks for key in mark.get("keys", ()))


def run(server: ServeProcess, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    with monkeypatch.context() as patched:
        patched.chdir(server.folder)
        for name, value in server.environment.items():
            patched.setenv(name, value)
        done = CliRunner().invoke(cli, list(arguments))
    return done.exit_code, done.output


def test_the_second_stops_says_so_and_continues_when_a_person_says_so(
    sites: list[Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    [one], [other] = sites[0].servers, sites[1].servers
    one.ready()
    wait_until(lambda: sites[0].store.sweep_cursor("zendesk") is not None, "the first has begun")
    other.ready()
    numbers = [sites[0].ask() for _ in range(8)]
    while Condition.SOLE_WRITER not in conditions(other):  # it may have been the faster one
        wait_until(lambda: sites[0].written(numbers[-1]), "one of them writes")
        numbers.append(sites[0].ask())
    found = conditions(other)
    assert found[""]["status"] == 503
    alarm = found[Condition.SOLE_WRITER]
    assert alarm["since"]
    assert "policybridge takeover" in alarm["advice"]
    wait_until(sites[0].at_rest, "the first does all the work")
    assert all(max(keys_written(sites[0], number).values()) == 1 for number in numbers)
    assert sites[0].store.stop_of("zendesk") is None
    status = conditions(one)
    assert status[""]["status"] == 200, status

    _, printed = run(other, "doctor", monkeypatch=monkeypatch)
    assert "no other installation writes: another installation, first started" in printed.replace("\n", " ")
    one.kill()
    code, printed = run(other, "takeover", "--json", monkeypatch=monkeypatch)
    assert code == 0
    assert [each["connection"] for each in json.loads(printed)["resumed"]] == ["zendesk"]
    wait_until(lambda: Condition.SOLE_WRITER not in conditions(other), "the alarm ends")
    numbers.append(later_ticket := sites[1].ask())
    wait_until(lambda: sites[1].written(later_ticket), "the second does the work now")
    assert all(max(keys_written(sites[1], number).values()) == 1 for number in numbers)

    one.start()  # the first is back, and sees that the other one was chosen
    wait_until(one.listens, "the first is back")
    numbers.append(sites[0].ask())
    wait_until(lambda: conditions(one)[""]["status"] == 503, "the first has stopped")
    wait_until(lambda: sites[1].written(numbers[-1]), "the other one goes on")
    assert Condition.SOLE_WRITER in conditions(one)
    assert all(max(keys_written(sites[1], number).values()) == 1 for number in numbers)


@pytest.mark.slow
def test_after_a_lost_database_marks_of_the_old_one_are_no_alarm(sites: list[Site]) -> None:
    [one], [other] = sites[0].servers, sites[1].servers
    one.ready()
    numbers = [sites[0].ask() for _ in range(2)]
    wait_until(sites[0].at_rest, "the work is done")
    one.kill()
    other.ready()
    for number in numbers:
        sites[1].sandbox.act(number, "agent1@vendor.example", {"comment": {"body": "looking", "public": False}})
    later_ticket = sites[1].ask()
    wait_until(lambda: sites[1].written(later_ticket), "the new one works")
    assert Condition.SOLE_WRITER not in conditions(other)
    assert all(max(keys_written(sites[1], number).values()) == 1 for number in [*numbers, later_ticket])
