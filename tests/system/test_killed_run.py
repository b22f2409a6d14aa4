"""A test run that is killed leaves no server behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import is_running, start_process, wait_until

ROOT = Path(__file__).parents[2]
TEST = """
import sys
import time
from pathlib import Path

from tests.support.processes import free_port, start_process


def test_that_never_ends(tmp_path):
    (tmp_path / "policybridge.yaml").write_text("policy: maas360\\nconnections: {}\\n")
    command = [sys.executable, "-m", "bridge.cli", "serve", "--port", str(free_port())]
    server = start_process(command, cwd=tmp_path)
    Path(%r).write_text(str(server.pid))
    time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc, which only Linux has")
@pytest.mark.parametrize(
    "number",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
    ],
    ids=lambda number: number.name,
)
@pytest.mark.parametrize("workers", [0, 1])
def test_a_killed_run_leaves_no_server_behind(number: signal.Signals, workers: int, tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    (tmp_path / "test_endless.py").write_text(TEST % str(noted))
    options = ["-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-c", os.devnull, "-n", str(workers)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = start_process(
        [sys.executable, "-m", "pytest", "-q", *options, str(tmp_path / "test_endless.py")],
        cwd=tmp_path,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # a shell starts background jobs with SIGINT ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(lambda: noted.exists() and bool(noted.read_text()), "the test has started its server")
    server = int(noted.read_text())
    assert is_running(server)
    run.send_signal(number)
    wait_until(lambda: not is_running(server), f"the server is gone after {number.name} to the test run")
    run.wait(60)
