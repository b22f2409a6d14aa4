"""docs/time-machine.md: its commands work on the file that it shows, and its tables have all that there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.history.difference import Change
from bridge.history.problems import HistoryProblem
from tests.test_readme import Block, all_printed, blocks

PAGE = (Path(__file__).parents[2] / "docs" / "time-machine.md").read_text("utf-8")
FILE = re.compile(r"^<!-- file: (?P<name>[\w.-]+) -->\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
RUNNABLE = [block for block in blocks(PAGE) if re.fullmatch("run(: exit 1)?", block.mark)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the page, and the program beside them."""
    for match in FILE.finditer(PAGE):
        (tmp_path / match["name"]).write_text(match["text"], encoding="utf-8")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


@pytest.mark.parametrize("block", RUNNABLE, ids=str)
def test_its_commands_work(block: Block, folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("POLICYBRIDGE", "ZEN"))}
    for number, command in enumerate(block.commands, 1):
        fails = block.mark == "run: exit 1" and number == len(block.commands)
        done = subprocess.run(
            ["/bin/sh", "-uc", command.line],
            cwd=folder,
            env=environment | {"NO_COLOR": "1", "COLUMNS": "120"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == int(fails), f"{command.line}\n{done.stdout}{done.stderr}"
        all_printed(command, done.stdout + done.stderr)


def test_every_console_block_is_run() -> None:
    assert RUNNABLE
    assert len(RUNNABLE) == len(blocks(PAGE))


def test_every_problem_is_in_the_table() -> None:
    rows = PAGE.partition("| problem |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", rows, re.MULTILINE)) == set(HistoryProblem)


def test_every_change_is_in_the_table_in_its_order() -> None:
    rows = PAGE.partition("| change |")[2].partition("\n\n")[0]
    assert re.findall(r"`([a-z ]+)`", "".join(row.split(" | ")[0] for row in rows.splitlines())) == list(Change)
