"""The answers at the door, and what is stored and woken behind it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from webhooks.signature import sign

EVENT = {"type": "zen:event-type:ticket.status_changed", "subject": "zen:ticket:5158", "detail": {"id": "5158"}}
Front = Any  # the fixture of this folder's conftest


def test_a_signed_event_is_stored_and_its_ticket_looked_at(front: Front) -> None:
    answer = front.deliver(EVENT)
    assert (answer.status_code, answer.json) == (202, {"status": "accepted"})
    assert front.kept() == {"accepted": 1}
    assert front.store.claim(front.now + timedelta(seconds=4), limit=1, lease_s=1) == [], "the burst may go on"
    assert front.due() == ["5158"]


def test_a_duplicate_is_thanked_for_and_wakes_nobody(front: Front) -> None:
    front.deliver(EVENT)
    front.due()
    answer = front.deliver(EVENT)
    assert (answer.status_code, answer.json) == (202, {"status": "duplicate"})
    assert front.kept() == {"accepted": 1}


def test_the_same_event_in_another_invocation_is_looked_at(front: Front) -> None:
    front.deliver(EVENT, X_Zendesk_Webhook_Invocation_Id="first")
    assert front.deliver(EVENT, X_Zendesk_Webhook_Invocation_Id="second").json == {"status": "accepted"}


def test_the_secret_before_still_holds(front: Front) -> None:
    assert front.deliver(EVENT, secret="the-one-before").status_code == 202


def test_the_payloads_own_time_is_never_looked_at(front: Front) -> None:
    assert front.deliver(EVENT | {"time": "2020-01-01T00:00:00.000000001Z"}).status_code == 202


@pytest.mark.parametrize("age_s", [301, -301])
def test_a_signature_from_another_time_is_refused(front: Front, age_s: float) -> None:
    answer = front.deliver(EVENT, X_Zendesk_Webhook_Signature_Timestamp=front.timestamp(age_s))
    assert answer.status_code == 401
    assert front.refused() == {("acme", "signature too old or ahead of time"): 1}
    assert (front.kept(), front.due()) == ({}, [])


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
def test_a_spoilt_signature_is_refused_and_only_counted(
    front: Front, header: str, spoil: Callable[[str], str | None]
) -> None:
    stamp = front.timestamp()
    whole = {"X_Zendesk_Webhook_Signature": sign("s3cret-of-acme", stamp, b"{}")}
    whole["X_Zendesk_Webhook_Signature_Timestamp"] = stamp
    answer = front.deliver(b"{}", **whole | {header: spoil(whole[header])})
    assert answer.status_code == 401
    assert answer.json == {"status": "unauthorized"}, "a stranger learns nothing"
    assert front.refused() == {("acme", "wrong signature"): 1}
    assert front.kept() == {}


def test_a_stranger_is_refused(front: Front) -> None:
    for _ in range(3):
        assert front.deliver(EVENT, secret="guess").status_code == 401
    assert front.refused() == {("acme", "wrong signature"): 3}
    assert (front.kept(), front.due()) == ({}, [])


def test_without_a_secret_the_door_is_closed_and_the_operator_told(front: Front) -> None:
    with capture_logs() as logs:
        assert front.deliver(EVENT, to="closed", secret="").status_code == 401
    assert front.refused() == {("closed", "no secret configured"): 1}
    [line] = logs
    assert line["connection"] == "closed"
    assert line["advice"] == "closed until this connection has its webhook's signing secret"


def test_what_is_signed_but_not_understood_is_kept_and_said_so(front: Front) -> None:
    answer = front.deliver(b'{"ticket_id":')
    assert (answer.status_code, answer.json) == (400, {"status": "kept, but it is neither JSON nor a form"})
    assert front.kept() == {"is neither JSON nor a form": 1}
    assert front.deliver(b'{"ticket_id":').status_code == 400, "sent again it is no better understood"


def test_an_unknown_connection_is_not_found(front: Front) -> None:
    assert front.deliver(EVENT, to="globex").status_code == 404
    assert front.refused() == {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_is_allowed(front: Front, method: str) -> None:
    answer = front.client.open("/webhooks/acme", method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_when_the_store_is_down_the_sender_is_asked_to_come_again(front: Front) -> None:
    front.store.close()
    answer = front.deliver(EVENT)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert front.deliver(EVENT, secret="guess").status_code == 401, "a stranger is told the same as ever"


def test_neither_bodies_nor_secrets_are_logged(front: Front) -> None:
    with capture_logs() as logs:
        front.deliver({"ticket_id": "none", "comment": "my password is hunter2"})
        front.deliver(EVENT, secret="guess")
        front.store.close()
        front.deliver(EVENT | {"comment": "my password is hunter2"})
    assert len(logs) == 3
    text = json.dumps(logs)
    assert "hunter2" not in text
    assert "s3cret" not in text


def test_a_vendor_that_keeps_its_secret_in_the_url_gets_it_to_the_door(front: Front) -> None:
    assert front.deliver(EVENT, to="acme/token").status_code == 202
