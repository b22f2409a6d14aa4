"""Odoo's webhooks over a real socket: which requests are accepted and which ticket they wake.

Bodies are those of Odoo 18 and 19, byte for byte except the ids.
"""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from ipaddress import ip_network

import pytest
from werkzeug.datastructures import Headers
from werkzeug.serving import make_server

from bridge.errors import InputError
from bridge.store import SqlStore
from mappings.connection import Connection
from webhooks.odoo import OdooReceiver, create_receiver
from webhooks.receiver import WebhookRequest, to_delivery

from .conftest import WebhookServer

TOKEN = "a" * 32
BEFORE = "b" * 32
NOW = datetime(2026, 11, 22, 3, 21, 38, 123456, tzinfo=UTC)
WRITTEN = (
    b'{"_action": "Policybridge: tickets(#195)", "_id": 7, "_model": "helpdesk.ticket", "id": 7, "priority": "2", '
    b'"write_date": "2026-11-22 03:21:37.984990", "write_uid": 6}'
)
MESSAGE_POSTED = (
    b'{"_action": "Send Webhook Notification(#209)", "_id": 684, "_model": "mail.message", "author_id": 7, "id": 684, '
    b'"message_type": "comment", "model": "helpdesk.ticket", "res_id": 4, "subtype_id": 1}'
)


class OdooWebhookServer(WebhookServer):
    """Connections with and without tokens and lists of addresses, on a socket."""

    def __init__(self, store: SqlStore) -> None:
        receivers = {
            "odoo": OdooReceiver([TOKEN, BEFORE]),
            "here": OdooReceiver([TOKEN], [ip_network("127.0.0.0/8")]),
            "elsewhere": OdooReceiver([TOKEN], [ip_network("203.0.113.0/24"), ip_network("::1")]),
            "closed": OdooReceiver([]),
        }
        super().__init__(store, receivers, NOW, 2.0)
        self.socket = make_server("127.0.0.1", 0, self.app, threaded=True)
        threading.Thread(target=self.socket.serve_forever, daemon=True).start()

    def post(self, path: str, body: bytes = WRITTEN, verb: str = "POST") -> int:
        connection = HTTPConnection("127.0.0.1", self.socket.port, timeout=30)
        connection.request(
            verb, path, body, {"Content-Type": "application/json", "User-Agent": "python-requests/2.31.0"}
        )
        status = connection.getresponse().status
        connection.close()
        return status


@pytest.fixture
def server(sqlite_store: SqlStore) -> Iterator[OdooWebhookServer]:
    started = OdooWebhookServer(sqlite_store)
    yield started
    started.socket.shutdown()


@pytest.mark.parametrize(("body", "ticket"), [(WRITTEN, "odoo:7"), (MESSAGE_POSTED, "odoo:4")])
def test_a_delivery_is_stored_and_wakes_its_ticket(server: OdooWebhookServer, body: bytes, ticket: str) -> None:
    assert server.post(f"/webhooks/odoo/{TOKEN}", body) == 202
    assert server.due() == [ticket]


def test_during_a_rotation_both_tokens_are_accepted(server: OdooWebhookServer) -> None:
    assert server.post(f"/webhooks/odoo/{BEFORE}") == 202


@pytest.mark.parametrize("path", ["/webhooks/odoo", f"/webhooks/odoo/{'c' * 32}", f"/webhooks/odoo/{TOKEN}x"])
def test_a_wrong_or_missing_token_is_refused(server: OdooWebhookServer, path: str) -> None:
    assert server.post(path) == 401
    assert server.due() == []
    assert server.refused() == {("odoo", "wrong token"): 1}


def test_a_connection_without_a_token_refuses_everything(server: OdooWebhookServer) -> None:
    assert server.post(f"/webhooks/closed/{TOKEN}") == 401
    assert server.post("/webhooks/closed") == 401
    assert server.refused() == {("closed", "no secret configured"): 2}


