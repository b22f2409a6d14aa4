"""``policybridge demo``: starting, ending, and a port in use; tests/demo has the rest."""

import signal
import socket
import subprocess
from typing import Any

from bridge.cli.exits import Exit
from tests.support.processes import PATIENCE_S, start_process

from .test_serve import answers, wait_for


def test_the_demo_starts_says_where_and_ends_cleanly(policybridge: Any) -> None:
    process = start_process(
        policybridge.command("demo", "--port", "0"),
        cwd=policybridge.folder,
        env=policybridge.variables(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        address = next(line for line in process.stdout if "http://127.0.0.1:" in line).split()[-1]
        wait_for(lambda: answers(f"{address}healthz"))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == Exit.OK


def test_the_demo_on_a_port_that_is_taken(policybridge: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = policybridge.process("demo", "--port", port)
    assert done.code == Exit.FINDINGS
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(f"port {port} on 127.0.0.1 cannot be used")
