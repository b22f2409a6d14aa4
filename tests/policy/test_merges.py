"""Merges: which clocks, schedule, answers and approvals of the other ticket count on the one that stays."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InputError
from bridge.scenarios.outcome import Outcome

from .conftest import Play, done

CLOCKS = [
    {
        "name": "first_response",
        "clause": "AC-3",
        "met_by": ["agent_message"],
        "calendar": "always",
        "targets": {"mild": "4h"},
    },
    {
        "name": "resolution",
        "clause": "AC-3",
        "met_by": ["solved"],
        "calendar": "always",
        "targets": {"mild": "10h"},
        "steps": [{"at": "50%", "notify": ["lead"]}, {"at": "breach", "notify": ["lead"], "note": "late"}],
    },
]
SETTINGS: dict[str, Any] = {
    "clocks": CLOCKS,
    "escalation": {
        "calendar": "always",
        "stages": [
            {"clause": "AC-4", "level": "mild", "stage": 1, "after": "2h", "notify": ["boss"]},
            {"clause": "AC-4", "level": "mild", "stage": 2, "after": "8h", "notify": ["boss"]},
        ],
    },
    "facts": {"estimate": {"type": "number"}},
    "gates": [
        {"name": "estimate", "clause": "AC-5", "when": {"estimate": {"known": True}}, "request_message": "reminder"}
    ],
    "role_directory": ["lead", "boss"],
    "roles": {"lead": "lead@acme.example", "boss": "boss@acme.example"},
    "templates": {"late": "{reason}", "escalated": "{reason}", "merged": "{reason} ({clause})."},
}
ANSWERED = "{at: +1h, by: agent, reply: We are looking}"
APPROVED = "{at: +3h30m, by: pat@customer.example, approve: estimate}"
"""Three hours and a half after the creation of the other ticket: half an hour after that of this one."""


def played(play: Play, merges: dict[str, Any], *said: str, merged_at: str = "+3h", until: str = "+12h") -> Outcome:
    """A ticket of 9:00 with an estimate, into which one of 6:00 is merged at 12:00."""
    rule = {"merges": {"clause": "AC-4", "note": "merged", **merges}}
    return play(
        SETTINGS | rule,
        f"""
        ticket: {{at: 2026-03-02T09:00:00Z, type: incident, requester: {{email: pat@customer.example}}, id: "7"}}
        events:
          - {{at: +10m, by: agent, set: {{estimate: 4}}}}
          - at: {merged_at}
            by: agent
            merge: {{id: "8", at: 2026-03-02T06:00:00Z, events: [{", ".join(said)}]}}
        until: {until}
        """,
    )


def due(outcome: Outcome) -> dict[str, tuple[str, str]]:
    return {clock.name: (clock.state, f"{clock.due_at:%H:%M}") for clock in outcome.clocks if clock.due_at}


def notified(outcome: Outcome, role: str) -> list[str]:
    return [at for at, to in done(outcome, "notify") if to == role]


def test_by_default_only_what_happened_on_the_ticket_itself_counts(play: Play) -> None:
    outcome = played(play, {}, ANSWERED, APPROVED)
    assert due(outcome) == {"first_response": ("breached", "13:00"), "resolution": ("breached", "19:00")}
    assert notified(outcome, "lead") == ["03-02 14:00", "03-02 19:00"]
    assert notified(outcome, "boss") == ["03-02 11:00", "03-02 17:00"]
    assert "policy_awaiting_estimate" in outcome.final.tags


def test_clocks_and_schedule_count_from_the_oldest_ticket_once_it_was_merged(play: Play) -> None:
    outcome = played(play, {"clocks": "earliest"})
    assert due(outcome) == {"first_response": ("breached", "10:00"), "resolution": ("breached", "16:00")}
    assert notified(outcome, "lead") == ["03-02 12:00", "03-02 16:00"], "half of the time had passed at 11:00"
    assert notified(outcome, "boss") == ["03-02 11:00", "03-02 14:00"], "the first stage is not reached twice"


def test_nothing_that_was_said_is_said_again(play: Play) -> None:
    """Half of the time had passed at 14:00, and the schedule had reached its first stage at 11:00."""
    outcome = played(play, {"clocks": "earliest"}, merged_at="+5h30m")
    assert notified(outcome, "lead") == ["03-02 14:00", "03-02 16:00"]
    assert notified(outcome, "boss") == ["03-02 11:00", "03-02 14:30"]


def test_a_clock_that_was_over_before_the_merge_keeps_its_verdict(play: Play) -> None:
    rule = {"merges": {"clause": "AC-4", "clocks": "earliest"}}
    outcome = play(
        SETTINGS | rule,
        """
        ticket: {at: 2026-03-02T09:00:00Z, type: incident}
        events:
          - {at: +2h, by: agent, reply: We are looking}
          - {at: +3h, by: agent, merge: {id: "8", at: 2026-03-02T06:00:00Z}}
        until: +4h
        """,
    )
    assert due(outcome) == {"first_response": ("met", "13:00"), "resolution": ("running", "16:00")}
    assert [clock.elapsed_s for clock in outcome.clocks if clock.name == "resolution"] == [7 * 3600]


@pytest.mark.parametrize(
    ("answer", "state"), [("+1h", "met"), ("+3h30m", "met"), ("+5h59m", "met")], ids=["before", "during", "just before"]
)
def test_an_answer_on_the_other_ticket_is_one_on_this(play: Play, answer: str, state: str) -> None:
    outcome = played(play, {"answers": "all"}, ANSWERED.replace("+1h", answer))
    assert due(outcome)["first_response"] == (state, "13:00")
    words = "{at: +1h, by: customer, reply: Hello?}"
    assert due(played(play, {"answers": "all"}, words))["first_response"][0] == "breached"


def test_an_approval_on_the_other_ticket_is_one_on_this(play: Play) -> None:
    outcome = played(play, {"approvals": "all"}, APPROVED)
    assert "policy_awaiting_estimate" not in outcome.final.tags
    asked_later = played(play, {"approvals": "all"}, APPROVED.replace("+3h30m", "+1h"))
    assert "policy_awaiting_estimate" in asked_later.final.tags, "the question on this ticket was asked after it"


def test_the_note_says_what_counts(play: Play) -> None:
    outcome = played(play, {"clocks": "earliest"})
    assert [at for at, name in done(outcome, "internal_note") if name == "merged"] == ["03-02 12:00"]
    [note] = [row for row in outcome.timeline if row.value == "merged"]
    assert note.because == "ticket 8 was merged into this one; its time counts since 2026-03-02 06:00 UTC"


def test_business_days_count_from_the_older_ticket(play: Play) -> None:
    clock = CLOCKS[1] | {"calendar": "office", "targets": {"mild": "1 business day"}, "steps": []}
    outcome = play(
        SETTINGS | {"clocks": [clock], "merges": {"clause": "AC-4", "clocks": "earliest"}},
        """
        ticket: {at: 2026-03-03T15:00:00Z, type: incident}
        events:
          - {at: +1h, by: agent, merge: {id: "8", at: 2026-03-03T10:00:00Z}}
        until: +2h
        """,
    )
    assert [f"{each.due_at:%d %H:%M}" for each in outcome.clocks if each.due_at] == ["04 10:00"]


def test_a_rule_that_changes_nothing_is_refused(play: Play) -> None:
    with pytest.raises(InputError, match="at least one of clocks: earliest, answers: all, approvals: all, note"):
        play({"merges": {"clause": "AC-4"}}, "ticket: {at: 2026-03-02T09:00:00Z}\nuntil: +1h\n")


@pytest.mark.parametrize(
    ("merge", "message"),
    [
        ('{id: "7", at: 2026-03-02T06:00:00Z}', "found '7', the ticket of this scenario, and no ticket can be merged"),
        ('{id: "8", at: 2026-03-02T16:00:00Z}', "found 2026-03-02T16:00Z, after the merge; allowed: a time before it"),
    ],
)
def test_a_merge_that_cannot_be_is_one_line(play: Play, merge: str, message: str) -> None:
    text = f"""
    ticket: {{at: 2026-03-02T09:00:00Z, type: incident, id: "7"}}
    events: [{{at: +1h, by: agent, merge: {merge}}}]
    until: +2h
    """
    with pytest.raises(InputError, match=message) as caught:
        play({}, text)
    assert len(str(caught.value).splitlines()) == 1
