"""Histories from the files of a Zendesk's own export: the same tickets as over the API, and what is wrong is named."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.cli.exits import Exit
from bridge.sandbox.zendesk.process import ZendeskSandbox
from tests.support.zendesk_account import AGENT

CUSTOMER = "helpdesk@acme.example"


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskSandbox]:
    """An account that has lived for two days: three tickets, one of them solved, one answered by call."""
    with ZendeskSandbox(start=datetime.now(UTC) - timedelta(days=2)) as sandbox:
        for number in range(3):
            ident = int(sandbox.ask(CUSTOMER, {"subject": f"Ticket {number}", "comment": {"body": "Help"}})["id"])
            sandbox.act(ident, AGENT, {"priority": "urgent", "assignee_id": 6101, "tags": ["vip"]})
            sandbox.advance(3_000)
            sandbox.act(ident, AGENT, {"comment": {"body": "We look", "public": True}, "status": "pending"})
            sandbox.advance(3_000)
            sandbox.reply(ident, CUSTOMER, "Here it is")
        sandbox.act(ident, AGENT, {"status": "solved"})
        sandbox.call(1, AGENT)
        sandbox.advance(120)
        yield sandbox


def got(zendesk: ZendeskSandbox, path: str) -> dict[str, Any]:
    answer = requests.get(f"{zendesk.url}/api/v2/{path}", auth=zendesk.auth, timeout=30)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def export(zendesk: ZendeskSandbox, tmp_path: Path) -> Path:
    """Tickets as a page of the API, audits a line each and compressed, metric events, in no special order."""
    folder = tmp_path / "export"
    folder.mkdir()
    page = got(zendesk, "incremental/tickets/cursor?start_time=0&include=users,organizations")
    (folder / "z_tickets.json").write_text(json.dumps(page, indent=2), "utf-8")
    audits = [audit for ticket in page["tickets"] for audit in got(zendesk, f"tickets/{ticket['id']}/audits")["audits"]]
    with gzip.open(folder / "audits.ndjson.gz", "wt", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(audit)}\n" for audit in reversed(audits))
    events = got(zendesk, "incremental/ticket_metric_events?start_time=0")
    (folder / "events.json").write_text(json.dumps(events), "utf-8")
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:-1]]


def test_exported_files_have_the_tickets_that_the_api_has(connected: Any, export: Path) -> None:
    assert connected("history", "live.ndjson").code == Exit.OK
    assert connected("history", "files.ndjson", "--source", export).code == Exit.OK
    live, files = (
        sorted(lines(connected.folder / name), key=lambda line: str(line["ticket"]["ref"]))
        for name in ("live.ndjson", "files.ndjson")
    )
    assert files == live
    assert len(files) == 3
    done = connected("backtest", "--history", export, "--processes", "1", "--json")
    assert done.json()["tickets"] == {"read": 3, "evaluated": 3}


def spoiled(export: Path) -> dict[str, str]:
    """A half line among the audits, a user who is gone, a ticket without audits, a record of no kind."""
    with gzip.open(export / "audits.ndjson.gz", "rt", encoding="utf-8") as file:
        audits = [json.loads(line) for line in file]
    kept = [audit for audit in audits if audit["ticket_id"] != 1]
    someone = next(audit for audit in kept if audit["ticket_id"] == 2)
    someone["author_id"] = someone["events"][0]["author_id"] = 999
    (export / "audits.ndjson.gz").unlink()
    text = "".join(f"{json.dumps(audit)}\n" for audit in kept)
    (export / "audits.ndjson").write_text(f'{{"hello": 1}}\n{text}{json.dumps(kept[0])[:40]}', "utf-8")
    return {
        "cut_off": "audits.ndjson:",
        "no_history": "acme:1",
        "unknown_people": "acme:2",
        "unreadable": ":1: found a",
    }


def test_what_is_wrong_with_exported_files_is_counted_and_named(connected: Any, export: Path) -> None:
    expected = spoiled(export)
    done = connected("backtest", "--history", export, "--processes", "1", "--json")
    problems = done.json()["problems"]
    assert done.code == Exit.FINDINGS
    assert set(expected) <= set(problems)
    for problem, example in expected.items():
        assert example in " ".join(problems[problem]["examples"]), problems[problem]
    assert done.json()["tickets"]["evaluated"] == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder, "found no tickets of a Zendesk export"),
        (lambda folder: f"other={folder}", "--history: found 'other="),
        (lambda _: "acme=nowhere", "nowhere: no such file"),
    ],
)
def test_what_is_no_export_says_so_in_a_line(
    connected: Any, tmp_path: Path, make: Callable[[Path], str | Path], message: str
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "users.json").write_text('{"users": [{"id": 1, "role": "agent"}]}', "utf-8")
    done = connected("backtest", "--history", make(folder))
    assert done.code == Exit.UNUSABLE
    assert message in done.err
    assert len(done.err.splitlines()) == 1
