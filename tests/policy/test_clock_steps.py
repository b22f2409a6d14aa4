"""Steps of a clock: at their second of the clock's own open time, once a run, and none once it is met.

In Lisbon it is winter: local time is UTC. Monday is 2026-03-02.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.account import Account
from bridge.errors import InputError
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.scenarios.outcome import Outcome
from bridge.ticket import Actor, Message, Role, Ticket, TicketRef
from bridge.yamlio.document import parse_all

from .conftest import PACK, Play, done

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STEPS: list[dict[str, Any]] = [
    {"at": "50%", "notify": ["team_lead"], "tags": ["at_risk"]},
    {"at": "30m before", "note": "hurry"},
    {"at": "breach", "notify": ["team_lead"], "message": "sorry", "tier": 2},
    {"after": "4h", "notify": ["boss"], "tier": 3},
]
CLOCK: dict[str, Any] = {
    "name": "completion",
    "clause": "AC-3",
    "met_by": ["solved"],
    "targets": {"bad": "4h", "mild": "2 business days"},
    "paused_in": ["waiting_customer"],
    "steps": STEPS,
}
TEXTS = {
    "role_directory": ["team_lead", "boss"],
    "roles": {"team_lead": "lead@vendor.example", "boss": "boss@vendor.example"},
    "templates": {"hurry": "{reason}", "sorry": "We are late with {subject}."},
}
SAID = ("notify", "internal_note", "public_message", "set_tier")


def with_clock(**keys: Any) -> dict[str, Any]:
    return {"clocks": [CLOCK | keys], **TEXTS}


def scenario(*events: str, impact: str = "major", until: str = "+5d") -> str:
    lines = "".join(f"\n  - {event}" for event in events)
    ticket = f"ticket: {{at: {NINE:%Y-%m-%dT%H:%M:%SZ}, type: incident, facts: {{impact: {impact}}}}}"
    return f"{ticket}\nevents: {lines or '[]'}\nuntil: {until}\n"


def said(outcome: Outcome) -> list[tuple[str, str]]:
    return [each for each in done(outcome, *SAID) if each[1] != "severity"]


def test_each_step_acts_at_its_second_of_open_time(play: Play) -> None:
    found = said(play(with_clock(), scenario()))
    assert found == [
        ("03-02 11:00", "team_lead"),
        ("03-02 12:30", "hurry"),
        ("03-02 13:00", "team_lead"),
        ("03-02 13:00", "sorry"),
        ("03-02 13:00", "2"),
        ("03-02 17:00", "boss"),
        ("03-02 17:00", "3"),
    ]


def test_a_pause_moves_the_steps_that_follow_and_none_acts_in_it(play: Play) -> None:
    events = [
        "{at: +1h, by: agent, set: {status: waiting_customer}}",
        "{at: +3h, by: agent, set: {status: open}}",
        "{at: +7h, by: agent, set: {status: waiting_customer}}",
        "{at: +24h, by: agent, set: {status: open}}",
    ]
    found = [at for at, _ in said(play(with_clock(), scenario(*events)))]
    assert sorted(set(found)) == ["03-02 13:00", "03-02 14:30", "03-02 15:00", "03-03 12:00"]


def test_a_clock_that_is_met_has_no_more_steps_and_its_tags_go(play: Play) -> None:
    outcome = play(with_clock(), scenario("{at: +2h30m, by: agent, set: {status: solved}}"))
    assert said(outcome) == [("03-02 11:00", "team_lead")]
    assert done(outcome, "remove_tag") == [("03-02 11:30", "policy_at_risk")]


def test_what_meets_the_clock_in_the_second_of_a_step_comes_first(play: Play) -> None:
    outcome = play(with_clock(), scenario("{at: +2h, by: agent, set: {status: solved}}"))
    assert said(outcome) == []


def test_a_breached_clock_that_is_met_has_no_more_steps(play: Play) -> None:
    outcome = play(with_clock(), scenario("{at: +7h, by: agent, set: {status: solved}}"))
    assert ("03-02 17:00", "boss") not in said(outcome)


def test_business_days_have_steps_as_well(play: Play) -> None:
    """Two days of nine hours each: half of them, half an hour before 09:00 on Wednesday, and four hours later."""
    found = said(play(with_clock(), scenario(impact="minor")))
    assert [at for at, _ in found] == [
        "03-02 18:00", "03-03 17:30", *["03-04 09:00"] * 3, "03-04 13:00", "03-04 13:00",
    ]  # fmt: skip


def test_a_level_that_is_raised_late_says_only_the_last_step(play: Play) -> None:
    events = ["{at: +5h, by: agent, set: {impact: major}}"]
    found = said(play(with_clock(targets={"bad": "4h"}), scenario(*events, impact="minor")))
    assert found[:3] == [("03-02 14:00", "team_lead"), ("03-02 14:00", "sorry"), ("03-02 14:00", "2")]
    assert [value for _, value in found].count("team_lead") == 1


def test_a_step_that_was_taken_is_not_taken_again_when_the_deadline_moves(play: Play) -> None:
    events = ["{at: +3h, by: agent, set: {impact: minor}}", "{at: +1d, by: agent, set: {impact: major}}"]
    found = said(play(with_clock(steps=STEPS[:1]), scenario(*events)))
    assert found == [("03-02 11:00", "team_lead")]


def test_a_periodic_clock_has_its_steps_in_each_period(play: Play) -> None:
    clock = with_clock(periodic=True, met_by=["agent_message"], steps=STEPS[:1])
    found = said(play(clock, scenario("{at: +3h, by: agent, reply: We are at it}", until="+8h")))
    assert found == [("03-02 11:00", "team_lead"), ("03-02 14:00", "team_lead")]


def test_a_condition_holds_a_step_back_until_it_is_true(play: Play) -> None:
    step = {"at": "50%", "when": {"assignee": {"known": False}}, "notify": ["team_lead"]}
    outcome = play(
        with_clock(steps=[step], targets={"bad": "4h"}),
        scenario(
            "{at: +1h, by: agent, set: {assignee: a@vendor.example}}", "{at: +3h, by: agent, set: {assignee: null}}"
        ),
    )
    assert said(outcome) == [("03-02 12:00", "team_lead")]


def test_a_step_may_wait_for_a_calendar(play: Play) -> None:
    step = {"at": "breach", "when": {"calendar_open": "office"}, "notify": ["boss"]}
    clock = with_clock(calendar="always", targets={"bad": "12h"}, steps=[step])
    assert said(play(clock, scenario())) == [("03-03 09:00", "boss")]


def test_a_reopened_ticket_has_a_new_run_with_its_own_steps(play: Play) -> None:
    events = [
        "{at: +3h, by: agent, set: {status: solved}}",
        "{at: +24h, by: customer, reply: again}",
        "{at: +24h, by: agent, set: {status: open}}",
    ]
    found = said(play(with_clock(steps=STEPS[:1]), scenario(*events)))
    assert found == [("03-02 11:00", "team_lead"), ("03-03 11:00", "team_lead")]


@pytest.mark.parametrize(
    ("if_late", "expected"),
    [("act", ["boss", "team_lead"]), ("latest_only", ["boss"]), ("skip", []), ("when_open", [])],
)
def test_steps_that_come_late(if_late: str, expected: list[str]) -> None:
    """The bridge was away from nine on Monday until Tuesday, 20:00."""
    steps = [
        {"at": "breach", "notify": ["team_lead"], "if_late": if_late},
        {"after": "4h", "notify": ["boss"], "if_late": if_late},
    ]
    (document,) = parse_all(PACK, name="acme.yaml")
    policy = Policy.of(merged(document.value, with_clock(steps=steps)))
    ticket = Ticket.model_validate(
        {
            "ref": TicketRef(connection="acme", id="7"),
            "created_at": NINE,
            "type": "incident",
            "facts": {"impact": "major"},
            "timeline": [Message(at=NINE, actor=Actor(role=Role.CUSTOMER), public=True, text="Help")],
        }
    )
    decision = evaluate(ticket, Account(), policy, NINE + timedelta(hours=35))
    assert sorted(each.template for each in decision.due_messages if each.kind.value == "notify") == expected
    awake = evaluate(ticket, Account(), policy, NINE + timedelta(hours=48))
    opened = [each.template for each in awake.due_messages if each.kind.value == "notify"]
    assert sorted(opened) == (["boss", "team_lead"] if if_late == "when_open" else expected)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ({"at": "120%", "notify": ["boss"]}, "allowed: 1% to 99%, or breach; for a later time write after: 4h"),
        ({"at": "soon", "notify": ["boss"]}, "a percentage such as 50%, a time such as 30m before, or breach"),
        ({"at": "1 business day before", "notify": ["boss"]}, "a time such as 30m before, or breach"),
        ({"notify": ["boss"]}, "found no time; allowed: one time"),
        ({"at": "50%", "after": "4h", "notify": ["boss"]}, "found at and after; allowed: one time"),
        ({"at": "50%"}, "found a step that does nothing"),
        ({"at": "4h before", "notify": ["boss"]}, "PB901 .*'4h before', although the target of bad is 4 hours"),
        ({"after": "0h", "notify": ["boss"]}, "PB307"),
    ],
)
def test_a_step_that_cannot_be_meant_is_one_line(tmp_path: Any, step: dict[str, Any], problem: str) -> None:
    (tmp_path / "acme.yaml").write_text(PACK)
    with pytest.raises(InputError, match=problem) as found:
        load_policy(str(tmp_path / "acme.yaml"), with_clock(steps=[step]))
    assert len(str(found.value).splitlines()) == 1
