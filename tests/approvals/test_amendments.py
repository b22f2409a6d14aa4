"""Waivers, extensions and promises recorded in the console and through the API."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from bridge.policy.load import load_policy
from bridge.store import SqlStore
from mappings.connection import Configuration
from tests.support.installation import Installation

from .conftest import GATES, REF, ReviewedTicket

PAGE, API = "/tickets/simulated/7/amendments", "/api/tickets/simulated/7/amendments"
LEAD = "lead@vendor.example"
TERMS: dict[str, Any] = {
    **GATES,
    "time_zone": "Europe/Berlin",
    "roles": {"team_lead": LEAD},
    "amendments": {
        "clause": "MA-10",
        "waive": {"roles": ["team_lead"], "clocks": ["first_response"]},
        "extend": {"roles": ["team_lead"], "clocks": ["first_response"], "at_most": "7d"},
        "promise": {"roles": ["team_lead"]},
    },
}
EXTEND = {
    "what": "extend",
    "clock": "first_response",
    "until": "2026-03-03 12:00",
    "by": LEAD,
    "because": "a part is late",
}


@pytest.fixture
def ticket(store: SqlStore) -> ReviewedTicket:
    reviewed = ReviewedTicket(store, None, load_policy("maas360", TERMS))
    reviewed.review()
    return reviewed


def client_of(ticket: ReviewedTicket) -> FlaskClient:
    connections = {"acme": {"vendor": "zendesk"}}
    configuration = {"policy": "maas360", "overrides": {"maas360": TERMS}, "connections": connections}
    return (
        Installation(Configuration.model_validate(configuration), ticket.store, lambda: ticket.now).app().test_client()
    )


def due(ticket: ReviewedTicket) -> str:
    decision = ticket.review().decision
    assert decision is not None
    (clock,) = [each for each in decision.clocks if each.name == "first_response"]
    return f"{clock.due_at:%d %H:%M} {clock.state}"


def test_a_program_extends_a_clock_once_and_the_ticket_shows_it(ticket: ReviewedTicket) -> None:
    client = client_of(ticket)
    ticket.pass_time(minutes=5)
    answer = client.post(API, json=EXTEND)
    assert answer.status_code == 200, answer.json
    assert answer.json["until"] == "2026-03-03T11:00:00+00:00"  # noon in Berlin
    assert due(ticket) == "03 11:00 running"
    assert client.post(API, json=EXTEND).status_code in (400, 409)
    (recorded,) = ticket.store.amendments(REF)
    assert (recorded.by, recorded.reason, recorded.recorded_by) == (LEAD, "a part is late", "console")
    page = client.get("/tickets/simulated/7").get_data(as_text=True)
    assert f"extended until 2026-03-03 12:00 CET by {LEAD}: a part is late" in page
    assert client.get("/api/tickets/simulated/7").json["amendments"][0]["because"] == "a part is late"


def test_a_person_waives_with_the_form(ticket: ReviewedTicket) -> None:
    client = client_of(ticket)
    ticket.pass_time(minutes=5)
    assert 'value="waive:first_response"' in client.get("/tickets/simulated/7").get_data(as_text=True)
    form = {"what": "waive:first_response", "until": "", "by": LEAD, "because": "customer is on holiday"}
    done = client.post(PAGE, data=form)
    assert (done.status_code, done.location) == (303, "/tickets/simulated/7#amendments")
    assert due(ticket).endswith("cancelled")
    assert client.post(PAGE, data=form).status_code == 409


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"because": " "}, "extend: found no reason"),
        ({"until": "2026-03-01 12:00"}, "which is in the past"),
        ({"until": "2026-03-02 09:10"}, "the due time"),
        ({"until": "2026-04-01 12:00"}, "allowed: at most 7 days ahead"),
        ({"until": "soon"}, "until: found 'soon'; allowed: a time such as 2026-03-05 17:00"),
        ({"until": ""}, "found no time"),
        ({"by": "pat@acme.example"}, "found pat@acme.example; allowed: Team Lead"),
        ({"clock": "status_update"}, "found the clock 'status_update'; allowed: first_response"),
        ({"what": "forget"}, "what: found 'forget'; allowed: waive, extend, promise"),
        ({"what": "promise", "until": "2026-03-02 08:00"}, "which is in the past"),
        ({"because": "x" * 2000}, "allowed: up to 1000"),
    ],
)
def test_what_would_not_count_is_refused_in_one_line(
    ticket: ReviewedTicket, change: dict[str, str], message: str
) -> None:
    ticket.pass_time(minutes=5)
    answer = client_of(ticket).post(API, json=EXTEND | change)
    assert answer.status_code == 400
    assert message in answer.json["error"]
    assert "\n" not in answer.json["error"]
    assert not ticket.store.amendments(REF)


def test_a_pack_without_the_section_amends_nothing(sqlite_store: SqlStore) -> None:
    plain = ReviewedTicket(sqlite_store, None)
    plain.review()
    answer = client_of(plain).post(API, json=EXTEND)
    assert "this policy has no amendments" in answer.json["error"]
    assert "Waive, extend" not in client_of(plain).get("/tickets/simulated/7").get_data(as_text=True)
