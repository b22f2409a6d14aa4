"""How the webhook endpoint responds, what it stores and which tickets it wakes."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from webhooks.signature import sign

EVENT = {"type": "zen:event-type:ticket.status_changed", "subject": "zen:ticket:5158", "detail": {"id": "5158"}}
WebhookServer = Any  # the fixture of this folder's conftest


def test_a_signed_event_is_stored_and_its_ticket_becomes_due(server: WebhookServer) -> None:
    response = server.deliver(EVENT)
    assert (response.status_code, response.json) == (202, {"status": "accepted"})
    assert server.deliveries() == {"accepted": 1}
    assert server.store.claim(server.now + timedelta(seconds=4), limit=1, lease_s=1) == [], "more events may follow"
    assert server.due() == ["acme:5158"]


def test_a_duplicate_is_acknowledged_and_wakes_no_ticket(server: WebhookServer) -> None:
    server.deliver(EVENT)
    server.due()
    response = server.deliver(EVENT)
    assert (response.status_code, response.json) == (202, {"status": "duplicate"})
    assert server.deliveries() == {"accepted": 1}


def test_the_same_event_in_another_invocation_is_accepted(server: WebhookServer) -> None:
    server.deliver(EVENT, X_Zendesk_Webhook_Invocation_Id="first")
    assert server.deliver(EVENT, X_Zendesk_Webhook_Invocation_Id="second").json == {"status": "accepted"}


def test_the_previous_secret_is_still_accepted(server: WebhookServer) -> None:
    assert server.deliver(EVENT, secret="the-one-before").status_code == 202


def test_the_time_in_the_payload_is_ignored(server: WebhookServer) -> None:
    assert server.deliver(EVENT | {"time": "2020-01-01T00:00:00.000000001Z"}).status_code == 202


@pytest.mark.parametrize("age_s", [301, -301])
def test_a_signature_that_is_too_old_or_in_the_future_is_refused(server: WebhookServer, age_s: float) -> None:
    response = server.deliver(EVENT, X_Zendesk_Webhook_Signature_Timestamp=server.timestamp(age_s))
    assert response.status_code == 401
    assert server.refused() == {("acme", "signature too old or in the future"): 1}
    assert (server.deliveries(), server.due()) == ({}, [])


@pytest.mark.parametrize("header", ["X_Zendesk_Webhook_Signature", "X_Zendesk_Webhook_Signature_Timestamp"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: None,
        lambda value: "",
        lambda value: value[:-4],
        lambda value: f"{value},{value}",
        lambda value: f"{value}, {value}",
        lambda value: f"{value}\xe9",
        lambda value: "\xff" * 44,
        lambda value: "=" * 44,
        lambda value: "A" * 9000,
    ],
)
def test_a_damaged_signature_is_refused_and_only_counted(
    server: WebhookServer, header: str, spoil: Callable[[str], str | None]
) -> None:
    stamp = server.timestamp()
    whole = {"X_Zendesk_Webhook_Signature": sign("s3cret-of-acme", stamp, b"{}")}
    whole["X_Zendesk_Webhook_Signature_Timestamp"] = stamp
    response = server.deliver(b"{}", **whole | {header: spoil(whole[header])})
    assert response.status_code == 401
    assert response.json == {"status": "unauthorized"}, "the sender learns nothing"
    assert server.refused() == {("acme", "wrong signature"): 1}
    assert server.deliveries() == {}


def test_a_wrong_secret_is_refused(server: WebhookServer) -> None:
    for _ in range(3):
        assert server.deliver(EVENT, secret="guess").status_code == 401
    assert server.refused() == {("acme", "wrong signature"): 3}
    assert (server.deliveries(), server.due()) == ({}, [])


def test_without_a_secret_everything_is_refused_and_the_log_says_why(server: WebhookServer) -> None:
    with capture_logs() as logs:
        assert server.deliver(EVENT, to="closed", secret="").status_code == 401
    assert server.refused() == {("closed", "no secret configured"): 1}
    [line] = logs
    assert line["connection"] == "closed"
    assert line["advice"] == "set the signing secret of this connection's webhook in the environment"


def test_a_signed_body_that_is_not_understood_is_stored_and_answered_with_400(server: WebhookServer) -> None:
    response = server.deliver(b'{"ticket_id":')
    assert (response.status_code, response.json) == (400, {"status": "stored, but it is neither JSON nor a form"})
    assert server.deliveries() == {"is neither JSON nor a form": 1}
    assert server.deliver(b'{"ticket_id":').status_code == 400, "sending it again changes nothing"


def test_an_unknown_connection_is_not_found(server: WebhookServer) -> None:
    assert server.deliver(EVENT, to="globex").status_code == 404
    assert server.refused() == {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_is_allowed(server: WebhookServer, method: str) -> None:
    response = server.client.open("/webhooks/acme", method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


def test_when_the_store_is_down_the_sender_is_asked_to_retry(server: WebhookServer) -> None:
    server.store.close()
    response = server.deliver(EVENT)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert server.deliver(EVENT, secret="guess").status_code == 401, "a wrong secret still gets 401"


def test_neither_bodies_nor_secrets_are_logged(server: WebhookServer) -> None:
    with capture_logs() as logs:
        server.deliver({"ticket_id": "none", "comment": "my password is hunter2"})
        server.deliver(EVENT, secret="guess")
        server.store.close()
        server.deliver(EVENT | {"comment": "my password is hunter2"})
    assert len(logs) == 3
    text = json.dumps(logs)
    assert "hunter2" not in text
    assert "s3cret" not in text


def test_a_token_in_the_url_reaches_the_receiver(server: WebhookServer) -> None:
    assert server.deliver(EVENT, to="acme/token").status_code == 202
