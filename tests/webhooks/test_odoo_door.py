"""Odoo's webhooks over a real socket: what proves where they come from, which ticket they hint at, and nothing more.

Bodies are those of Odoo 18 and 19, byte for byte but for the ids.
"""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from ipaddress import ip_network
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.serving import make_server

from bridge.errors import InputError
from bridge.runtime.inbox import Inbox
from bridge.store import SqlStore, open_store
from mappings.connection import Connection
from webhooks import create_blueprint
from webhooks.odoo import OdooDoor, open_door
from webhooks.receiver import Envelope, open_envelope

TOKEN = "a" * 32
BEFORE = "b" * 32
NOW = datetime(2026, 11, 22, 3, 21, 38, 123456, tzinfo=UTC)
WRITTEN = (
    b'{"_action": "Policybridge: tickets(#195)", "_id": 7, "_model": "helpdesk.ticket", "id": 7, "priority": "2", '
    b'"write_date": "2026-11-22 03:21:37.984990", "write_uid": 6}'
)
SAID = (
    b'{"_action": "Send Webhook Notification(#209)", "_id": 684, "_model": "mail.message", "author_id": 7, "id": 684, '
    b'"message_type": "comment", "model": "helpdesk.ticket", "res_id": 4, "subtype_id": 1}'
)


class Front:
    """The webhooks of one installation, on a socket."""

    def __init__(self, url: str) -> None:
        self.store: SqlStore = open_store(url)
        self.clock = NOW
        doors = {
            "odoo": OdooDoor([TOKEN, BEFORE]),
            "here": OdooDoor([TOKEN], [ip_network("127.0.0.0/8")]),
            "elsewhere": OdooDoor([TOKEN], [ip_network("203.0.113.0/24"), ip_network("::1")]),
            "closed": OdooDoor([]),
        }
        app = Flask("front")
        app.register_blueprint(create_blueprint(doors, Inbox(self.store, lambda: self.clock, 2.0)))
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def post(self, path: str, body: bytes = WRITTEN, verb: str = "POST") -> int:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request(
            verb, path, body, {"Content-Type": "application/json", "User-Agent": "python-requests/2.31.0"}
        )
        status = connection.getresponse().status
        connection.close()
        return status

    def woken(self) -> list[str]:
        """Tickets that are looked at two seconds later; each is asked about once."""
        claims = self.store.claim(self.clock + timedelta(seconds=2), limit=99, lease_s=1)
        return sorted(str(claim.ref) for claim in claims)

    def refused(self) -> dict[tuple[str, str], int]:
        return self.store.counts(NOW).rejected


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    opened = Front(f"sqlite:///{tmp_path / 'bridge.sqlite3'}")
    yield opened
    opened.server.shutdown()
    opened.store.close()


@pytest.mark.parametrize(("body", "ticket"), [(WRITTEN, "odoo:7"), (SAID, "odoo:4")])
def test_a_hint_is_stored_and_wakes_its_ticket(front: Front, body: bytes, ticket: str) -> None:
    assert front.post(f"/webhooks/odoo/{TOKEN}", body) == 202
    assert front.woken() == [ticket]


def test_two_tokens_hold_while_one_takes_the_place_of_the_other(front: Front) -> None:
    assert front.post(f"/webhooks/odoo/{BEFORE}") == 202


@pytest.mark.parametrize("path", ["/webhooks/odoo", f"/webhooks/odoo/{'c' * 32}", f"/webhooks/odoo/{TOKEN}x"])
def test_without_the_token_nothing_is_kept(front: Front, path: str) -> None:
    assert front.post(path) == 401
    assert front.woken() == []
    assert front.refused() == {("odoo", "wrong token"): 1}


def test_a_connection_without_a_token_is_closed(front: Front) -> None:
    assert front.post(f"/webhooks/closed/{TOKEN}") == 401
    assert front.post("/webhooks/closed") == 401
    assert front.refused() == {("closed", "no secret configured"): 2}


