"""``diff`` as people read it: what a customer notices in full, what nobody notices in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.backtest import END, START, Lifecycle
from bridge.cli import cli
from bridge.history.line import end_line, head_line
from bridge.policy.load import load_policy

PACK = load_policy("maintmaster")
TICKETS = 12


@pytest.fixture
def edit(tmp_path: Path) -> Path:
    """The pack with a shorter time until closing, beside a history in which people close the tickets themselves."""
    lines = [Lifecycle(PACK, number).line().as_line() for number in range(1, TICKETS + 1)]
    whole = [head_line("a test", END, texts=True), *lines, end_line(TICKETS, {})]
    (tmp_path / "quarter.ndjson").write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")
    source = {**PACK.source, "waiting": [{**rule, "close_after": "3 business days"} for rule in PACK.source["waiting"]]}
    path = tmp_path / "edited.yaml"
    path.write_text(json.dumps(source), encoding="utf-8")
    return path


def test_ended_promises_with_the_same_verdict_are_one_line_a_ticket(edit: Path) -> None:
    history = str(edit.parent / "quarter.ndjson")
    command = ["diff", PACK.pack, str(edit), "--from", f"{START:%Y-%m-%dT%H:%MZ}", "--history", history]
    done = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    head, *_ = done.stdout.splitlines()
    assert head.endswith("times in UTC; nothing was written")
    ended = [line for line in done.stdout.splitlines() if line.endswith("and the same verdict")]
    assert len(ended) >= TICKETS - 2, "one for nearly every ticket: each of them waited for its customer"
    assert all("ended promise" in line and "another due time, by" in line for line in ended)
    assert "closure cancelled" not in done.stdout
