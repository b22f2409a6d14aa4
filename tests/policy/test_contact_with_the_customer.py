"""Where words cannot be read, or nobody was reached, promises of answers rest and nobody is reminded or closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.scenarios.outcome import Outcome

Play = Callable[[dict[str, Any], str], Outcome]

REMINDERS = {
    "waiting": [
        {
            "name": "waiting",
            "kind": "reminders",
            "clause": "AC-4",
            "statuses": ["waiting_customer"],
            "calendar": "always",
            "notices": [{"after": "24h", "message": "reminder"}],
            "close_after": "48h",
        }
    ]
}
ATTEMPTS = {
    "waiting": [
        {
            "name": "waiting",
            "kind": "contact_attempts",
            "clause": "AC-4",
            "statuses": ["waiting_customer"],
            "calendar": "office",
            "attempts": 1,
            "message": "reminder",
            "last_message": "reminder",
            "close_after": "24h",
        }
    ]
}
RESPONSE = {
    "clocks": [
        {
            "name": "first_response",
            "clause": "AC-3",
            "met_by": ["agent_message", "phone_contact"],
            "calendar": "always",
            "targets": {"mild": "1h"},
        },
        {
            "name": "completion",
            "clause": "AC-3",
            "met_by": ["solved"],
            "calendar": "always",
            "targets": {"mild": "4h"},
        },
    ]
}
TICKET = "ticket: {at: 2026-03-02T10:00:00Z, type: incident}"
WAITS = "{at: +1h, by: agent, set: {status: waiting_customer}}"


def to_customer(outcome: Outcome) -> list[str]:
    return [str(row.value) for row in outcome.timeline if row.action == "public_message"]


def notes(outcome: Outcome) -> list[str]:
    return [str(row.value) for row in outcome.timeline if row.action == "internal_note"]


@pytest.mark.parametrize("waiting", [REMINDERS, ATTEMPTS], ids=["reminders", "contact attempts"])
@pytest.mark.parametrize("since", ["+30m", "+2h"], ids=["before waiting", "while waiting"])
def test_waiting_rests_while_a_conversation_cannot_be_read(play: Play, waiting: dict[str, Any], since: str) -> None:
    outcome = play(
        waiting,
        f"""\
        {TICKET}
        events: [{WAITS}, {{at: {since}, by: customer, conversation: unreadable}}]
        until: +20d
        """,
    )
    assert to_customer(outcome) == []
    assert notes(outcome).count("unread_conversation") == 1
    assert outcome.final.status == "waiting_customer"


def test_a_conversation_that_ended_before_the_waiting_is_no_obstacle(play: Play) -> None:
    outcome = play(
        REMINDERS,
        f"""\
        {TICKET}
        events:
          - {{at: +10m, by: customer, conversation: unreadable}}
          - {{at: +30m, by: customer, conversation: readable}}
          - {WAITS}
        until: +20d
        """,
    )
    assert to_customer(outcome) == ["reminder"]
    assert outcome.final.status == "solved"


def test_waiting_starts_afresh_in_a_new_period(play: Play) -> None:
    outcome = play(
        REMINDERS,
        f"""\
        {TICKET}
        events:
          - {WAITS}
          - {{at: +2h, by: customer, conversation: unreadable}}
          - {{at: +3h, by: customer, conversation: readable}}
          - {{at: +30d, by: agent, set: {{status: in_progress}}}}
          - {{at: +31d, by: agent, set: {{status: waiting_customer}}}}
        until: +60d
        """,
    )
    assert to_customer(outcome) == ["reminder"]
    assert outcome.final.status == "solved"


def test_promised_answers_are_not_counted_while_nothing_can_be_read(play: Play) -> None:
    outcome = play(
        RESPONSE,
        f"""\
        {TICKET}
        events: [{{at: +30m, by: customer, conversation: unreadable}}]
        until: +5h
        """,
    )
    assert {(clock.name, clock.state) for clock in outcome.clocks} == {
        ("first_response", "paused"),
        ("completion", "breached"),
    }


def test_words_that_can_be_read_end_the_rest(play: Play) -> None:
    outcome = play(
        RESPONSE,
        f"""\
        {TICKET}
        events:
          - {{at: +30m, by: customer, conversation: unreadable}}
          - {{at: +2h, by: customer, conversation: readable}}
          - {{at: +3h, by: customer, reply: Are you there}}
        until: +3h31m
        """,
    )
    (response,) = [clock for clock in outcome.clocks if clock.name == "first_response"]
    assert (response.state, response.due_at) == ("breached", datetime(2026, 3, 2, 13, 30, tzinfo=UTC))


@pytest.mark.parametrize("waiting", [REMINDERS, ATTEMPTS], ids=["reminders", "contact attempts"])
def test_a_customer_out_of_reach_is_neither_reminded_nor_closed(play: Play, waiting: dict[str, Any]) -> None:
    outcome = play(
        waiting,
        f"""\
        ticket: {{at: 2026-03-02T10:00:00Z, type: incident, requester: {{unreachable: has no e-mail address}}}}
        events: [{WAITS}]
        until: +20d
        """,
    )
    assert to_customer(outcome) == []
    assert notes(outcome).count("unreached") == 1
    assert "policy_followup_1" not in outcome.final.tags
    assert outcome.final.status == "waiting_customer"


def test_any_other_message_to_somebody_out_of_reach_becomes_a_note(play: Play) -> None:
    outcome = play(
        {"escalation": {"on_request": {"clause": "AC-4", "stages": [{"stage": 1, "message": "reminder"}]}}},
        """\
        ticket: {at: 2026-03-02T10:00:00Z, type: incident, requester: {unreachable: has no e-mail address}}
        events: [{at: +1h, by: customer, request: escalation}]
        until: +20d
        """,
    )
    assert to_customer(outcome) == []
    assert notes(outcome).count("unsent") == 1