def test_a_list_of_addresses_is_asked_besides_the_token(front: Front) -> None:
    assert front.post(f"/webhooks/here/{TOKEN}") == 202
    assert front.post(f"/webhooks/elsewhere/{TOKEN}") == 401
    assert front.refused() == {("elsewhere", "address not allowed"): 1}


def test_what_a_redirect_makes_of_a_post_is_not_taken(front: Front) -> None:
    assert front.post(f"/webhooks/odoo/{TOKEN}", b"", verb="GET") == 405


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "is JSON, but not an object"),
        (b"{}", "names no model: this is no webhook of an automation rule"),
        (b'{"_model": "helpdesk.ticket", "_id": "7"}', "names no ticket: its id is no positive number"),
        (b'{"_model": "helpdesk.ticket", "_id": true}', "names no ticket: its id is no positive number"),
        (b'{"_model": "helpdesk.ticket"}', "names no ticket: its id is no positive number"),
        (
            b'{"_model": "mail.message", "_id": 684}',
            "tells of a message without its model and res_id: add both to the rule's fields",
        ),
    ],
)
def test_what_is_not_understood_is_kept_with_the_reason(front: Front, body: bytes, verdict: str) -> None:
    assert front.post(f"/webhooks/odoo/{TOKEN}", body) == 400
    assert front.woken() == []
    delivery = open_envelope(OdooDoor([TOKEN]), Envelope("odoo", Headers(), body, NOW, TOKEN))
    assert (delivery.body, delivery.verdict) == (body, verdict)


@pytest.mark.parametrize(
    "body",
    [b'{"_model": "res.partner", "_id": 7}', b'{"_model": "mail.message", "_id": 9, "model": "crm.lead", "res_id": 7}'],
)
def test_another_model_is_no_matter_of_ours(front: Front, body: bytes) -> None:
    assert front.post(f"/webhooks/odoo/{TOKEN}", body) == 202
    assert front.woken() == []


def test_equal_bodies_may_tell_of_two_changes(front: Front) -> None:
    """A rule need not send the write date: the ticket is looked at after each of them."""
    assert front.post(f"/webhooks/odoo/{TOKEN}") == 202
    assert front.woken() == ["odoo:7"]
    front.clock += timedelta(seconds=10)
    assert front.post(f"/webhooks/odoo/{TOKEN}") == 202
    assert front.woken() == ["odoo:7"]


def test_a_burst_of_one_change_is_one_look(front: Front) -> None:
    """One creation makes up to three posts."""
    assert {front.post(f"/webhooks/odoo/{TOKEN}") for _ in range(3)} == {202}
    assert front.woken() == ["odoo:7"]


def test_the_token_is_stored_nowhere(front: Front) -> None:
    assert front.post(f"/webhooks/odoo/{TOKEN}") == 202
    kept = open_envelope(OdooDoor([TOKEN]), Envelope("odoo", Headers(), WRITTEN, NOW, TOKEN))
    assert TOKEN not in json.dumps([kept.headers, kept.id, kept.verdict, kept.body.decode()])


def test_the_door_of_a_connection_has_the_tokens_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORT_URL", "https://odoo.example.com")
    monkeypatch.setenv("SUPPORT_DB", "support")
    monkeypatch.setenv("SUPPORT_API_KEY", "k" * 40)
    monkeypatch.setenv("SUPPORT_WEBHOOK_TOKEN", TOKEN)
    monkeypatch.setenv("SUPPORT_WEBHOOK_ALLOW", "203.0.113.7")
    connection = Connection(vendor="odoo", env_prefix="SUPPORT_")
    door = open_door(connection, 300.0)
    door.verify(Envelope("odoo", Headers(), WRITTEN, NOW, TOKEN, "203.0.113.7"))
    monkeypatch.setenv("SUPPORT_WEBHOOK_TOKEN", "short")
    with pytest.raises(InputError, match=r"SUPPORT_WEBHOOK_TOKEN: found a value that cannot be used; .*32 letters"):
        open_door(connection, 300.0)
