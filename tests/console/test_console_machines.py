"""What programs read: JSON, readiness, metrics, and the lists of the store beneath them."""

from datetime import timedelta

import pytest

from bridge.decision import Decision
from bridge.ports.conditions import Condition
from bridge.ticket import Status, TicketRef

from .conftest import MONDAY, ReviewingInstallation, answered, installed


def test_json_holds_the_whole_explanation(bridge: ReviewingInstallation) -> None:
    review = bridge.review(bridge.ticket())
    found = bridge.app().test_client().get("/api/tickets/zendesk/1").get_json()
    assert found["review"] == review.id
    assert found["explanation"]["level"] == "critical"
    assert found["explanation"]["clauses"]["MA-09"]["heading"] == "Case severity levels"
    assert (
        {entry["key"] for entry in found["said"]} == {action.key for action in review.plan.actions}
        if review.plan
        else set()
    )
    again = {name: found["explanation"][name] for name in ("pack", "version", "digest", "level", "wake_at")}
    assert review.decision is not None
    assert again == {name: Decision.model_dump(review.decision, mode="json")[name] for name in again}


def test_a_ticket_without_a_review_is_not_found(bridge: ReviewingInstallation) -> None:
    answer = bridge.app().test_client().get("/api/tickets/zendesk/404")
    assert (answer.status_code, list(answer.get_json())) == (404, ["error"])


def test_reviews_can_be_followed(bridge: ReviewingInstallation) -> None:
    client = bridge.app().test_client()
    ticket = bridge.ticket()
    first = bridge.review(ticket)
    bridge.now += timedelta(minutes=10)
    silent = bridge.review(answered(ticket, timedelta(minutes=5)), outcome="nothing")
    bridge.now += timedelta(minutes=10)
    last = bridge.review(bridge.ticket("2"))
    newest = [one["review"] for one in client.get("/api/reviews").get_json()["reviews"]]
    assert newest == [last.id, first.id]
    assert silent.id not in newest
    since = client.get("/api/reviews", query_string={"after": MONDAY.isoformat()}).get_json()["reviews"]
    assert [one["review"] for one in since] == [last.id]
    assert since[0]["effects"][0]["clause"].startswith("MA-")


@pytest.mark.parametrize("after", ["yesterday", "2026-03-02T08:00:00", ""])
def test_an_instant_without_zone_is_refused_with_advice(bridge: ReviewingInstallation, after: str) -> None:
    answer = bridge.app().test_client().get("/api/reviews", query_string={"after": after})
    assert answer.status_code == 400
    assert "2026-03-02T08:00:00Z" in answer.get_json()["error"]


def test_ready_while_due_tickets_are_reviewed(bridge: ReviewingInstallation) -> None:
    client, ref = bridge.app().test_client(), TicketRef(connection="zendesk", id="1")
    assert client.get("/readyz").status_code == 200
    bridge.store.wake(ref, bridge.now, "delivery")
    bridge.now += timedelta(minutes=3)
    found = client.get("/readyz").get_json()
    assert found.pop("failing") == [
        {
            "condition": "reviews",
            "state": "failing",
            "since": "2026-03-02T08:00:00Z",
            "advice": "check that `policybridge serve` is running",
        }
    ]
    assert found == {
        "status": "not ready",
        "database": "ok",
        "policies": "ok",
        "records": "ok",
        "reviews": "failing",
    }
    assert bridge.app(speed=600).test_client().get("/readyz").status_code == 200  # 0.3 real seconds are not late
    bridge.store.pause_connection("zendesk", bridge.now + timedelta(minutes=5))
    assert client.get("/readyz").status_code == 200  # the vendor asked us to wait


def test_many_tickets_that_wait_are_no_fault_while_reviews_are_recorded(bridge: ReviewingInstallation) -> None:
    client = bridge.app().test_client()
    for number in range(9):
        bridge.store.wake(TicketRef(connection="zendesk", id=str(number)), bridge.now, "setup")
    bridge.now += timedelta(minutes=10)
    bridge.store.succeeded(Condition.RECORDS, bridge.now)
    assert client.get("/readyz").status_code == 200
    assert "policybridge_late_seconds 600.0" in client.get("/metrics").text.splitlines()
    bridge.now += timedelta(minutes=3)
    assert client.get("/readyz").status_code == 503


def test_a_ticket_under_review_is_not_late(bridge: ReviewingInstallation) -> None:
    bridge.store.wake(TicketRef(connection="zendesk", id="1"), bridge.now - timedelta(hours=1), "delivery")
    assert bridge.store.claim(bridge.now, limit=1, lease_s=60)
    assert bridge.store.longest_wait(bridge.now + timedelta(seconds=30)) == 0
    assert bridge.store.longest_wait(bridge.now + timedelta(seconds=90)) == 30


def test_metrics_count_the_store(bridge: ReviewingInstallation) -> None:
    bridge.review(bridge.ticket())
    bridge.review(bridge.ticket("2", status=Status.SOLVED))
    bridge.store.count_rejected("zendesk", "bad signature", bridge.now)
    text = bridge.app().test_client().get("/metrics").text
    for line in (
        "policybridge_store_up 1.0",
        'policybridge_tickets{state="open"} 1.0',
        'policybridge_tickets{state="resolved"} 1.0',
        'policybridge_refused_total{connection="zendesk",reason="bad signature"} 1.0',
        "policybridge_late_seconds 0.0",
    ):
        assert line in text.splitlines()


def test_lists_are_the_same_on_both_databases(database_url: str) -> None:
    with installed(database_url) as bridge:
        first = bridge.review(bridge.ticket("1"))
        done = bridge.review(bridge.ticket("2", status=Status.SOLVED))
        bridge.now += timedelta(minutes=1)
        bridge.store.wake(TicketRef(connection="zendesk", id="3"), bridge.now, "sweep")
        queue_entries = bridge.store.queue_entries(is_open=True, limit=10)
        assert [(row.ref.id, row.snapshot) for row in queue_entries] == [("3", None), ("1", first.id)]
        assert queue_entries[1].due == (first.decision.wake_at if first.decision else None)
        assert [row.snapshot for row in bridge.store.queue_entries(is_open=False, limit=10)] == [done.id]
        assert bridge.store.count_tickets() == (2, 1)
        assert bridge.store.recent_reviews(limit=1) == [done.id]
        assert bridge.store.ticket_history(first.ref, limit=9) == [first.id]
        assert bridge.store.queue_entry(TicketRef(connection="zendesk", id="9")) is None
        assert bridge.store.longest_wait(bridge.now + timedelta(seconds=5)) == 5
