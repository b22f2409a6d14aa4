"""The servers that ``benchmarks.servers`` compares, and one of them running on a port of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
APP = """
import sys, time
sys.path.insert(0, {root!r})

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.3)
    said = str(len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or -1)))).encode() \\
        if environ["REQUEST_METHOD"] == "POST" else b"ok"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(said)))])
    return [said]

if __name__ == "__main__":
    from gunicorn.app.base import BaseApplication
    from bridge.cli.http_worker import HttpWorker

    class Ours(BaseApplication):
        max_body = 1 << 20

        def load_config(self):
            for name, value in dict(bind="127.0.0.1:" + sys.argv[1], worker_class=HttpWorker, threads=16).items():
                self.cfg.set(name, value)

        def load(self):
            return app

    Ours().run()
"""
GUNICORN = ("-m", "gunicorn", "-b", "127.0.0.1:{port}", "--graceful-timeout", "30")
COMMANDS: dict[str, tuple[str, ...]] = {
    "gunicorn + waitress": ("served.py", "{port}"),
    "gunicorn gthread": (*GUNICORN, "-k", "gthread", "--threads", "16", "served:app"),
    "gunicorn gevent": (*GUNICORN, "-k", "gevent", "served:app"),
    "waitress": ("-m", "waitress", "--listen=127.0.0.1:{port}", "--threads=16", "served:app"),
    "hypercorn": ("-m", "hypercorn", "-b", "127.0.0.1:{port}", "--graceful-timeout", "30", "wsgi:served:app"),
    "granian": ("-m", "granian", "--interface", "wsgi", "--port", "{port}", "--blocking-threads", "16", "served:app"),
}
MODULES = {"gunicorn gevent": "gevent"} | {name: name for name in ("waitress", "hypercorn", "granian")}


class Running:
    """One server on a free port; its output is kept."""

    def __init__(self, folder: Path, words: tuple[str, ...]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "log"
        command = [sys.executable, *(word.format(port=self.port) for word in words)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - commands from the table above
                command, cwd=folder, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                if self.get() == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(self.log.read_text())

    def connect(self, timeout: float = 5) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def get(self, path: str = "/", timeout: float = 5) -> int:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            client.request("GET", path)
            response = client.getresponse()
            response.read()
            return response.status
        finally:
            client.close()

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
