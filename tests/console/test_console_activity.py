"""What was written since an instant: the page, its filter, and the same for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from bridge.decision import WithheldCause
from bridge.decision.kinds import ActionKind
from bridge.ports.outcomes import ReviewOutcome
from bridge.runtime.activity import ActivityFilter, activity
from bridge.ticket import TicketRef

from .conftest import MONDAY, ReviewingInstallation


@pytest.fixture
def client(bridge: ReviewingInstallation) -> FlaskClient:
    bridge.review(bridge.ticket("1"))
    bridge.now += timedelta(minutes=5)
    bridge.review(bridge.ticket("2", subject="<b>Slow</b>", level="significant"))
    return bridge.app().test_client()


def actions(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/activity{query}").json["actions"]  # type: ignore[index]
    return found


def test_every_written_action_is_listed_once_newest_first(client: FlaskClient, bridge: ReviewingInstallation) -> None:
    found = actions(client)
    written = [(str(ref), entry.key) for ref in refs("1", "2") for entry in bridge.store.ledger(ref)]
    assert sorted((each["ticket"], each["key"]) for each in found) == sorted(written)
    assert [each["ticket"] for each in found] == sorted((each["ticket"] for each in found), reverse=True)
    answer: Any = client.get("/api/activity").json
    assert sum(answer["totals"].values()) == len(found)
    assert set(answer["totals"]) == set(ActionKind)
    assert answer["since"] == "2026-03-01T08:05:00Z"
    assert {each["account"] for each in found} == {"Acme"}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?since=4m", lambda each: each["ticket"] == "zendesk:2"),
        ("?since=2026-03-02T08:04:00Z", lambda each: each["ticket"] == "zendesk:2"),
        ("?kind=priorities", lambda each: each["action"] == "set_priority"),
        ("?kind=tags", lambda each: each["action"] in {"add_tag", "remove_tag"}),
        ("?account=acme", lambda each: True),
        ("?account=5101", lambda each: True),
        ("?clause=ma-09&kind=priorities", lambda each: each["clause"] == "MA-09" and each["kind"] == "priorities"),
    ],
)
def test_the_filter_leaves_out_the_rest(client: FlaskClient, query: str, wanted: Any) -> None:
    assert actions(client, query) == [each for each in actions(client) if wanted(each)]


@pytest.mark.parametrize(
    "query", ["since=yesterday", "since=3000-01-01T00:00:00Z", "since=9999999999999d", "kind=mail"]
)
def test_what_cannot_be_meant_is_one_line(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/activity?{query}")
    assert answer.status_code == 400
    assert "allowed: " in answer.json["error"]  # type: ignore[index]
    assert client.get(f"/activity?{query}").status_code == 400


def test_the_page_shows_text_of_customers_as_text(client: FlaskClient) -> None:
    page = client.get("/activity").text
    assert "Slow" in page
    assert "<b>Slow</b>" not in page
    assert "Nothing was written." in client.get("/activity?clause=MA-24").text


def test_what_was_withheld_or_refused_was_not_written(bridge: ReviewingInstallation) -> None:
    bridge.review(bridge.ticket("1"), outcome=ReviewOutcome.WITHHELD, withheld=WithheldCause.MODE)
    wanted = ActivityFilter(MONDAY)
    assert list(activity(bridge.store, wanted)) == []


def test_a_write_whose_review_was_never_recorded_is_listed(bridge: ReviewingInstallation) -> None:
    """A process was killed right after the write; the next review finds the proof and confirms it."""
    done = bridge.review(bridge.ticket("1"))
    planned = {action.key for action in done.plan.actions} if done.plan else set()
    assert planned
    for _ in bridge.store.forget_reviews(MONDAY + timedelta(days=1)):
        pass
    with bridge.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM reviews")
    assert {each.action.key for each in activity(bridge.store, ActivityFilter(MONDAY))} == planned


def refs(*idents: str) -> list[TicketRef]:
    return [TicketRef(connection="zendesk", id=ident) for ident in idents]
