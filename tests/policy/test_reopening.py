"""For how long a ticket can be reopened: what the customer is told afterwards, and what the clocks make of it."""

from __future__ import annotations

import pytest

from bridge.errors import InputError
from bridge.scenarios.outcome import Outcome

from .conftest import Play, done

RULE = {"clause": "AC-4", "within": "14d", "message": "too_late", "note": "late_note"}
SETTINGS = {
    "reopening": RULE | {"tag": "reopened_late"},
    "clocks": [
        {
            "name": "resolution",
            "clause": "AC-3",
            "met_by": ["solved"],
            "calendar": "always",
            "targets": {"mild": "30d"},
            "on_reopen": "resume",
        }
    ],
    "links": {"new_ticket": "https://help.acme.example/new"},
    "templates": {"too_late": "Please open a new ticket: {new_ticket}.", "late_note": "{reason} ({clause})."},
}
SOLVED = "{at: +2h, by: agent, set: {status: solved}}"


def played(play: Play, *events: str, until: str = "+30d") -> Outcome:
    listed = "".join(f"      - {event}\n" for event in (SOLVED, *events))
    text = f"""
    ticket: {{at: 2026-03-02T09:00:00Z, type: incident, requester: {{email: pat@customer.example}}}}
    events:
{listed}
    until: {until}
    """
    return play(SETTINGS, text)


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return done(outcome, "public_message")


@pytest.mark.parametrize(
    ("event", "reopened"),
    [
        ("{at: +338h, by: customer, reply: It is back, set: {status: open}}", True),
        ("{at: +339h, by: customer, reply: It is back, set: {status: open}}", False),
        ("{at: +339h, by: system, set: {status: open}}", False),
        ("{at: +339h, by: agent, set: {status: open}}", True),
        ("{at: +339h, by: customer, reply: I am away, auto_reply: true}", True),
        ("{at: +339h, by: other, reply: I have read it}", True),
    ],
    ids=["in the last second", "too late", "by a rule of the helpdesk", "by an agent", "automatic", "a third person"],
)
def test_a_ticket_can_be_reopened_for_so_long(play: Play, event: str, reopened: bool) -> None:
    outcome = played(play, event)
    late = [] if reopened else [("03-16 12:00", "too_late")]
    assert told(outcome) == late
    assert done(outcome, "internal_note")[1:] == [(at, "late_note") for at, _ in late]
    assert done(outcome, "set_status") == ([] if reopened or "set" not in event else [("03-16 12:00", "solved")])
    assert ("policy_reopened_late" in outcome.final.tags) is not reopened


def test_a_late_reply_that_moves_no_status_is_answered_as_well(play: Play) -> None:
    outcome = played(play, "{at: +400h, by: customer, reply: It is back}")
    assert told(outcome) == [("03-19 01:00", "too_late")]
    assert done(outcome, "set_status") == []


def test_the_customer_is_told_once_and_each_attempt_is_undone(play: Play) -> None:
    again = [f"{{at: +{hours}h, by: customer, reply: Please, set: {{status: open}}}}" for hours in (400, 401, 402)]
    outcome = played(play, *again)
    assert told(outcome) == [("03-19 01:00", "too_late")]
    assert [at for at, _ in done(outcome, "set_status")] == ["03-19 01:00", "03-19 02:00", "03-19 03:00"]
    assert outcome.final.status == "solved"


def test_a_refused_reopening_starts_no_clock(play: Play) -> None:
    outcome = played(play, "{at: +400h, by: customer, reply: It is back, set: {status: open}}")
    assert [(clock.state, clock.elapsed_s) for clock in outcome.clocks] == [("met", 2 * 3600)]


def test_an_agent_decides_otherwise_afterwards(play: Play) -> None:
    late = "{at: +400h, by: customer, reply: It is back, set: {status: open}}"
    outcome = played(play, late, "{at: +401h, by: agent, set: {status: open}}")
    assert outcome.final.status == "open"
    assert done(outcome, "remove_tag") == [("03-19 02:00", "policy_reopened_late")]
    assert [clock.state for clock in outcome.clocks] == ["running"]


def test_the_time_counts_from_the_latest_resolution(play: Play) -> None:
    reopened = "{at: +10d, by: customer, reply: It is back, set: {status: open}}"
    solved, again = (
        "{at: +11d, by: agent, set: {status: solved}}",
        "{at: +24d, by: customer, reply: And again, set: {status: open}}",
    )
    outcome = played(play, reopened, solved, again)
    assert told(outcome) == []
    assert outcome.final.status == "open"


def test_business_days_count_on_their_calendar(play: Play) -> None:
    """Solved on Monday at eleven; ten business days later it is Monday again."""
    rule = {"clause": "AC-4", "within": "10 business days", "calendar": "office", "message": "too_late"}
    for hours, late in ((338, []), (339, [("03-16 12:00", "too_late")])):
        text = f"""
        ticket: {{at: 2026-03-02T09:00:00Z, type: incident, requester: {{email: pat@customer.example}}}}
        events: [{SOLVED}, {{at: +{hours}h, by: customer, reply: It is back}}]
        until: +30d
        """
        assert told(play(SETTINGS | {"reopening": rule}, text)) == late


def test_a_calendar_that_decides_nothing_is_refused(play: Play) -> None:
    with pytest.raises(InputError, match="found calendar with within: 14 days, elapsed time"):
        play(SETTINGS | {"reopening": RULE | {"calendar": "always"}}, "ticket: {at: 2026-03-02T09:00:00Z}\nuntil: +1h")
