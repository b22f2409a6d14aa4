"""Recorded responses of Zendesk are translated by what to do next; and the form of our own requests."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from pydantic import SecretStr

from bridge.config.zendesk_settings import ZendeskSettings
from bridge.decision import Citation, Plan
from bridge.decision.records import parse_action
from bridge.errors import BridgeError, Conflict, Denied, Forbidden, GiveUp, Gone, Retry, Unavailable
from bridge.helpdesks.zendesk.helpdesk import ZendeskHelpdesk
from bridge.ticket import Priority, Ticket, TicketRef
from mappings.connection import Connection

BASE = "https://acme.zendesk.com"
TICKET = Ticket(
    ref=TicketRef(connection="acme", id="7"),
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
    version="2026-03-02T08:00:00Z",
    tags=frozenset({"vip"}),
)
CITE = Citation(pack="maas360", version="1", clause="MA-14")
TO_AM = parse_action("notify", "account_manager", key="k", cite=CITE, text="Call", to=("am@vendor.example",))
UP = parse_action("set_priority", "urgent", key="k1", cite=CITE)


@pytest.fixture
def zendesk() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def helpdesk() -> ZendeskHelpdesk:
    settings = ZendeskSettings(subdomain="acme", email="bridge@vendor.example", api_token=SecretStr("t"))
    return ZendeskHelpdesk("acme", Connection(vendor="zendesk"), settings)


def put(mock: Any, status: int = 200, body: Any = None, **headers: str) -> None:
    mock.put(
        f"{BASE}/api/v2/tickets/7.json",
        json=body or {},
        status=status,
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )


@pytest.mark.parametrize(
    ("status", "body", "headers", "error", "reported"),
    [
        (409, {"error": "UpdateConflict", "description": "Safe Update"}, {}, Conflict, "Safe Update"),
        (409, {"error": "DatabaseConflict", "description": "Database collision"}, {}, Conflict, "Database collision"),
        (
            422,
            {"error": "RecordInvalid", "description": "Record validation errors",
             "details": {"status": [{"description": "Priority: is invalid"}],
                         "base": [{"description": "Assignee: is required", "ticket_field_id": 1}]}},
            {}, GiveUp, "Priority: is invalid; Assignee: is required",
        ),
        (422, {"error": "invalid"}, {}, GiveUp, "invalid"),
        (404, {"error": "RecordNotFound", "description": "Not found"}, {}, Gone, "Not found"),
        (404, {"error": {"title": "No help desk", "message": "nothing at acme"}}, {}, Gone, "No help desk"),
        (403, {"error": "Forbidden", "description": "No access"}, {}, Forbidden, "give the integration user"),
        (403, {"error": "insufficient_scope"}, {}, Denied, "ZENDESK_OAUTH_SCOPE"),
        (401, {"error": "Couldn't authenticate you"}, {}, Denied, "ZENDESK_API_TOKEN"),
        (400, {"error": "TooManyValues"}, {}, GiveUp, "TooManyValues"),
        (429, {"error": "APIRateLimitExceeded"}, {"Retry_After": "93"}, Retry, "APIRateLimitExceeded"),
        (503, {"error": "DatabaseDeadlock"}, {}, Unavailable, "DatabaseDeadlock"),
        (500, None, {}, Unavailable, "500"),
        (418, ["teapot"], {}, GiveUp, "no explanation"),
    ],
)  # fmt: skip
def test_every_error_is_translated(
    zendesk: Any,
    helpdesk: ZendeskHelpdesk,
    status: int,
    body: Any,
    headers: dict[str, str],
    error: type[BridgeError],
    reported: str,
) -> None:
    put(zendesk, status, body, **headers)
    with pytest.raises(BridgeError, match=reported) as caught:
        helpdesk.apply(TICKET, Plan(actions=(UP,)), "r")
    assert type(caught.value) is error
    assert "\n" not in str(caught.value)
    assert len(zendesk.calls) == 1


@pytest.mark.parametrize(
    ("headers", "after", "everyone"),
    [
        ({"Retry_After": "93"}, 93, True),
        ({}, 60, True),
        (
            {"Retry_After": "400", "zendesk_ratelimit_per_ticket_updates": "total=30; remaining=0; resets=400"},
            400,
            False,
        ),
    ],
)
def test_which_tickets_a_429_stops(
    zendesk: Any, helpdesk: ZendeskHelpdesk, headers: dict[str, str], after: float, everyone: bool
) -> None:
    put(zendesk, 429, {"error": "TooManyRequests"}, **headers)
    with pytest.raises(Retry) as caught:
        helpdesk.apply(TICKET, Plan(actions=(UP,)), "r")
    assert (caught.value.after, caught.value.all_tickets) == (after, everyone)


def test_a_refused_export_does_not_stop_tickets(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    zendesk.get(f"{BASE}/api/v2/incremental/tickets/cursor.json", status=429, headers={"Retry-After": "50"}, json={})
    with pytest.raises(Retry) as caught:
        helpdesk.changed_since("MTcw", datetime(2026, 3, 2, tzinfo=UTC))
    assert (caught.value.after, caught.value.all_tickets) == (50, False)
    put(zendesk, 200, {"ticket": {"id": 7, "priority": "urgent"}, "audit": {"events": []}})
    assert helpdesk.apply(TICKET, Plan(actions=(UP,)), "r").confirmed == {"k1"}


def test_an_urgent_ticket_may_use_the_reserve(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    left = "total=100; remaining=1; resets=59"
    put(zendesk, 200, {"ticket": {"id": 7, "priority": "urgent"}, "audit": {}}, zendesk_rate_limit_tickets_update=left)
    helpdesk.apply(TICKET, Plan(actions=(UP,)), "r")
    with pytest.raises(Retry, match="ticket updates"):
        helpdesk.apply(TICKET, Plan(actions=(UP,)), "r")
    urgent = TICKET.model_copy(update={"priority": Priority.URGENT})
    assert helpdesk.apply(urgent, Plan(actions=(UP,)), "r").confirmed == {"k1"}
    assert len(zendesk.calls) == 2


def test_success_without_effect_is_no_success(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    put(
        zendesk,
        200,
        {"ticket": {"id": 7, "priority": "low", "updated_at": "2026-03-02T08:00:05Z"}, "audit": {"events": []}},
    )
    receipt = helpdesk.apply(TICKET, Plan(actions=(UP,)), "r")
    assert receipt.confirmed == frozenset()
    assert "priority is low, not urgent" in receipt.refused["k1"]
    assert receipt.version == "2026-03-02T08:00:05Z"


@pytest.mark.parametrize("body", [{}, {"ticket": None}, {"ticket": {"status": "new"}}])
def test_an_empty_success_confirms_nothing(zendesk: Any, helpdesk: ZendeskHelpdesk, body: Any) -> None:
    put(zendesk, 200, body)
    gone = parse_action("remove_tag", "vip", key="k2", cite=CITE)
    assert helpdesk.apply(TICKET, Plan(actions=(UP, TO_AM, gone)), "r").confirmed == frozenset()


def test_an_unreadable_success_is_retried(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    put(zendesk, 200, {"unexpected": []})
    with pytest.raises(Retry, match="cannot be read"):
        helpdesk.apply(TICKET, Plan(actions=(UP,)), "r")


def test_the_request_is_minimal_and_expects_the_stamp(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    put(zendesk, 200, {"ticket": {"id": 7, "priority": "urgent"}, "audit": {"events": []}})
    helpdesk.apply(TICKET, Plan(actions=(UP,)), "r")
    request = zendesk.calls[0].request
    assert json.loads(request.body) == {
        "ticket": {
            "id": 7,
            "priority": "urgent",
            "metadata": {"policybridge": {"review": "r", "keys": ["k1"]}},
            "safe_update": True,
            "updated_stamp": "2026-03-02T08:00:00Z",
        }
    }
    assert request.headers["Authorization"].startswith("Basic ")
    assert request.headers["User-Agent"].startswith("policybridge/")


def test_a_plan_that_cannot_be_carried_out_is_not_sent(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    tier = parse_action("set_tier", 3, key="k", cite=CITE)
    receipt = helpdesk.apply(TICKET, Plan(actions=(tier,)), "r")
    assert "tier 3" in receipt.refused["k"]
    assert len(zendesk.calls) == 0


def test_a_refused_follower_does_not_lose_the_message(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    put(zendesk, 422, {"error": "RecordInvalid", "details": {"base": [{"description": "Followers: must be agents"}]}})
    put(zendesk, 200, {"ticket": {"id": 7}, "audit": {"events": [{"type": "Comment", "public": False, "body": "x"}]}})
    assert helpdesk.apply(TICKET, Plan(actions=(TO_AM,)), "r").confirmed == {"k"}
    assert "followers" not in json.loads(zendesk.calls[1].request.body)["ticket"]


def test_an_account_without_the_users_api_is_understood(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    """Where users cannot be looked up, the requester is the customer, others are agents, and our mark is ours."""
    ours = {"custom": {"policybridge": {"keys": ["k"]}}}
    created = {"type": "Create", "field_name": "status", "value": "new"}
    reported = [(5, created), (5, {"type": "Comment"}), (6, {"type": "Comment"}), (9, {"type": "Comment"})]
    audits: list[dict[str, Any]] = [
        {"id": number, "author_id": author, "created_at": f"2026-03-02T08:0{number}:00Z", "events": [event]}
        for number, (author, event) in enumerate(reported)
    ]
    audits[-1]["metadata"] = ours
    at = "2026-03-02T08:00:00Z"
    ticket = {"id": 7, "status": "new", "requester_id": 5, "created_at": at, "updated_at": at}
    zendesk.get(f"{BASE}/api/v2/tickets/7.json", json={"ticket": ticket})
    zendesk.get(f"{BASE}/api/v2/tickets/7/audits.json", json={"audits": audits, "next_page": None, "count": 4})
    for path in ("users/show_many", "users/me"):
        zendesk.get(f"{BASE}/api/v2/{path}.json", status=404, json={"error": "InvalidEndpoint"})
    found = helpdesk.fetch(TICKET.ref)
    assert [message.actor.role.value for message in found.messages()] == ["customer", "agent", "bridge"]
    assert [entry.keys for entry in found.timeline] == [(), (), ("k",)]


def shows(mock: Any, ticket: Any, audits: Any = None, *, date: str = "") -> None:
    """Zendesk's answers to a look at ticket 7."""
    mock.get(f"{BASE}/api/v2/tickets/7.json", json=ticket, headers={"Date": date} if date else {})
    mock.get(f"{BASE}/api/v2/tickets/7/audits.json", json={"audits": []} if audits is None else audits)
    mock.get(f"{BASE}/api/v2/users/me.json", json={"user": {"id": 9}})


