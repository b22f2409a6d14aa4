"""Webhooks: what is sent, how it is signed, and what becomes of failures."""

import base64
import hashlib
import hmac
import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

ACME, AGENT = 7101, 6101
PREFIX = "zen:event-type:ticket."


@pytest.fixture
def hook(sandbox, endpoint):
    return sandbox.subscribe(endpoint.url)


def invocations(api, hook):
    return api.get(f"webhooks/{hook.id}/invocations")["invocations"]


def test_a_created_event_has_the_captured_shape(api, endpoint, hook, wait):
    ticket = api.create(priority="low", type="task", tags=["a"], subject="端末 {}")
    wait(lambda: endpoint.received)
    _, body = endpoint.received[0]
    text = body.decode()
    assert text.startswith('{\n   "account_id": 22129848,\n   "detail": {\n      "actor_id": "6100",')
    assert text.endswith("}\n")
    assert '\n   "event": { },\n' in text
    assert "端末 {}" in text
    payload = json.loads(body)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", payload["time"])
    assert payload["type"] == f"{PREFIX}created"
    assert payload["subject"] == f"zen:ticket:{ticket['id']}"
    assert payload["zendesk_event_version"] == "2022-11-06"
    assert payload["detail"] == {
        "actor_id": "6100",
        "assignee_id": None,
        "brand_id": "8447346621310",
        "created_at": ticket["created_at"],
        "custom_status": "2101",
        "description": "It burns",
        "external_id": None,
        "form_id": None,
        "group_id": None,
        "id": str(ticket["id"]),
        "is_public": True,
        "organization_id": "5101",
        "priority": "LOW",
        "requester_id": "7101",
        "status": "NEW",
        "subject": "端末 {}",
        "submitter_id": "6100",
        "tags": ["a"],
        "type": "TASK",
        "updated_at": ticket["updated_at"],
        "via": {"channel": "web_service"},
    }


