"""The command as a whole: help, exit codes, colours, and what it says when something goes wrong."""

import os
import pty
import subprocess
import sys
from typing import Any

import pytest

from bridge.cli import cli
from bridge.cli.exits import Exit

HEAVY = {
    "flask",
    "sqlalchemy",
    "zenpy",
    "alembic",
    "apscheduler",
    "gunicorn",
    "waitress",
    "pydantic",
    "rich",
    "requests",
    "holidays",
}
ESCAPE = b"\x1b["
COMMANDS = ["serve", "demo", "doctor", "check", "coverage", "mutation", "render", "simulate", "test", "explain"]
COMMANDS += ["review", "replay", "repin", "approve", "report", "install", "migrate", "schema"]


def run_python(policybridge: Any, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=policybridge.folder,
        env=policybridge.variables(),
        capture_output=True,
        text=True,
        timeout=120,
    )


def on_terminal(policybridge: Any, *arguments: str, **environment: str) -> bytes:
    """What a person sees who types it: the command's output on a terminal."""
    terminal, end = pty.openpty()
    variables = policybridge.variables(TERM="xterm-256color", **environment)
    with subprocess.Popen(
        policybridge.command(*arguments), cwd=policybridge.folder, env=variables, stdout=end
    ) as process:
        os.close(end)
        seen = b""
        try:
            while block := os.read(terminal, 4096):
                seen += block
        except OSError:  # Linux says so when the other end is closed
            pass
        process.wait(120)
    os.close(terminal)
    return seen


def test_help_names_every_command_and_the_exit_codes(policybridge: Any) -> None:
    done = policybridge("--help")
    assert done.code == Exit.OK
    for command in COMMANDS:
        assert f"\n  {command} " in done.out
    assert "..." not in done.out.partition("Commands:")[2].partition("Exit codes")[0]  # no help text is cut
    for code in Exit:
        assert f"\n    {code.value}  " in done.out


def test_exit_codes_are_0_1_and_2() -> None:
    assert [(code.name, code.value) for code in Exit] == [("OK", 0), ("FINDINGS", 1), ("UNUSABLE", 2)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(policybridge: Any, command: str) -> None:
    done = policybridge(command, "--help")
    assert done.code == Exit.OK
    assert done.out.startswith(f"Usage: policybridge {command} ")


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"serve", "demo", "render", "schema"}))
def test_every_command_that_prints_results_has_json(command: str) -> None:
    assert "--json" in {name for option in cli.commands[command].params for name in option.opts}


def test_help_imports_nothing_heavy(policybridge: Any) -> None:
    done = run_python(
        policybridge,
        "import sys, click.testing; from bridge.cli import cli\n"
        "words = [['--help']] + [[name, '--help'] for name in cli.commands]\n"
        "codes = {click.testing.CliRunner().invoke(cli, each).exit_code for each in words}\n"
        "print(codes, *sorted({name.partition('.')[0] for name in sys.modules}))",
    )
    codes, *modules = done.stdout.split()
    assert codes == "{0}", done.stderr
    assert not HEAVY & set(modules)
    assert "click" in modules


@pytest.mark.parametrize("arguments", [["chek"], ["check", "--jsno"], ["simulate"], ["schema", "pakc"], ["explain"]])
def test_a_wrong_command_line_is_2(policybridge: Any, arguments: list[str]) -> None:
    done = policybridge(*arguments)
    assert done.code == Exit.UNUSABLE
    assert "Usage: policybridge" in done.err
    assert not done.out


def test_what_is_piped_holds_no_control_codes(policybridge: Any) -> None:
    assert "\x1b" not in policybridge.process("check").out
    assert "\x1b" not in policybridge.process("check", TERM="xterm-256color").out


def test_a_terminal_gets_colours_and_no_color_is_respected(policybridge: Any) -> None:
    coloured = on_terminal(policybridge, "check", "maas360")
    plain = on_terminal(policybridge, "check", "maas360", NO_COLOR="1")
    assert b"\x1b[1;32m" in coloured  # bold green
    assert b"maas360" in plain
    assert b"32m" not in plain


def test_text_from_outside_cannot_control_the_terminal(policybridge: Any) -> None:
    scenario = policybridge.write(
        "scenario.yaml", 'policy: maas360\nname: "a\\e[2Jb"\nticket: {at: 2026-03-02T08:00:00Z}\nuntil: +1m\n'
    )
    for command in ("simulate", "test"):
        done = policybridge(command, scenario)
        assert done.code == Exit.OK
        assert "a\N{REPLACEMENT CHARACTER}[2Jb" in done.out


def test_an_unreadable_letter_on_an_old_terminal_is_no_failure(policybridge: Any) -> None:
    done = policybridge.process("check", "maas360", PYTHONIOENCODING="ascii")
    assert done.code == Exit.OK
    assert "? maas360 1: 24 clauses" in done.out


def test_an_unexpected_error_keeps_its_traceback_and_says_how_to_report_it(policybridge: Any) -> None:
    done = run_python(
        policybridge,
        "import sys, click; from bridge.cli import cli, main\n"
        "@cli.command()\n"
        "def broken(): raise ZeroDivisionError('of a kind nobody thought of')\n"
        "sys.argv = ['policybridge', 'broken']; main()",
    )
    assert done.returncode == Exit.FINDINGS
    assert "Traceback (most recent call last)" in done.stderr
    assert "ZeroDivisionError: of a kind nobody thought of" in done.stderr
    assert "This is a bug in Policybridge. Please report it" in done.stderr


def test_version(policybridge: Any) -> None:
    done = policybridge.process("--version")
    assert done.code == Exit.OK
    assert done.out.startswith("policybridge")
