"""Notifications arrive: by mail at a real SMTP server, and at web hooks that listen on real sockets."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from apprise.plugins.pagerduty import PAGERDUTY_API_LOOKUP, PagerDutyRegion
from apprise.plugins.slack import NotifySlack

from bridge.decision import Citation
from bridge.decision.effects import ChannelText, MessageKind, Say
from bridge.errors import InputError
from bridge.helpdesks.notifications import Notifier

from ..support.mailbox import Mailbox, open_mailbox

TEXT = "The first response is due at 14:00. Ticket: https://desk.example/7"
SUBJECT = "7: Console down – due at 14:00"
MESSAGE = Say(
    cite=Citation(pack="acme", version="1", clause="AC-3"),
    kind=MessageKind.NOTIFY,
    key="k",
    template="coo",
    text=TEXT,
    subject=SUBJECT,
    channels=(ChannelText(channel="slack", text="*Console down* https://desk.example/7"),),
)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


Hook = tuple[str, list[str]]
"""Host and port of a web hook, and the bodies that came in there."""


@contextmanager
def listening(context: ssl.SSLContext | None = None) -> Iterator[Hook]:
    received: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            answer = b"ok"
            self.send_response(202 if "enqueue" in self.path else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as opened:
        yield opened


@pytest.fixture
def tls_hook(tmp_path: Path) -> Iterator[Hook]:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("no openssl: apt-get install openssl to run the test of a web hook that has TLS")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with listening(context) as opened:
        yield opened


def test_a_mail_has_the_subject_and_the_whole_text(mailbox: Mailbox) -> None:
    assert Notifier({"coo": [f"{mailbox.url}&to=coo@vendor.example"]}).send(MESSAGE, "acme:7: Console down") == ""
    ((receivers, mail),) = mailbox.mails
    assert receivers == ["coo@vendor.example"]
    assert mail["Subject"] == SUBJECT
    assert TEXT in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "url", ["json://{host}/hook", "mmost://{host}/{token}", "rocket://{token}@{host}/#room", "ntfy://{host}/topic"]
)
def test_chat_and_push_services_of_ones_own(hook: Hook, url: str) -> None:
    host, received = hook
    token = "a" * 24 + "/" + "b" * 24 if "rocket" in url else "a" * 24
    assert Notifier({"coo": [url.format(host=host, token=token)]}).send(MESSAGE, "title") == ""
    assert "The first response is due at 14:00" in received[0]


def test_slack_gets_the_text_that_is_meant_for_it(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    host, received = hook
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{host}/services")
    url = f"slack://{'T' * 9}/{'B' * 9}/{'c' * 24}/#support"
    assert Notifier({"coo": [url]}).send(MESSAGE, "title") == ""
    assert "Console down* https://desk.example/7" in received[0]
    assert "first response" not in received[0]


def test_teams(tls_hook: Hook) -> None:
    host, received = tls_hook
    url = f"workflows://{host}/{'a' * 32}/{'b' * 40}?verify=no"
    assert Notifier({"coo": [url]}).send(MESSAGE, "title") == ""
    assert "first response" in received[0]


def test_pagerduty(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    host, received = hook
    monkeypatch.setitem(PAGERDUTY_API_LOOKUP, PagerDutyRegion.US, f"http://{host}/v2/enqueue")
    assert Notifier({"coo": [f"pagerduty://{'a' * 32}@{'b' * 20}/bridge/console"]}).send(MESSAGE, "title") == ""
    assert "first response" in received[0]


def test_a_mail_server_that_is_down_is_reported_and_the_note_stays() -> None:
    found = Notifier({"coo": ["mailto://127.0.0.1:9?from=a@vendor.example&to=coo@vendor.example"]}).send(MESSAGE, "t")
    assert found == "coo was not notified by mailto; the internal note is on the ticket"


def test_an_address_among_the_channels_is_told_where_it_belongs() -> None:
    with pytest.raises(InputError, match=r"notify.coo: found no URL; .* belongs in the accounts file"):
        Notifier({"coo": ["lead@example.com"]})
    with pytest.raises(InputError, match=r"notify.coo: apprise does not know pigeon://"):
        Notifier({"coo": ["pigeon://loft"]})
