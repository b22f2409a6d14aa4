"""Ticket metric events of the local Zendesk: what runs, pauses, ends and is breached, in documented words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.sandbox.zendesk.schedule_time import added, counted

AGENT, CUSTOMER = 6101, 7101
METRICS = ("first_reply_time", "next_reply_time", "total_resolution_time", "requester_wait_time", "agent_work_time")
OFFICE = {
    "time_zone": "Berlin",
    "intervals": [{"start_time": day * 1440 + 540, "end_time": day * 1440 + 1020} for day in range(1, 6)],
    "_holidays": [{"start_date": "2026-12-25", "end_date": "2026-12-26"}],
}


@pytest.fixture
def account(api: Any) -> Any:
    """A Zendesk account that promises ten minutes for everything on tickets of normal priority."""
    metrics = [{"priority": "normal", "metric": each, "target": 10, "business_hours": False} for each in METRICS]
    policy = {"title": "Ten minutes", "filter": {"all": [], "any": []}, "policy_metrics": metrics}
    api.request("POST", "slas/policies", {"sla_policy": policy}, ok=201)
    return api


def events(api: Any, metric: str) -> list[tuple[str, int]]:
    found = api.get("incremental/ticket_metric_events?start_time=0")["ticket_metric_events"]
    return [
        (row["type"], row["instance_id"]) for row in found if row["metric"] == metric and row["type"] != "update_status"
    ]


def say(api: Any, ticket: int, author: int, minutes: float, **changes: Any) -> None:
    api.sandbox.advance(minutes * 60)
    api.update(ticket, comment={"body": "words", "author_id": author, "public": True}, **changes)


def test_a_late_answer_is_a_breach_before_it_is_fulfilled(account: Any) -> None:
    ticket = account.create(priority="normal")["id"]
    say(account, ticket, AGENT, 15)
    assert events(account, "reply_time") == [("activate", 1), ("apply_sla", 1), ("breach", 1), ("fulfill", 1)]
    say(account, ticket, CUSTOMER, 5)
    say(account, ticket, CUSTOMER, 1)
    say(account, ticket, AGENT, 5)
    assert events(account, "reply_time")[4:] == [("activate", 2), ("apply_sla", 2), ("fulfill", 2)]


def test_a_metric_pauses_in_its_statuses_and_goes_on_after_a_reopening(account: Any) -> None:
    ticket = account.create(priority="normal", assignee_id=AGENT)["id"]
    say(account, ticket, AGENT, 2, status="pending")
    say(account, ticket, CUSTOMER, 60, status="open")
    say(account, ticket, AGENT, 3, status="solved")
    paused = [("activate", 1), ("apply_sla", 1), ("pause", 1), ("activate", 1), ("fulfill", 1)]
    assert events(account, "agent_work_time") == events(account, "requester_wait_time") == paused
    assert events(account, "resolution_time") == [("activate", 1), ("apply_sla", 1), ("breach", 1), ("fulfill", 1)]
    say(account, ticket, CUSTOMER, 60, status="open")
    account.sandbox.advance(600)
    assert events(account, "agent_work_time") == [*paused, ("activate", 1), ("breach", 1)]


def test_without_a_priority_nothing_is_promised(account: Any) -> None:
    say(account, account.create()["id"], AGENT, 30)
    assert events(account, "reply_time") == [("activate", 1), ("fulfill", 1)]


def test_pages_have_every_event_once_or_twice_and_none_never(account: Any) -> None:
    for _ in range(5):
        account.create(priority="normal")
        account.sandbox.advance(10)
    whole = account.get("incremental/ticket_metric_events?start_time=0")["ticket_metric_events"]
    start, seen = 0, []
    for _ in range(50):
        page = account.get(f"incremental/ticket_metric_events?start_time={start}&per_page=3")
        seen += [row["id"] for row in page["ticket_metric_events"]]
        if page["end_of_stream"]:
            break
        start = page["end_time"]
    assert set(seen) == {row["id"] for row in whole}


def test_a_schedule_counts_its_hours_only() -> None:
    friday, monday = datetime(2026, 12, 18, 15, 30, tzinfo=UTC), datetime(2026, 12, 21, 8, 30, tzinfo=UTC)
    assert counted(OFFICE, friday, monday).total_seconds() == 3600  # 16:30-17:00 and 9:00-9:30 in Berlin
    assert added(OFFICE, friday, monday - monday.replace(hour=7, minute=30)) == monday
    christmas = datetime(2026, 12, 24, 16, 0, tzinfo=UTC)
    assert added(OFFICE, christmas, monday - monday.replace(minute=29)) == datetime(2026, 12, 28, 8, 1, tzinfo=UTC)
