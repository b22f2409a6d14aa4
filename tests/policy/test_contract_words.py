"""What a contract may say: contacts by plan, a period that ends in mid-case, levels by mail at night, texts by reason.

In Lisbon it is winter: local time is UTC. Monday is 2026-03-02; office hours are nine to six.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.account import Account
from bridge.evaluate import evaluate
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.ticket import Ticket, TicketRef
from bridge.yamlio.document import parse_all

from .conftest import PACK, Play, done

SCENARIO = """\
    account: {{name: Acme, {account}}}
    ticket: {{at: {at}, channel: {channel}, type: incident, facts: {{impact: major}}}}
    events: {events}
    until: +60h
"""


def scenario(
    account: str = "plan: standard", *, at: str = "2026-03-02T10:00:00Z", channel: str = "email", events: str = "[]"
) -> str:
    return SCENARIO.format(account=account, at=at, channel=channel, events=events)


@pytest.mark.parametrize(
    ("account", "contact"),
    [
        (Account(plan="standard"), "lead@vendor.example"),
        (Account(plan="premium"), "gold@vendor.example"),
        (Account(plan="premium", roles={"team_lead": "own@vendor.example"}), "own@vendor.example"),
    ],
    ids=["standard", "premium", "the account's own"],
)
def test_a_plan_has_its_own_contacts(account: Account, contact: str) -> None:
    pack: dict[str, Any] = {
        "escalation": {
            "calendar": "always",
            "stages": [{"clause": "AC-3", "level": "bad", "stage": 1, "after": "1h", "notify": ["team_lead"]}],
        },
        "role_directory": ["team_lead"],
        "roles": {"team_lead": "lead@vendor.example"},
        "plan_roles": {"premium": {"team_lead": "gold@vendor.example"}},
        "templates": {"escalated": "{reason}"},
    }
    (document,) = parse_all(PACK, name="acme.yaml")
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    ticket = Ticket(ref=TicketRef(connection="acme", id="7"), created_at=at, type="incident", facts={"impact": "major"})
    decision = evaluate(ticket, account, Policy.of(merged(document.value, pack)), at + timedelta(hours=1))
    assert [message.to for message in decision.due_messages if message.to] == [(contact,)]


CLOCK = {"name": "completion", "clause": "AC-3", "met_by": ["solved"], "targets": {"bad": "40h"}, "calendar": "always"}


@pytest.mark.parametrize(
    ("open_tickets", "state", "is_marked"), [("end", "cancelled", True), ("go_on", "breached", False)]
)
def test_a_contract_may_end_in_mid_case(play: Play, open_tickets: str, state: str, *, is_marked: bool) -> None:
    period = {"clause": "AC-5", "expired_tag": "expired", "note": "ended", "open_tickets": open_tickets}
    pack = {"clocks": [CLOCK], "support_period": period, "templates": {"ended": "{reason}"}}
    outcome = play(pack, scenario("support: {ends: 2026-03-02}"))
    (clock,) = outcome.clocks
    assert clock.state == state
    assert ("03-03 00:00", "policy_expired") in done(outcome, "add_tag") or not is_marked
    assert bool(done(outcome, "internal_note")[1:]) is is_marked


def test_a_ticket_of_after_the_end_is_not_served_even_then(play: Play) -> None:
    period = {"clause": "AC-5", "expired_tag": "expired", "note": "ended", "open_tickets": "go_on"}
    pack = {"clocks": [CLOCK], "support_period": period, "templates": {"ended": "{reason}"}}
    outcome = play(pack, scenario("support: {ends: 2026-03-01}"))
    assert not outcome.clocks
    assert ("03-02 10:00", "policy_expired") in done(outcome, "add_tag")


def levels(play: Play, **keys: str) -> list[tuple[str, str]]:
    sure: dict[str, Any] = {"any": [{"opened_in": "office"}, {"channel": "phone"}, {"phone_contact": True}]}
    rows = [
        {"level": "bad", "when": {"impact": "major", **sure}},
        {"level": "mild", "when": {"impact": "major"}, "reason": "a mail at night; call us to confirm it"},
    ]
    outcome = play({"severity": {"rows": rows, "default": "small"}}, scenario(**keys))
    return [(at, tag) for at, tag in done(outcome, "add_tag") if "severity" in tag]


def test_a_level_that_a_mail_at_night_claims_counts_once_a_call_confirms_it(play: Play) -> None:
    by_day, at_night = "2026-03-02T10:00:00Z", "2026-03-02T22:00:00Z"
    assert levels(play, at=by_day) == [("03-02 10:00", "policy_severity_bad")]
    assert levels(play, at=at_night, channel="phone") == [("03-02 22:00", "policy_severity_bad")]
    assert levels(play, at=at_night) == [("03-02 22:00", "policy_severity_mild")]
    assert levels(play, at=at_night, events="[{at: +1h, by: agent, phone_contact: true}]") == [
        ("03-02 22:00", "policy_severity_mild"),
        ("03-02 23:00", "policy_severity_bad"),
    ]


REASONS = {
    "confirmed_text": {"confirmed": True},
    "silence_text": {"closed_unanswered": True},
    "solution_text": {"confirmed": False, "closed_unanswered": False},
}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ("[{at: +1h, by: customer, confirm: resolution}]", ["confirmed_text"]),
        ("[{at: +1h, by: agent, set: {status: solved}}]", ["solution_text"]),
        ("[{at: +1h, by: agent, set: {status: waiting_customer}}]", ["silence_text"]),
        (
            "[{at: +1h, by: customer, confirm: resolution}, {at: +2h, by: customer, set: {status: open}},"
            " {at: +3h, by: agent, set: {status: solved}}]",
            ["confirmed_text", "solution_text"],
        ),
    ],
    ids=["confirmed", "by an agent", "no answer", "reopened after the confirmation"],
)
def test_each_reason_to_close_has_its_own_text(play: Play, events: str, expected: list[str]) -> None:
    waiting = {
        "name": "silence",
        "kind": "reminders",
        "clause": "AC-4",
        "statuses": ["waiting_customer"],
        "notices": [],
        "close_after": "24h",
        "calendar": "always",
    }
    texts = [
        {
            "name": name,
            "clause": "AC-4",
            "when": {"status": "solved", **when},
            "include_resolved": True,
            "message": name,
        }
        for name, when in REASONS.items()
    ]
    pack = {
        "waiting": [waiting],
        "closure": {"clause": "AC-4"},
        "reactions": texts,
        "templates": dict.fromkeys(REASONS, "x"),
    }
    assert [value for _, value in done(play(pack, scenario(events=events)), "public_message")] == expected
