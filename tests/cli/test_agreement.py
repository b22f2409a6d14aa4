"""A backtest beside a Zendesk's own SLA: its ticket metric events, read and compared."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from bridge.cli.exits import Exit
from bridge.sandbox.zendesk.process import ZendeskSandbox
from tests.support.zendesk_account import AGENT


@pytest.fixture
def zendesk() -> Iterator[ZendeskSandbox]:
    """An account whose clock starts two days ago, so that hours may pass in it."""
    with ZendeskSandbox(start=datetime.now(UTC) - timedelta(days=2)) as sandbox:
        yield sandbox


DESK = """\
pack: desk
title: Desk support promise
version: "1"
effective: 2026-01-01
ticket_types: [incident, question]
facts: {}
calendars:
  always: {clause: DK-1, time_zone: Europe/Berlin, hours: always}
severity:
  clause: DK-2
  levels: {high: urgent}
  default: high
clocks:
  - {name: first_response, clause: DK-3, met_by: [agent_message, phone_contact], targets: {high: 2h}}
  - {name: completion, clause: DK-4, met_by: [solved], targets: {high: 8h}, paused_in: [waiting_customer]}
templates:
  severity: "Severity {level} ({clause}): {reason}."
  notify: "For the {role} ({clause}): {reason}."
clauses:
  DK-1: {heading: Hours, text: Round the clock}
  DK-2: {heading: Severity, text: Everything is high}
  DK-3: {heading: Response, text: Within two hours}
  DK-4: {heading: Completion, text: Within eight hours}
"""


def test_clocks_are_compared_with_zendesks_own_metrics(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    connected.write("desk.yaml", DESK)
    usual = {"priority": "urgent", "business_hours": False}
    metrics = [
        usual | {"metric": "first_reply_time", "target": 120},
        usual | {"metric": "total_resolution_time", "target": 8 * 60},
    ]
    policy = {"title": "As promised", "filter": {"all": [], "any": []}, "policy_metrics": metrics}
    url = f"{zendesk.url}/api/v2/slas/policies"
    requests.post(url, json={"sla_policy": policy}, auth=zendesk.auth, timeout=30).raise_for_status()
    for wait in (60, 3_600, 10_000):
        ident = int(critical_ticket())
        zendesk.act(ident, AGENT, {"priority": "urgent", "assignee_id": 6101})
        zendesk.advance(wait)
        zendesk.act(ident, AGENT, {"comment": {"body": "We look", "public": True}})
        zendesk.advance(1_200)
        zendesk.act(ident, AGENT, {"status": "solved"})
    ident = int(critical_ticket())
    zendesk.call(ident, AGENT)
    zendesk.act(ident, AGENT, {"priority": "urgent", "assignee_id": 6101})
    zendesk.act(ident, AGENT, {"status": "pending", "comment": {"body": "Note", "public": False}})
    zendesk.advance(40_000)
    zendesk.reply(ident, "helpdesk@acme.example", "Here it is")
    zendesk.act(ident, AGENT, {"status": "solved"})
    zendesk.advance(120)
    equal = ("--native", "first_response=first_reply_time", "--native", "completion=total_resolution_time")
    words: tuple[str, ...] = ("backtest", "--pack", "desk.yaml", "--processes", "1", *equal, "--results", "results")
    found = connected(*words, "--json").json()
    assert not found["problems"]
    completion, response = found["native"]["agreement"]
    assert (response["compared"], response["agreed"]) == (4, 3), found["native"]
    assert list(response["reasons"]) == ["phone_contact"]
    assert (completion["compared"], completion["agreed"]) == (4, 3), found["native"]
    assert list(completion["reasons"]) == ["other_pauses"], completion
    done = connected(*words)
    assert "first_response and first_reply_time: 3 of 4 agree (75.0%)" in done.out
    assert "the policy counts a call; the helpdesk does not" in done.out
    assert "results.history: has these tickets" in done.err
    kept = connected(*words, "--keep", "--html", "report.html")
    assert "the install report is in the console, under /install-report" in kept.err
    report = (connected.folder / "report.html").read_text("utf-8")
    assert "Agreement with the helpdesk's own figures" in report.replace("&#39;", "'")
    assert "75.0 %" in report
    assert "<h2>The first day</h2>" in report


def test_a_clock_that_is_not_there_is_named(connected: Any) -> None:
    wrong = connected("backtest", "--native", "answer=first_reply_time")
    assert (wrong.code, wrong.err.strip().count("\n")) == (Exit.UNUSABLE, 0)
    assert wrong.err.startswith("--native: found 'answer=first_reply_time'; allowed: CLOCK=METRIC")