def test_the_signature_covers_timestamp_and_raw_body(api, endpoint, hook, wait):
    api.create()
    wait(lambda: endpoint.received)
    headers, body = endpoint.received[0]
    timestamp = headers["X-Zendesk-Webhook-Signature-Timestamp"]
    digest = hmac.new(hook.secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    assert headers["X-Zendesk-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert headers["X-Zendesk-Webhook-Id"] == hook.id
    assert headers["X-Zendesk-Account-Id"] == "22129848"
    assert headers["User-Agent"] == "Zendesk Webhook"
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", headers["X-Zendesk-Webhook-Invocation-Id"])


def test_the_signature_time_is_the_wall_clocks(api, sandbox, endpoint, hook, wait):
    sandbox.advance(1_000_000)
    api.create()
    wait(lambda: endpoint.received)
    signed = datetime.fromisoformat(endpoint.received[0][0]["X-Zendesk-Webhook-Signature-Timestamp"])
    assert abs((datetime.now(UTC) - signed).total_seconds()) < 60


def test_one_update_causes_several_events_of_one_sequence(api, sandbox, endpoint, hook, wait, ids):
    ident = api.create(assignee_id=AGENT, tags=["old"])["id"]
    field = ids["fields.severity"]
    api.update(
        ident,
        priority="urgent",
        custom_status_id=2105,
        group_id=4103,
        type="incident",
        subject="New",
        tags=["new"],
        custom_fields=[{"id": field, "value": "critical"}],
        followers=[{"user_id": "6114", "action": "put"}],
        comment={"body": "Why", "public": False},
    )
    kinds = {
        *("priority_changed", "status_changed", "custom_status_changed", "group_assignment_changed", "type_changed"),
        *("agent_assignment_changed", "subject_changed", "tags_changed", "custom_field_changed", "followers_changed"),
        "comment_added",
    }
    wait(lambda: len(endpoint.received) == 1 + len(kinds))
    payloads = {p["type"].removeprefix(PREFIX): p["event"] for p in endpoint.payloads() if p["event"]}
    assert set(payloads) == kinds
    assert len({event["meta"]["sequence"]["id"] for event in payloads.values()}) == 1
    assert sorted(event["meta"]["sequence"]["position"] for event in payloads.values()) == list(range(1, 12))
    assert (payloads["priority_changed"]["current"], payloads["priority_changed"]["previous"]) == ("URGENT", None)
    assert (payloads["status_changed"]["current"], payloads["status_changed"]["previous"]) == ("PENDING", "OPEN")
    assert payloads["custom_status_changed"]["current"] == "2105"
    assert (payloads["tags_changed"]["tags_added"], payloads["tags_changed"]["tags_removed"]) == (["new"], ["old"])
    assert payloads["custom_field_changed"]["custom_field"]["id"] == str(field)
    assert payloads["custom_field_changed"]["current"] == {"value": "critical"}
    assert payloads["followers_changed"]["users_added"] == ["6114"]
    assert payloads["comment_added"]["comment"]["author"] == {"id": "6100", "is_staff": True, "name": "Policybridge"}
    assert payloads["comment_added"]["comment"]["is_public"] is False


def test_only_subscribed_types_are_sent_and_a_deletion_is_one(api, endpoint, wait):
    webhook = {
        "name": "few",
        "endpoint": endpoint.url,
        "status": "active",
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": [f"{PREFIX}soft_deleted", f"{PREFIX}priority_changed"],
    }
    api.request("POST", "webhooks", {"webhook": webhook}, ok=201)
    ident = api.create()["id"]
    api.update(ident, priority="low", subject="x")
    api.request("DELETE", f"tickets/{ident}")
    wait(lambda: len(endpoint.received) == 2)
    assert {payload["type"] for payload in endpoint.payloads()} == set(webhook["subscriptions"])
    assert endpoint.payloads("soft_deleted")[0]["detail"]["status"] == "DELETED"


def test_webhooks_are_created_shown_changed_and_deleted(api, endpoint):
    webhook = {
        "name": "W",
        "endpoint": endpoint.url,
        "status": "active",
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": ["conditional_ticket_events"],
        "description": "d",
        "authentication": {
            "type": "basic_auth",
            "data": {"username": "u", "password": "p"},
            "add_position": "header",
        },
    }
    made = api.request("POST", "webhooks", {"webhook": webhook}, ok=201)["webhook"]
    assert made["authentication"]["data"] == {"username": "u"}
    assert made["created_by"] == "6100"
    assert api.get(f"webhooks/{made['id']}")["webhook"] == made
    first = api.get(f"webhooks/{made['id']}/signing_secret")["signing_secret"]
    assert first["algorithm"] == "SHA256"
    second = api.request("POST", f"webhooks/{made['id']}/signing_secret", ok=201)["signing_secret"]
    assert second["secret"] != first["secret"]
    api.request("PATCH", f"webhooks/{made['id']}", {"webhook": {"status": "inactive"}}, ok=204)
    assert api.get("webhooks")["webhooks"][0]["status"] == "inactive"
    api.request("DELETE", f"webhooks/{made['id']}", ok=204)
    api.get(f"webhooks/{made['id']}", ok=404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subscriptions": [f"{PREFIX}updated"]},
        {"subscriptions": [f"{PREFIX}created", "conditional_ticket_events"]},
        {"subscriptions": [f"{PREFIX}created"], "http_method": "PUT"},
        {"status": "asleep"},
        {"endpoint": "ftp://x"},
    ],
)
def test_impossible_webhooks_are_refused(api, endpoint, wrong):
    webhook = {
        "name": "W",
        "endpoint": endpoint.url,
        "status": "active",
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": [],
        **wrong,
    }
    assert api.request("POST", "webhooks", {"webhook": webhook}, ok=400)["errors"]


def test_a_webhook_can_be_tried(api, endpoint, hook):
    body = {"request": {"payload": '{"hello": 1}'}}
    answer = api.request("POST", f"webhooks/test?webhook_id={hook.id}", body)["response"]
    assert answer["status_code"] == 200
    assert endpoint.received[0][1] == b'{"hello": 1}'


def attempts(api, hook):
    (invocation,) = invocations(api, hook)
    return invocation, api.get(f"webhooks/{hook.id}/invocations/{invocation['id']}/attempts")["attempts"]


def test_success_is_recorded_with_what_was_sent(api, endpoint, hook, wait):
    api.create()
    wait(lambda: invocations(api, hook)[0]["status"] == "success")
    invocation, (attempt,) = attempts(api, hook)
    assert invocation["status_code"] == 200
    assert attempt["request"]["payload"].encode() == endpoint.received[0][1]
    assert {"key": "X-Zendesk-Webhook-Invocation-Id", "value": invocation["id"]} in attempt["request"]["headers"]


def test_409_is_tried_again_three_times_with_the_same_id(api, endpoint, hook, wait):
    for _ in range(4):
        endpoint.answer(409)
    api.create()
    wait(lambda: len(endpoint.received) == 4)
    assert len({headers["X-Zendesk-Webhook-Invocation-Id"] for headers, _ in endpoint.received}) == 1
    wait(lambda: len(attempts(api, hook)[1]) == 4)
    assert attempts(api, hook)[0]["status"] == "client error"


def test_503_is_tried_again_only_with_a_short_retry_after(api, endpoint, hook, wait):
    endpoint.answer(503, Retry_After="1")
    api.create()
    wait(lambda: invocations(api, hook)[0]["status"] == "success")
    assert len(endpoint.received) == 2


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 503}, {"status": 503, "Retry_After": "60"}])
def test_other_failures_are_never_tried_again(api, endpoint, hook, wait, answer):
    endpoint.answer(**answer)
    api.create()
    wait(lambda: invocations(api, hook)[0]["status"] == "server error")
    api.update(1, priority="low")
    wait(lambda: endpoint.payloads("priority_changed"))
    assert len(endpoint.payloads("created")) == 1


