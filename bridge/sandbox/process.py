"""A sandbox in a process of its own, for tests and for the demo; each vendor adds what its helpdesk has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

TIMEOUT_S = 30.0


class Sandbox:
    """Context manager: a sandbox that runs in a process of its own while the block does."""

    def __init__(self, vendor: str, *, port: int, speed: float, start: datetime | None) -> None:
        self._vendor = vendor
        self._options = ["--port", str(port), "--speed", str(speed), "--with-parent"]
        if start is not None:
            self._options += ["--start", start.isoformat()]
        self._seed: Mapping[str, Any] | None = None
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        with tempfile.TemporaryDirectory() as folder:
            options = list(self._options)
            if self._seed is not None:
                path = Path(folder, "seed.json")
                path.write_text(json.dumps(self._seed), encoding="utf-8")
                options += ["--seed", str(path)]
            command = [sys.executable, "-m", "bridge.sandbox", self._vendor, *options]
            pipe = subprocess.PIPE
            # The child must find this very package, installed or not.
            paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)  # noqa: S603
            assert self._process.stdout is not None  # noqa: S101 - it is a pipe
            self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"the sandbox did not start; it ended with code {self._process.wait(TIMEOUT_S)}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def admin(self, verb: str, where: str, body: Mapping[str, Any] | None = None, **query: str) -> dict[str, Any]:
        """One control API request; returns its answer."""
        url = f"{self.url}/_sandbox/{where}"
        answer = requests.request(verb, url, json=body, params=query, timeout=TIMEOUT_S)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def reset(self) -> None:
        """Back to the seed; faults and journal are cleared."""
        self.admin("POST", "reset")

    def advance(self, seconds: float) -> None:
        """Let virtual time jump ahead."""
        self.admin("POST", "clock", {"advance_s": seconds})

    def fail(self, method: str, path: str, **fault: Any) -> None:
        """Disturb coming requests; see :class:`bridge.sandbox.faults.Fault`."""
        self.admin("POST", "faults", {"method": method, "path": path, **fault})

    def disturb_deliveries(self, kind: str, times: int = 1, delay_s: float = 0.0) -> None:
        """``drop``, ``duplicate`` or ``delay`` the next webhook invocations."""
        self.admin("POST", "deliveries", {"kind": kind, "times": times, "delay_s": delay_s})

    def requests(self, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        """The journal of API requests, oldest first; ``path`` is a prefix without ``.json``."""
        found: list[dict[str, Any]] = self.admin("GET", "journal", path=path, method=method or "")["requests"]
        return found

    def play(self, samples: str) -> None:
        """Let sample tickets come alive, by the name of :data:`bridge.sandbox.sample_tickets.SAMPLES`."""
        self.admin("POST", "samples", {"name": samples})

    def stop(self) -> None:
        """Drop every request until :meth:`start`; time and what is planned go on."""
        self.fail("*", "*", drop=True, times=10**9)

    def start(self) -> None:
        """Serve again, without any fault."""
        self.admin("DELETE", "faults")
