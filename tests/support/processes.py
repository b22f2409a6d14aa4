"""Programs that tests start: none of them outlives the test run, however that ends."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

PATIENCE_S = 240.0
"""How long a test waits for what must happen: machines are shared, and only a failure takes so long."""

_WATCHDOG = """
import os, pathlib, signal, sys

def started_at(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""

watched = {}
for line in sys.stdin:
    watched[int(line)] = started_at(int(line))
for pid, start in watched.items():
    if started_at(pid) in ("", start):  # else the number belongs to another process by now
        try:
            os.killpg(pid, signal.SIGKILL)
        except OSError:
            pass
"""


def start_process(command: list[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a program in a process group of its own; when this process ends, even by SIGKILL, the group is killed.

    The options are those of ``subprocess.Popen``.
    """
    process = subprocess.Popen(command, start_new_session=True, **options)
    watchdog = _watchdog()
    assert watchdog.stdin
    watchdog.stdin.write(f"{process.pid}\n")
    watchdog.stdin.flush()
    return process


@cache
def _watchdog() -> subprocess.Popen[str]:
    """Waits for the end of this process, which closes the pipe, and kills what it was told of."""
    command = [sys.executable, "-c", _WATCHDOG]
    return subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)


def is_running(pid: int) -> bool:
    """A process is there and no zombie. Linux only."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(holds: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Poll until something holds; the machine may be slow. Raises ``TimeoutError`` that says what did not happen."""
    end = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {patience_s:.0f} s: {what}")
        time.sleep(0.05)


def wait_while_running(command: subprocess.Popen[str], holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds; a command that ends first fails the test with what it has printed."""
    wait_until(lambda: holds() or command.poll() is not None, what)
    assert holds(), f"the command ended with {command.poll()} before this: {what}\n{command.communicate()[0]}"


def eventually(find: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """Wait until ``find`` gives something true, and return it."""
    end = time.monotonic() + patience_s
    while not (found := find()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return found


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