def test_the_sender_must_be_on_the_list_of_addresses_too(server: OdooWebhookServer) -> None:
    assert server.post(f"/webhooks/here/{TOKEN}") == 202
    assert server.post(f"/webhooks/elsewhere/{TOKEN}") == 401
    assert server.refused() == {("elsewhere", "address not allowed"): 1}


def test_a_get_request_left_by_a_redirect_is_not_allowed(server: OdooWebhookServer) -> None:
    assert server.post(f"/webhooks/odoo/{TOKEN}", b"", verb="GET") == 405


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "is JSON, but not an object"),
        (b"{}", "names no model, so an automation rule did not send it"),
        (b'{"_model": "helpdesk.ticket", "_id": "7"}', "names no ticket: its id is not a positive number"),
        (b'{"_model": "helpdesk.ticket", "_id": true}', "names no ticket: its id is not a positive number"),
        (b'{"_model": "helpdesk.ticket"}', "names no ticket: its id is not a positive number"),
        (
            b'{"_model": "mail.message", "_id": 684}',
            "lacks model and res_id of the message: add both to the fields of the action",
        ),
    ],
)
def test_a_body_that_is_not_understood_is_stored_with_the_reason(
    server: OdooWebhookServer, body: bytes, verdict: str
) -> None:
    assert server.post(f"/webhooks/odoo/{TOKEN}", body) == 400
    assert server.due() == []
    delivery = to_delivery(OdooReceiver([TOKEN]), WebhookRequest("odoo", Headers(), body, NOW, TOKEN))
    assert (delivery.body, delivery.verdict) == (body, verdict)


@pytest.mark.parametrize(
    "body",
    [b'{"_model": "res.partner", "_id": 7}', b'{"_model": "mail.message", "_id": 9, "model": "crm.lead", "res_id": 7}'],
)
def test_events_of_other_models_are_accepted_and_wake_no_ticket(server: OdooWebhookServer, body: bytes) -> None:
    assert server.post(f"/webhooks/odoo/{TOKEN}", body) == 202
    assert server.due() == []


def test_two_changes_with_equal_bodies_wake_the_ticket_twice(server: OdooWebhookServer) -> None:
    """An automation rule may leave out the write date."""
    assert server.post(f"/webhooks/odoo/{TOKEN}") == 202
    assert server.due() == ["odoo:7"]
    server.now += timedelta(seconds=10)
    assert server.post(f"/webhooks/odoo/{TOKEN}") == 202
    assert server.due() == ["odoo:7"]


def test_several_requests_for_one_change_are_one_review(server: OdooWebhookServer) -> None:
    """Creating one ticket can send three requests."""
    assert {server.post(f"/webhooks/odoo/{TOKEN}") for _ in range(3)} == {202}
    assert server.due() == ["odoo:7"]


def test_the_token_is_not_stored(server: OdooWebhookServer) -> None:
    assert server.post(f"/webhooks/odoo/{TOKEN}") == 202
    kept = to_delivery(OdooReceiver([TOKEN]), WebhookRequest("odoo", Headers(), WRITTEN, NOW, TOKEN))
    assert TOKEN not in json.dumps([kept.headers, kept.id, kept.verdict, kept.body.decode()])


def test_a_receiver_takes_its_tokens_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORT_URL", "https://odoo.example.com")
    monkeypatch.setenv("SUPPORT_DB", "support")
    monkeypatch.setenv("SUPPORT_API_KEY", "k" * 40)
    monkeypatch.setenv("SUPPORT_WEBHOOK_TOKEN", TOKEN)
    monkeypatch.setenv("SUPPORT_WEBHOOK_ALLOW", "203.0.113.7")
    connection = Connection(vendor="odoo", env_prefix="SUPPORT_")
    receiver = create_receiver(connection, 300.0)
    receiver.verify(WebhookRequest("odoo", Headers(), WRITTEN, NOW, TOKEN, "203.0.113.7"))
    monkeypatch.setenv("SUPPORT_WEBHOOK_TOKEN", "short")
    with pytest.raises(InputError, match=r"SUPPORT_WEBHOOK_TOKEN: found a value that cannot be used; .*32 letters"):
        create_receiver(connection, 300.0)
