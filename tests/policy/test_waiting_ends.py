"""How waiting on the customer ends: in every status it can happen in, and with the contract."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InputError

from .conftest import Play, done

REMINDERS: dict[str, Any] = {
    "name": "waiting", "kind": "reminders", "clause": "AC-4", "statuses": ["solved"], "close_after": "5 business days",
    "close_tag": "closed_for_good", "clock": "closes",
}  # fmt: skip
CONTACTS: dict[str, Any] = {
    "name": "waiting", "kind": "contact_attempts", "clause": "AC-4", "statuses": ["solved"], "attempts": 1,
    "message": "reminder", "last_message": "reminder", "close_after": "24h",
}  # fmt: skip
SOLVED = """
    ticket: {at: 2026-03-02T09:00:00Z, type: incident}
    events:
      - {at: +1h, by: agent, reply: "Done", set: {status: solved}}
"""


def test_what_was_solved_is_closed_at_the_end_of_waiting(play: Play) -> None:
    outcome = play({"waiting": [REMINDERS]}, f"{SOLVED}    until: +10d")
    assert done(outcome, "set_status") == [("03-09 10:00", "closed")]
    assert ("03-09 10:00", "policy_closed_for_good") in done(outcome, "add_tag")
    assert [(clock.name, clock.state) for clock in outcome.clocks] == [("closes", "met")]
    assert outcome.final.status == "closed"


def test_contacts_about_something_solved_end_in_closing_as_well(play: Play) -> None:
    outcome = play({"waiting": [CONTACTS]}, f"{SOLVED}    until: +10d")
    # two business days after Monday 10:00, then a day
    assert done(outcome, "public_message") == [("03-04 10:00", "reminder")]
    assert done(outcome, "set_status") == [("03-05 10:00", "closed")]


def test_the_time_after_the_last_contact_can_be_business_days(play: Play) -> None:
    outcome = play({"waiting": [{**CONTACTS, "close_after": "3 business days"}]}, f"{SOLVED}    until: +10d")
    assert done(outcome, "set_status") == [("03-09 10:00", "closed")]


@pytest.mark.parametrize(
    ("event", "closed"),
    [
        ("by: customer, reply: It is back", False),
        ("by: customer, reply: Away, auto_reply: true", True),
        ("by: customer, confirm: resolution", True),
        ("by: agent, set: {status: open}", False),
    ],
)
def test_an_answer_ends_it_and_a_confirmation_asks_for_nothing(play: Play, event: str, *, closed: bool) -> None:
    settings = {"waiting": [{**REMINDERS, "status_after_reply": "open"}], "closure": {"clause": "AC-4"}}
    outcome = play(settings, f"{SOLVED}      - {{at: +26h, {event}}}\n    until: +10d")
    assert (("03-09 10:00", "closed") in done(outcome, "set_status")) is closed
    assert (("03-03 11:00", "open") in done(outcome, "set_status")) is ("back" in event)


def test_nothing_waits_in_a_closed_ticket(play: Play) -> None:
    with pytest.raises(InputError, match="statuses that a ticket can leave; nothing comes after closed"):
        play({"waiting": [{**REMINDERS, "statuses": ["solved", "closed"]}]}, f"{SOLVED}    until: +1d")


LADDER = {
    **REMINDERS,
    "statuses": ["waiting_customer"],
    "status_after_reply": "open",
    "notices": [{"after": "2d", "message": "reminder"}],
    "calendar": "always",
    "close_after": "4d",
}
COVERED: dict[str, Any] = {
    "support_period": {"clause": "AC-1", "expired_tag": "expired", "note": "notify"},
    "waiting": [LADDER],
}
ENDING = """
    account: {name: Acme, time_zone: Europe/Lisbon, support: {ends: DAY}}
    ticket: {at: 2026-03-02T09:00:00Z, type: incident}
    events:
      - {at: +1h, by: agent, reply: "Which?", set: {status: waiting_customer}}
      - {at: +8d, by: customer, reply: "This one"}
    until: +9d
"""


@pytest.mark.parametrize(
    ("last_day", "reminded", "clock"),
    [
        ("2026-03-02", [], ("cancelled", "2026-03-06 10:00")),
        ("2026-03-04", ["03-04 10:00"], ("cancelled", "2026-03-06 10:00")),
        ("2026-03-06", ["03-04 10:00"], ("met", "2026-03-06 10:00")),
    ],
)
def test_waiting_ends_with_the_contract(play: Play, last_day: str, reminded: list[str], clock: tuple[str, str]) -> None:
    outcome = play(COVERED, ENDING.replace("DAY", last_day))
    assert [at for at, _ in done(outcome, "public_message")] == reminded
    (shown,) = outcome.clocks
    assert (shown.state, f"{shown.due_at:%Y-%m-%d %H:%M}") == clock
    closed = [("03-06 10:00", "solved")] if clock[0] == "met" else []
    answered = [] if closed else [("03-10 09:00", "open")]
    assert done(outcome, "set_status") == closed + answered


def test_after_the_contract_nothing_begins_to_wait(play: Play) -> None:
    outcome = play(COVERED, ENDING.replace("DAY", "2026-03-01"))
    assert outcome.clocks == ()
    assert done(outcome, "public_message") == []
