"""The demonstration as a newcomer starts it: a process of its own."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from tests.support.processes import start_process

PATIENCE_S = 60.0


class Demo:
    """A running demonstration."""

    def __init__(self, folder: Path, port: int = 0, vendor: str = "zendesk") -> None:
        self.folder = folder
        foreign = {"TMPDIR": str(folder), "COLUMNS": "200", "POLICYBRIDGE_CONSOLE_TOKEN": "not for the demo"}
        self.process = start_process(
            [sys.executable, "-u", "-m", "bridge.cli", "demo", "--port", str(port), "--vendor", vendor],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **foreign},
        )
        self.lines: list[str] = []
        self._queue: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip())

    def line(self, pattern: str) -> re.Match[str]:
        """Wait for a printed line."""
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            try:
                self.lines.append(self._queue.get(timeout=0.2))
            except Empty:
                if self.process.poll() is not None:
                    break
                continue
            if found := re.search(pattern, self.lines[-1]):
                return found
        errors = self.process.stderr.read() if self.process.poll() is not None and self.process.stderr else ""
        raise AssertionError(f"no line with {pattern!r} in:\n" + "\n".join([*self.lines, errors]))

    def children(self) -> list[int]:
        """Processes it has started."""
        listed = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(number) for children in listed for number in children.read_text().split()]

    def leftovers(self) -> list[Path]:
        """Files it has left behind."""
        return list(self.folder.glob("policybridge-demo-*"))

    def end(self) -> None:
        """Make sure that it is gone."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Start demonstrations; they end with the test."""
    running: list[Demo] = []

    def begin(port: int = 0, vendor: str = "zendesk") -> Demo:
        running.append(Demo(tmp_path, port, vendor))
        return running[-1]

    yield begin
    for demo in running:
        demo.end()
