"""Which tickets Zendesk's requests name, in every form they come in."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from bridge.ports.deliveries import Delivery
from webhooks.receiver import WebhookRequest, to_delivery
from webhooks.zendesk import ZendeskReceiver

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RECEIVER = ZendeskReceiver(["s1"])

CREATED = {
    "account_id": 22129848,
    "detail": {
        "id": "5158",
        "status": "OPEN",
        "priority": "LOW",
        "actor_id": "8447388090494",
        "subject": "zen:ticket:1",
    },
    "event": {},
    "id": "cbe4028c-7239-495d-b020-f22348516046",
    "subject": "zen:ticket:5158",
    "time": "2025-01-08T10:12:07.672717030Z",
    "type": "zen:event-type:ticket.created",
    "zendesk_event_version": "2022-11-06",
}


def delivered(body: object, **headers: str) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return to_delivery(RECEIVER, WebhookRequest("acme", sent, raw, NOW))


def tickets(body: object, **headers: str) -> list[str]:
    delivery = delivered(body, **headers)
    assert delivery.verdict == "accepted"
    return [ref.id for ref in delivery.refs]


def test_an_event_names_its_ticket() -> None:
    assert tickets(CREATED) == ["5158"]
    assert tickets(json.dumps(CREATED, indent=3).encode() + b"\n") == ["5158"]
    assert delivered(CREATED).refs[0].connection == "acme"


def test_subject_or_detail_alone_is_enough() -> None:
    assert tickets({"type": "zen:event-type:ticket.tags_changed", "subject": "zen:ticket:7"}) == ["7"]
    assert tickets({"type": "zen:event-type:ticket.tags_changed", "detail": {"id": 7}}) == ["7"]
    assert tickets({"type": "zen:event-type:messaging_ticket.message_added", "detail": {"id": "7"}}) == ["7"]


def test_a_merge_concerns_both_tickets() -> None:
    merged = CREATED | {"type": "zen:event-type:ticket.merged", "event": {"target_ticket_id": "5200"}}
    assert tickets(merged) == ["5158", "5200"]


@pytest.mark.parametrize(
    "body",
    [
        {"ticket_id": "5158", "status": "Open"},
        {"ticket_id": 5158},
        {"ticketID": "5158", "type": "End User Comment", "priority": "Normal", "tags": "new"},
        {"ticketId": " 5158 "},
        {"TICKET_ID": "05158"},
        {"ticket": {"id": 5158, "subject": "x"}},
        {"ticket": {"id": "5158"}, "ticket_id": 5158},
    ],
)
def test_a_trigger_may_name_its_ticket_in_several_ways(body: object) -> None:
    assert tickets(body) == ["5158"]


def test_a_trigger_may_send_a_form() -> None:
    assert tickets(b"status=Open&ticket_id=5158", Content_Type="application/x-www-form-urlencoded") == ["5158"]


def test_events_about_users_are_accepted_and_wake_no_ticket() -> None:
    assert tickets({"type": "zen:event-type:user.created", "subject": "zen:user:42", "detail": {"id": "42"}}) == []


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"", "is neither JSON nor a form"),
        (b"<ticket><id>1</id></ticket>", "is neither JSON nor a form"),
        (b'{"ticket_id": 1', "is neither JSON nor a form"),
        (b'{"ticket_id": 1, "x": NaN}', "is neither JSON nor a form"),
        (b'{"ticket_id": ' + b"9" * 5000 + b"}", "is neither JSON nor a form"),
        (b'{"a":' * 100_000, "is neither JSON nor a form"),
        (b"[" * 5000 + b"]" * 5000, "is neither JSON nor a form"),
        (b'{"ticket_id": "\xff"}', "is neither JSON nor a form"),
        (b"\x00", "is neither JSON nor a form"),
        (b"[1]", "is JSON, but not an object"),
        (b"5158", "is JSON, but not an object"),
        (b'{"ticket_id": 1, "ticket_id": 2}', "repeats a key"),
        (b"{}", "names no ticket"),
        (b'{"ticket_id": null, "ticket": null}', "names no ticket"),
        (b'{"ticket_id": true}', "names no ticket"),
        (b'{"ticket_id": "0"}', "names no ticket"),
        (b'{"ticket_id": -5}', "names no ticket"),
        (b'{"ticket_id": 5.0}', "names no ticket"),
        (b'{"ticket_id": "5158\\u0000"}', "names no ticket"),
        (b'{"ticket_id": "\\ud800"}', "names no ticket"),
        (b'{"ticket_id": "' + "٥١".encode() + b'"}', "names no ticket"),
        (b'{"ticket_id": "{{ticket.id}}"}', "names no ticket"),
        (b'{"ticket_id": {"id": 1}}', "names no ticket"),
        (b'{"type": "zen:event-type:ticket.created", "subject": "zen:ticket:x", "detail": []}', "names no ticket"),
        (b'{"type": ["zen:event-type:user."], "subject": 4}', "names no ticket"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_body_that_is_not_understood_is_stored_with_its_verdict(body: bytes, verdict: str) -> None:
    delivery = delivered(body)
    assert delivery.verdict.startswith(verdict)
    assert (delivery.refs, delivery.body) == ((), body)


def test_a_byte_order_mark_is_accepted() -> None:
    assert tickets(b"\xef\xbb\xbf" + json.dumps(CREATED).encode()) == ["5158"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
NAMES = st.sampled_from(["type", "subject", "detail", "event", "ticket", "ticket_id", "id", "target_ticket_id"])
TYPES = st.sampled_from(["zen:event-type:ticket.merged", "zen:event-type:user.created", "zen:ticket:1"])


@given(st.dictionaries(NAMES, JSON | TYPES | st.dictionaries(NAMES, JSON)) | JSON | st.binary())
def test_every_signed_body_becomes_a_delivery(body: object) -> None:
    delivery = delivered(body)
    assert not delivery.verdict.startswith("could not be read"), "a bug, caught"
    assert all(ref.id.isascii() and ref.id.isdigit() for ref in delivery.refs)


def test_the_invocation_id_is_the_delivery_id() -> None:
    assert delivered(CREATED, X_Zendesk_Webhook_Invocation_Id="01HANAHB").id == "01HANAHB"


@pytest.mark.parametrize("ident", ["", "a,b", "caf\xe9", "x" * 65, "a b", "01HANAHB\udcff"])
def test_without_a_usable_invocation_id_a_digest_is_the_delivery_id(ident: str) -> None:
    stamp = "2026-03-02T09:00:00Z"
    first = delivered(CREATED, X_Zendesk_Webhook_Invocation_Id=ident, X_Zendesk_Webhook_Signature_Timestamp=stamp)
    again = delivered(CREATED, X_Zendesk_Webhook_Signature_Timestamp=stamp)
    later = delivered(CREATED, X_Zendesk_Webhook_Signature_Timestamp="2026-03-02T09:00:09Z")
    assert first.id == again.id
    assert later.id != first.id, "a trigger that fires again sends the same body"
    assert first.id.isascii()


def test_credentials_are_not_stored() -> None:
    delivery = delivered(CREATED, Authorization="Basic dTpw", cookie="a=b", User_Agent="Zendesk Webhook")
    assert delivery.headers == {"User-Agent": "Zendesk Webhook"}


class BrokenReceiver(ZendeskReceiver):
    def ticket_refs(self, webhook: WebhookRequest) -> tuple[()]:
        raise KeyError("status")


def test_a_bug_of_ours_does_not_lose_the_event() -> None:
    delivery = to_delivery(BrokenReceiver(["s1"]), WebhookRequest("acme", Headers(), b"{}", NOW))
    assert delivery.body == b"{}"
    assert delivery.verdict.startswith("could not be read because of a bug")
