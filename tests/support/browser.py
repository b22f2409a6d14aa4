"""A real browser, and applications served for it over a socket."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from bridge.sandbox.http_server import QuietRequestHandler


@pytest.fixture
def serve_app() -> Iterator[Callable[[Flask], str]]:
    """Serve an application over a real socket; gives its URL."""
    running = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietRequestHandler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        pytest.skip("no browser: install Debian's chromium to run the tests that look at the pages")
    return found


@pytest.fixture(scope="module")  # a driver must have ended before a process may start another
def browser(chromium: str) -> Iterator[object]:
    """A real browser with nothing of the user in it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    quiet = ["quic", "gpu", "background-networking", "component-update", "sync"]
    flags = ["--no-sandbox", "--no-first-run", *(f"--disable-{feature}" for feature in quiet)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, playwright.sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=flags, headless=True
        )
        yield context
        context.close()