@pytest.mark.parametrize("second", ["08:00:00", "08:00:01"])
def test_a_ticket_changed_in_the_second_of_its_reading_is_not_written(
    zendesk: Any, helpdesk: ZendeskHelpdesk, second: str
) -> None:
    """A stamp has whole seconds: it would not tell an agent's edit later in this one."""
    shown = {"ticket": {"id": 7, "status": "new", "updated_at": "2026-03-02T08:00:00Z"}}
    shows(zendesk, shown, date=f"Mon, 02 Mar 2026 {second} GMT")
    with pytest.raises(Retry, match="same second") as retry:
        helpdesk.apply(helpdesk.fetch(TICKET.ref), Plan(actions=(UP,)), "r1")
    assert (retry.value.after, retry.value.all_tickets) == (2.0, False)


def test_a_ticket_that_has_settled_is_written(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    shown = {"ticket": {"id": 7, "status": "new", "updated_at": "2026-03-02T08:00:00Z"}}
    shows(zendesk, shown, date="Mon, 02 Mar 2026 08:00:02 GMT")
    put(zendesk, body={"ticket": {"id": 7, "priority": "urgent"}, "audit": {"events": []}})
    assert helpdesk.apply(helpdesk.fetch(TICKET.ref), Plan(actions=(UP,)), "r1").confirmed == {"k1"}


@pytest.mark.parametrize(
    ("ticket", "audits"),
    [
        ({"error": "x"}, None),
        ({"ticket": None}, None),
        ({"ticket": {"id": 8, "updated_at": "2026-03-02T08:00:00Z"}}, None),
        ({"ticket": {"id": 7, "tags": []}}, None),
        ({"ticket": {"id": 7, "updated_at": "2026-03-02T08:00:00Z"}}, {"error": "x"}),
        ({"ticket": {"id": 7, "updated_at": "2026-03-02T08:00:00Z"}}, {"audits": None}),
    ],
)
def test_a_response_without_the_ticket_or_its_audits_is_retried(
    zendesk: Any, helpdesk: ZendeskHelpdesk, ticket: Any, audits: Any
) -> None:
    """Writing on its ground would replace the tags that are there, and say everything again."""
    shows(zendesk, ticket, audits)
    with pytest.raises(Retry):
        helpdesk.fetch(TICKET.ref)


def test_an_empty_export_keeps_its_place(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    answer = {"tickets": [], "after_cursor": None, "end_of_stream": True}
    zendesk.get(f"{BASE}/api/v2/incremental/tickets/cursor.json", json=answer)
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    refs, cursor = helpdesk.changed_since(None, now)
    assert (refs, len(zendesk.calls)) == ([], 1)
    assert int(now.timestamp()) - int(zendesk.calls[0].request.params["start_time"]) >= 60
    helpdesk.changed_since(cursor, datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
    assert zendesk.calls[1].request.params["start_time"] == zendesk.calls[0].request.params["start_time"]


def test_a_long_export_is_read_page_by_page(zendesk: Any, helpdesk: ZendeskHelpdesk) -> None:
    url = f"{BASE}/api/v2/incremental/tickets/cursor.json"
    for number in range(1, 4):
        page = {"tickets": [{"id": number}, {"id": 1}], "after_cursor": f"c{number}", "end_of_stream": number == 3}
        zendesk.get(url, json=page)
    refs, cursor = helpdesk.changed_since("c0", datetime(2026, 3, 2, tzinfo=UTC))
    assert ([ref.id for ref in refs], cursor) == (["1", "2", "3"], "c3")
    assert [call.request.params["cursor"] for call in zendesk.calls] == ["c0", "c1", "c2"]
