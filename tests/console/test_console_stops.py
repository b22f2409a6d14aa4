"""Stop and resume in the console: a page with two buttons, and the same for programs."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from bridge.decision import WithheldCause
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.ports.outcomes import ReviewOutcome
from bridge.runtime.stops import Stops

from .conftest import ReviewingInstallation


@pytest.fixture
def client(bridge: ReviewingInstallation) -> FlaskClient:
    bridge.helpdesks["zendesk"] = InMemoryHelpdesk(bridge.ticket())
    return bridge.app().test_client()


def test_programs_stop_and_resume(client: FlaskClient, bridge: ReviewingInstallation) -> None:
    answer = client.post("/api/stop", json={"because": "wrong texts", "by": "pat"})
    assert answer.json == {
        "stopped": True,
        "stops": [{"connection": None, "at": "2026-03-02T08:00:00Z", "by": "pat", "because": "wrong texts"}],
    }
    assert client.post("/api/stop", json={}).json["stopped"] is False  # type: ignore[index]
    assert client.get("/api/stop").json["withheld"] == []  # type: ignore[index]
    assert b"It was stopped by pat on 2026-03-02 08:00 UTC: wrong texts." in client.get("/").data
    assert b'policybridge_stopped{connection="zendesk"} 1.0' in client.get("/metrics").data
    answer = client.post("/api/resume", json={"by": "sam"})
    assert [each["by"] for each in answer.json["resumed"]] == ["pat"]  # type: ignore[index]
    assert bridge.store.stops() == []
    assert b"Stop writing" in client.get("/").data


def test_a_connection_in_the_address_is_the_only_one(client: FlaskClient, bridge: ReviewingInstallation) -> None:
    bridge.helpdesks["second"] = InMemoryHelpdesk(bridge.ticket())
    assert client.post("/api/stop?connection=zendesk&by=pat").json["stopped"] is True  # type: ignore[index]
    assert [(stop.scope, stop.by) for stop in bridge.store.stops()] == [("zendesk", "pat")]
    client.post("/api/stop?connection=second", json={"connection": ""})
    client.post("/api/resume?connection=zendesk")
    assert [stop.scope for stop in bridge.store.stops()] == ["second"]


def test_people_stop_and_resume(client: FlaskClient, bridge: ReviewingInstallation) -> None:
    client.post("/stops/stop", data={"connection": "zendesk", "because": "", "by": ""})
    assert [(stop.scope, stop.by) for stop in bridge.store.stops()] == [("zendesk", "console")]
    assert b"Connection zendesk" in client.get("/stops").data
    client.post("/stops/resume", data={"connection": ""})
    assert bridge.store.stops() == []


@pytest.mark.parametrize("body", [{"conection": "zendesk"}, ["zendesk"]])
def test_what_cannot_be_meant_is_one_line(client: FlaskClient, body: object) -> None:
    answer = client.post("/api/stop", json=body)
    assert answer.status_code == 400
    assert "allowed: " in answer.json["error"]  # type: ignore[index]


def test_what_is_withheld_is_shown_with_its_reason(client: FlaskClient, bridge: ReviewingInstallation) -> None:
    Stops(bridge.store).stop("", "pat", "wrong texts", bridge.now)
    bridge.review(bridge.ticket(), outcome=ReviewOutcome.WITHHELD, withheld=WithheldCause.STOP)
    (listed,) = client.get("/api/tickets").json["tickets"]  # type: ignore[index]
    assert {each["cause"] for each in listed["withheld"]} == {"stop"}
    assert {each["because"] for each in listed["withheld"]} == {"as the test says"}
    ticket = client.get("/api/tickets/zendesk/1").json
    assert ticket["withheld"] == listed["withheld"]  # type: ignore[index]
    assert b"as the test says" in client.get("/tickets/zendesk/1").data
    assert {each["key"] for each in client.get("/api/stop").json["withheld"]} == {  # type: ignore[index]
        each["key"] for each in listed["withheld"]
    }
    (review,) = client.get("/api/reviews").json["reviews"]  # type: ignore[index]
    assert review["withheld"]
    assert b'policybridge_withheld{cause="stop"}' in client.get("/metrics").data
    assert b"by stop" in client.get("/").data


def test_what_waits_for_a_cap_is_released_with_a_button(client: FlaskClient, bridge: ReviewingInstallation) -> None:
    review = bridge.review(bridge.ticket(), outcome=ReviewOutcome.WITHHELD, withheld=WithheldCause.CAP)
    assert b"Release now" in client.get("/tickets/zendesk/1").data
    assert client.post("/tickets/zendesk/1/release").status_code == 303
    assert b"released by console" in client.get("/tickets/zendesk/1").data
    assert client.post("/api/tickets/zendesk/1/release", json={"by": "pat"}).json == {"released": 0}
    due = bridge.store.queue_entry(review.ref)
    assert due
    assert due.due == bridge.now, "it is reviewed now"
    assert bridge.store.audit_entries()[0].detail == "zendesk:1 released from caps by console"


def test_a_button_takes_a_ticket_out(client: FlaskClient, bridge: ReviewingInstallation) -> None:
    review = bridge.review(bridge.ticket())
    page = client.get("/tickets/zendesk/1").data
    assert b"Take this ticket out" in page
    assert b"<p>zendesk is in mode enforce</p>" in page
    client.post("/tickets/zendesk/1/take-out", data={"by": "pat"})
    page = client.get("/tickets/zendesk/1").data
    assert b"taken out by pat on " in page
    assert b"Let back in" in page
    assert client.get("/api/tickets/zendesk/1").json["exemption"].startswith("taken out by pat")  # type: ignore[index]
    assert client.post("/api/tickets/zendesk/1/take-out").json == {"taken_out": False}
    client.post("/tickets/zendesk/1/let-back-in")
    assert bridge.store.exemption(review.ref) is None
    assert client.post("/api/tickets/zendesk/1/let-back-in").json == {"let_back_in": False}
