"""Clocks that begin, or are due, at a time that somebody has agreed on and written into a fact."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InputError
from bridge.scenarios.outcome import Outcome

from .conftest import Play, done

VISIT = {"visit": {"type": "datetime", "label": "When the technician comes"}}
BEGINS = {"name": "completion", "clause": "AC-3", "start_fact": "visit", "calendar": "always"}
SOLVED = BEGINS | {"met_by": ["solved"], "targets": {"mild": "4h"}}
ANSWERED = BEGINS | {"met_by": ["agent_message"], "targets": {"mild": "4h"}}
DUE = {"name": "call", "clause": "AC-3", "due_fact": "visit", "met_by": ["agent_message"], "calendar": "always"}


def pack(clock: dict[str, Any]) -> dict[str, Any]:
    return {"facts": VISIT, "clocks": [clock], "role_directory": ["lead"], "roles": {"lead": "lead@vendor.example"}}


def scenario(*events: str, until: str = "+20h", facts: str = "{}") -> str:
    lines = "\n".join(f"  - {{{event}}}" for event in events)
    head = f"ticket: {{at: 2026-03-02T09:00:00Z, type: incident, facts: {facts}}}\nuntil: {until}\n"
    return f"{head}events:\n{lines}\n" if events else head


def visit(at: str, hour: int) -> str:
    return f"at: {at}, by: agent, set: {{visit: 2026-03-02T{hour:02}:00:00Z}}"


def runs(outcome: Outcome) -> list[tuple[str, str, str]]:
    """State, start and due time of each clock."""
    return [(c.state, f"{c.started_at:%d %H:%M}", f"{c.due_at:%d %H:%M}" if c.due_at else "") for c in outcome.clocks]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), []),
        ((visit("+1h", 12),), [("breached", "02 12:00", "02 16:00")]),
        ((visit("+1h", 12), visit("+2h", 14)), [("breached", "02 14:00", "02 18:00")]),
        ((visit("+4h", 12),), [("breached", "02 12:00", "02 16:00")]),
        ((visit("+4h", 8),), [("breached", "02 09:00", "02 13:00")]),
        (
            (visit("+1h", 12), visit("+5h", 16)),
            [("cancelled", "02 12:00", "02 16:00"), ("breached", "02 16:00", "02 20:00")],
        ),
        ((visit("+1h", 12), visit("+5h", 13)), [("breached", "02 13:00", "02 17:00")]),
        (
            (visit("+1h", 12), visit("+8h", 18)),
            [("breached", "02 12:00", "02 16:00"), ("breached", "02 18:00", "02 22:00")],
        ),
        ((visit("+1h", 12), "at: +5h, by: agent, set: {visit: null}"), [("cancelled", "02 12:00", "02 16:00")]),
        ((visit("+1h", 12), "at: +2h, by: agent, set: {status: solved}"), []),
        ((visit("+1h", 12), "at: +4h, by: agent, set: {status: solved}"), [("met", "02 12:00", "02 16:00")]),
        (
            (
                visit("+1h", 12),
                "at: +4h, by: agent, set: {status: solved}",
                "at: +10h, by: customer, set: {status: open}",
            ),
            [("met", "02 12:00", "02 16:00"), ("breached", "02 19:00", "02 23:00")],
        ),
    ],
    ids=[
        "not agreed",
        "agreed",
        "moved before it began",
        "entered afterwards",
        "before the ticket",
        "moved after it began",
        "corrected",
        "moved after the breach",
        "called off",
        "solved before it",
        "solved in time",
        "reopened after it",
    ],
)
def test_a_clock_begins_at_the_time_in_a_fact(play: Play, events: tuple[str, ...], expected: Any) -> None:
    assert runs(play(pack(SOLVED), scenario(*events))) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [("met", "02 12:00", "02 16:00")]),
        ({"periodic": True}, [("met", "02 12:00", "02 16:00"), ("running", "02 15:00", "02 19:00")]),
        ({"counts_while": {"status": "open"}}, []),
    ],
    ids=["once", "periodic", "counts while"],
)
def test_what_happened_before_it_began_does_not_meet_it(play: Play, keys: dict[str, Any], expected: Any) -> None:
    early, late = "at: +2h, by: agent, reply: See you", "at: +6h, by: agent, reply: Done"
    outcome = play(pack(ANSWERED | keys), scenario(visit("+1h", 12), early, late, until="+7h"))
    assert runs(outcome) == expected


def test_the_bridge_comes_back_when_it_begins(play: Play) -> None:
    steps = {"steps": [{"at": "50%", "notify": ["lead"]}]}
    assert done(play(pack(SOLVED | steps), scenario(visit("+1h", 12))), "notify") == [("03-02 14:00", "lead")]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), []),
        ((visit("+1h", 12),), [("breached", "02 10:00", "02 12:00")]),
        ((visit("+1h", 9),), []),
        ((visit("+1h", 12), "at: +1h, by: agent, reply: We call at noon"), [("breached", "02 10:00", "02 12:00")]),
        ((visit("+1h", 12), "at: +3h, by: agent, reply: Hello"), [("met", "02 10:00", "02 12:00")]),
        (
            (visit("+1h", 12), visit("+2h", 15), "at: +4h, by: agent, reply: Hello"),
            [("cancelled", "02 10:00", "02 12:00"), ("met", "02 11:00", "02 15:00")],
        ),
        ((visit("+1h", 12), "at: +2h, by: agent, set: {status: solved}"), [("cancelled", "02 10:00", "02 12:00")]),
    ],
    ids=["not agreed", "missed", "in the past", "said together", "kept in the last second", "moved", "solved"],
)
def test_a_clock_is_due_at_the_time_in_a_fact(play: Play, events: tuple[str, ...], expected: Any) -> None:
    assert runs(play(pack(DUE), scenario(*events))) == expected


def test_a_clock_that_is_due_at_a_time_needs_no_level_and_warns_on_the_way(play: Play) -> None:
    steps = [{"at": "50%", "notify": ["lead"]}, {"at": "30m before", "tags": ["soon"]}, {"at": "breach", "tier": 2}]
    settings = pack(DUE | {"steps": steps}) | {"severity": {"default": None, "unknown_tag": "unrated"}}
    outcome = play(settings, scenario(visit("+1h", 12)))
    assert done(outcome, "notify") == [("03-02 11:00", "lead")]
    assert done(outcome, "add_tag")[2:] == [
        ("03-02 11:30", "policy_soon"),
        ("03-02 11:30", "policy_warning_call"),
        ("03-02 12:00", "policy_breached_call"),
    ]
    assert done(outcome, "set_tier") == [("03-02 12:00", "2")]


@pytest.mark.parametrize(
    ("clock", "message"),
    [
        (SOLVED | {"starts_on": "created"}, "found starts_on with start_fact; allowed: one of the two"),
        (DUE | {"targets": {"mild": "4h"}}, "found targets with due_fact; allowed: one of the two"),
        (DUE | {"paused_in": ["waiting_customer"]}, "found paused_in with due_fact; allowed: one of the two"),
        (DUE | {"met_by": []}, "found nothing; allowed: what meets it"),
    ],
)
def test_a_clock_has_one_beginning_and_one_end(play: Play, clock: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        play(pack(clock), scenario())