def test_a_timeout_is_tried_again(api, sandbox, endpoint, hook, wait):
    sandbox.limit(webhook_timeout_s=0.2)
    endpoint.answer(200, delay_s=0.6)
    api.create()
    wait(lambda: invocations(api, hook)[0]["status"] == "success")
    statuses = [attempt["status"] for attempt in attempts(api, hook)[1]]
    assert (statuses[0], statuses[-1]) == ("timeout", "success")


def test_an_endpoint_that_is_not_there_loses_the_event(api, sandbox, wait):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        hook = sandbox.subscribe(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        api.create()
        wait(lambda: invocations(api, hook)[0]["status"] == "failed")
    assert len(attempts(api, hook)[1]) == 1


def test_deliveries_can_be_dropped_doubled_and_delayed(api, sandbox, endpoint, hook, wait):
    ident = api.create()["id"]
    wait(lambda: len(endpoint.received) == 1)
    sandbox.disturb_deliveries("drop")
    api.update(ident, priority="low")
    sandbox.disturb_deliveries("duplicate")
    api.update(ident, priority="high")
    wait(lambda: len(endpoint.payloads("priority_changed")) == 2)
    first, second = endpoint.payloads("priority_changed")
    assert first["id"] == second["id"]
    sandbox.disturb_deliveries("delay", delay_s=2.0)
    api.update(ident, priority="urgent")
    api.update(ident, subject="late and early")
    wait(lambda: len(endpoint.received) == 5)
    assert [payload["type"].removeprefix(PREFIX) for payload in endpoint.payloads()[3:]] == [
        "subject_changed",
        "priority_changed",
    ]


def test_a_trigger_calls_its_webhook_when_its_conditions_hold(api, endpoint, wait):
    webhook = {
        "name": "T",
        "endpoint": endpoint.url,
        "status": "active",
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": ["conditional_ticket_events"],
    }
    made = api.request("POST", "webhooks", {"webhook": webhook}, ok=201)["webhook"]
    payload = '{"ticket_id":"{{ticket.id}}","priority":"{{ticket.priority}}"}'
    trigger = {
        "title": "VIP waits",
        "conditions": {
            "all": [
                {"field": "update_type", "operator": "is", "value": "Change"},
                {"field": "status", "operator": "less_than", "value": "solved"},
                {"field": "role", "operator": "is_not", "value": "6100"},
            ],
            "any": [{"field": "current_tags", "operator": "includes", "value": "vip gold"}],
        },
        "actions": [{"field": "notification_webhook", "value": [made["id"], payload]}],
    }
    stored = api.request("POST", "triggers", {"trigger": trigger}, ok=201)["trigger"]
    assert api.get(f"triggers/{stored['id']}")["trigger"]["title"] == "VIP waits"
    ident = api.create(tags=["gold"], priority="high")["id"]
    api.update(ident, subject="by the integration user itself")
    as_customer = {"headers": {"X-On-Behalf-Of": str(ACME)}}
    api.request("PUT", f"tickets/{ident}", {"ticket": {"comment": {"body": "hello"}}}, **as_customer)
    wait(lambda: endpoint.received)
    api.update(ident, tags=["silver"])
    api.request("PUT", f"tickets/{ident}", {"ticket": {"comment": {"body": "again"}}}, **as_customer)
    api.request("POST", f"webhooks/test?webhook_id={made['id']}", {"request": {"payload": '"end"'}})
    assert [body for _, body in endpoint.received] == [b'{"ticket_id":"%d","priority":"High"}' % ident, b'"end"']


def test_many_clients_at_once_lose_nothing(api, endpoint, hook, wait):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: api.create(subject=f"number {number}")["id"], range(60)))
    assert sorted(made) == list(range(1, 61))
    wait(lambda: len(endpoint.received) == 60)
    assert {int(payload["detail"]["id"]) for payload in endpoint.payloads("created")} == set(made)


def test_a_trigger_the_sandbox_cannot_play_is_refused(api):
    trigger = {"title": "x", "conditions": {"all": [{"field": "moon", "value": "full"}]}, "actions": []}
    assert api.request("POST", "triggers", {"trigger": trigger}, ok=422)["error"] == "RecordInvalid"
