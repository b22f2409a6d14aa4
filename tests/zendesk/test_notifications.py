"""Notifications outside the helpdesk are delivered, or their failure is reported."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from bridge.decision import Action, Citation
from bridge.decision.records import parse_action
from bridge.errors import InputError
from bridge.helpdesks.notifications import Notifier

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


def test_a_url_may_be_a_secret_of_the_environment(inbox: tuple[str, list[dict[str, Any]]]) -> None:
    url, received = inbox
    assert Notifier({"coo": ["env:COO_CHANNEL"]}, {"COO_CHANNEL": url}).send(notify(), "t") == ""
    assert len(received) == 1
    with pytest.raises(InputError, match="COO_CHANNEL"):
        Notifier({"coo": ["env:COO_CHANNEL"]}, {})


def test_a_channel_that_is_down_is_reported_without_its_secret() -> None:
    reported = Notifier({"coo": ["json://127.0.0.1:9/s3cret-token"]}).send(notify(), "t")
    assert "coo was not notified by json" in reported
    assert "s3cret" not in reported


def test_an_unknown_channel_is_refused_when_the_bridge_starts() -> None:
    with pytest.raises(InputError, match=r"notify\.coo.*pigeon"):
        Notifier({"coo": ["pigeon://loft"]})


def test_a_role_without_a_channel_is_notified_by_the_helpdesk_only() -> None:
    assert Notifier({}).send(notify("coo@vendor.example"), "t") == ""
