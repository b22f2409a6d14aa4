"""What the README tells people to type works, in the order in which it stands there, with the files it shows.

The line before a fenced ``console`` block says what becomes of it; a block without such a line fails, so that none is
left out silently.

``<!-- run -->``
    Every command must succeed.
``<!-- run until: text -->``
    The block is one command that goes on; when it has printed the text it gets a Ctrl-C, and must then end by itself.
``<!-- show: reason -->``
    It cannot run here, and this is why.

Lines that begin with ``$ `` are commands, a ``\\`` at the end goes on in the next line, all else is output to expect:
each line must be among those that the command prints, ``...`` stands for anything. Commands run in a directory with
links to all that is in the repository, so what they write lands beside it and not in it.

``<!-- file: name -->`` before a fenced ``yaml`` block is the file of that name beside the commands. A ``yaml`` block
without it fails.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.processes import PATIENCE_S, start_process

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```console\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
YAML = re.compile(r"(?:^<!-- file: (?P<name>[\w.-]+) -->\n)?^```yaml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = re.compile(r"run|run until: (?P<until>\S.*)")
SHOW = re.compile(r"show: \S.*")


@dataclass
class Command:
    """One command of a document, with the lines it is said to print."""

    line: str
    printed: list[str] = field(default_factory=list)


@dataclass
class Block:
    """A fenced block of commands."""

    line_number: int
    mark: str
    commands: list[Command]

    def __str__(self) -> str:
        return f"line {self.line_number}"


def blocks(document: str) -> list[Block]:
    """The console blocks of a document, in order."""
    found = []
    for match in BLOCK.finditer(document):
        commands: list[Command] = []
        for line in match["text"].replace("\\\n", "").splitlines():
            if line.startswith("$ "):
                commands.append(Command(line.removeprefix("$ ")))
            elif commands and line.strip():
                commands[-1].printed.append(line.strip())
        found.append(Block(document.count("\n", 0, match.start("text")), match["mark"] or "", commands))
    return found


def files(document: str) -> dict[str, str]:
    """The YAML files a document shows, by name; without a name under the empty one."""
    return {match["name"] or "": match["text"] for match in YAML.finditer(document)}


TEXT = (ROOT / "README.md").read_text("utf-8")
README = blocks(TEXT)


def is_printed(expected: str, output: str) -> bool:
    """Whether a line of the output is the expected one; ``...`` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return any(re.fullmatch(pattern, line.strip()) for line in output.splitlines())


Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a command as a newcomer would, in something that looks like a fresh clone after ``make setup``."""
    clone = tmp_path / "clone"
    clone.mkdir()
    shown = files(TEXT)
    for entry in ROOT.iterdir():
        if entry.name not in {".git", ".venv", "var", *shown}:
            (clone / entry.name).symlink_to(entry)
    for name, text in shown.items():
        (clone / name).write_text(text, encoding="utf-8")
    (clone / ".venv").symlink_to(sys.prefix)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    foreign = re.compile("POLICYBRIDGE_|ZENDESK_|ODOO_|MAKE|MFLAGS")
    environment = {name: value for name, value in os.environ.items() if not foreign.match(name)}
    environment |= {"NO_COLOR": "1", "COLUMNS": "120", "POLICYBRIDGE_PORT": str(port)}

    started: list[subprocess.Popen[str]] = []

    def begin(line: str) -> subprocess.Popen[str]:
        process = start_process(
            ["/bin/sh", "-euc", line],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell cannot trap what it was started to ignore, and background jobs ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with process:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def run(start: Start, command: Command) -> None:
    """A command that ends by itself."""
    process = start(command.line)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, f"$ {command.line}\n{output}"
    all_printed(command, output)


def run_until(start: Start, command: Command, text: str) -> None:
    """A command that goes on until Ctrl-C, which a terminal sends to all its processes."""
    process = start(command.line)
    assert process.stdout is not None
    too_long = threading.Timer(PATIENCE_S, os.killpg, (process.pid, signal.SIGKILL))
    too_long.start()
    try:
        seen = ""
        while text not in seen:
            line = process.stdout.readline()
            assert line, f"$ {command.line}\nended, or took too long, without printing {text!r}:\n{seen}"
            seen += line
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stdout.read()
    finally:
        too_long.cancel()
    stopped = (0, 2, 130, -signal.SIGINT)  # make and the shell report the Ctrl-C that they got themselves
    assert process.wait(PATIENCE_S) in stopped, f"$ {command.line}\n{seen}{rest}"
    assert "Traceback" not in rest, rest
    all_printed(command, seen + rest)


def all_printed(command: Command, output: str) -> None:
    """Whether a command has printed every line that it is said to print."""
    for line in command.printed:
        assert is_printed(line, output), f"$ {command.line}\nnever printed {line!r}:\n{output}"


def taken(block: Block) -> list[int]:
    """The ports of this machine that a block speaks of and something else listens on."""
    printed = "\n".join(line for command in block.commands for line in command.printed)
    ports = [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", printed)]
    return [port for port in ports if is_listening(port)]


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("block", README, ids=str)
def test_every_block_says_what_becomes_of_it(block: Block) -> None:
    assert RUN.fullmatch(block.mark) or SHOW.fullmatch(block.mark), (
        f"README.md, {block}: write <!-- run --> or <!-- show: reason --> before it"
    )
    assert block.commands
    assert len(block.commands) == 1 or not block.mark.startswith("run until")


def test_every_file_that_is_shown_has_a_name() -> None:
    assert "" not in files(TEXT), "README.md: write <!-- file: name --> before each yaml block"


def test_the_readme_has_commands_that_are_run() -> None:
    assert any(RUN.fullmatch(block.mark) for block in README)


@pytest.mark.parametrize("block", [block for block in README if RUN.fullmatch(block.mark)], ids=str)
def test_the_commands_of_the_readme_work(block: Block, start: Start) -> None:
    mark = RUN.fullmatch(block.mark)
    until = mark["until"] if mark else None
    if busy := taken(block):
        pytest.skip(f"something else listens on port {busy[0]} of this machine")
    for command in block.commands:
        if until:
            run_until(start, command, until)
        else:
            run(start, command)


def test_marks_commands_and_printed_lines_are_distinguished() -> None:
    ran, shown, unmarked = blocks(
        "<!-- run -->\n```console\n$ echo a \\\n    b\na ... b\n\n$ true\n```\n\n"
        "<!-- show: needs an account -->\n```console\n$ policybridge serve\n```\n"
        "text\n```console\n$ false\n```\n```python\n$ no command\n```\n"
    )
    assert (ran.mark, shown.mark, unmarked.mark) == ("run", "show: needs an account", "")
    assert ran.commands == [Command("echo a     b", ["a ... b"]), Command("true")]


def test_files_are_found_with_their_names() -> None:
    document = "<!-- file: a.yaml -->\n```yaml\na: 1\n```\ntext\n```yaml\nb: 2\n```\n```console\n$ true\n```\n"
    assert files(document) == {"a.yaml": "a: 1\n", "": "b: 2\n"}


def test_a_command_that_fails_or_prints_something_else_is_found_out(start: Start) -> None:
    run(start, Command("ls -a; echo '3 tests [ok] in 2 s'", ["README.md", "3 tests [ok] in ... s"]))
    for wrong in (Command("false"), Command("echo here", ["there"]), Command("echo here", ["her"])):
        with pytest.raises(AssertionError):
            run(start, wrong)
    endless = "trap 'exit 0' INT; echo ready; while true; do sleep 0.1; done"
    run_until(start, Command(endless, ["ready"]), "ready")
    with pytest.raises(AssertionError, match="never printed 'steady'"):
        run_until(start, Command(endless, ["steady"]), "ready")
    with pytest.raises(AssertionError, match="without printing 'ready'"):
        run_until(start, Command("echo ended"), "ready")
