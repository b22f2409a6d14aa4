"""Notifications outside the helpdesk are delivered, or their failure is reported."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bridge.decision import Action, Citation
from bridge.decision.records import parse_action
from bridge.errors import InputError
from bridge.helpdesks.notifications import Notifier
from bridge.redaction import MASK, redact

CITE = Citation(pack="maas360", version="1", clause="MA-14")


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The URL of a channel that works, and what came in there."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/token", received
    server.shutdown()
    server.server_close()
    thread.join()


def notify(*to: str) -> Action:
    return parse_action("notify", "coo", key="k", cite=CITE, text="Critical for 24 h", to=to)


def test_a_role_is_notified_on_its_channels(inbox: tuple[str, list[dict[str, Any]]]) -> None:
    url, received = inbox
    assert Notifier({"coo": [url]}).send(notify("coo@vendor.example"), "acme:7: Down") == ""
    assert [(item["title"], item["message"]) for item in received] == [("acme:7: Down", "Critical for 24 h")]


def test_an_account_can_have_a_channel_url_itself(inbox: tuple[str, list[dict[str, Any]]]) -> None:
    url, received = inbox
    assert Notifier({}).send(notify(url), "t") == ""
    assert len(received) == 1


@pytest.mark.parametrize("urls", [{"coo": ["env:COO_CHANNEL"]}, {}], ids=["of the connection", "of the role"])
@pytest.mark.parametrize("in_file", [False, True])
def test_a_url_may_be_a_secret_of_the_environment(
    inbox: tuple[str, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    urls: dict[str, list[str]],
    in_file: bool,
) -> None:
    url, received = inbox
    (tmp_path / "channel").write_text(f"{url}\n")
    for name, value in [("COO_CHANNEL_FILE", str(tmp_path / "channel"))] if in_file else [("COO_CHANNEL", url)]:
        monkeypatch.setenv(name, value)
    assert Notifier(urls).send(notify("coo@vendor.example", *([] if urls else ["env:COO_CHANNEL"])), "t") == ""
    assert len(received) == 1
    assert redact(url) == MASK, "it is taken out of logs and errors"


def test_a_variable_that_nobody_has_set_is_said() -> None:
    assert "coo was not notified by env:NO_CHANNEL;" in Notifier({}).send(notify("env:NO_CHANNEL"), "t")
    with pytest.raises(
        InputError, match=r"notify\.coo: the environment variable NO_CHANNEL is not set; set it, or NO_"
    ):
        Notifier({"coo": ["env:NO_CHANNEL"]})


def test_a_channel_that_is_down_is_reported_without_its_secret() -> None:
    reported = Notifier({"coo": ["json://127.0.0.1:9/s3cret-token"]}).send(notify(), "t")
    assert "coo was not notified by json" in reported
    assert "s3cret" not in reported


def test_an_unknown_channel_is_refused_when_the_bridge_starts() -> None:
    with pytest.raises(InputError, match=r"notify\.coo.*pigeon"):
        Notifier({"coo": ["pigeon://loft"]})


def test_a_role_without_a_channel_is_notified_by_the_helpdesk_only() -> None:
    assert Notifier({}).send(notify("coo@vendor.example"), "t") == ""
