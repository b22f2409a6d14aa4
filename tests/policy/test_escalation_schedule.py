"""Which levels of the escalation schedule a ticket has reached, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.account import Account
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.policy.rules.escalation import EscalationSchedule, reached_levels
from bridge.ticket import Actor, Changed, FactValue, Role, Ticket, TicketRef
from bridge.yamlio.document import parse_all

from .conftest import PACK

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGENT = Actor(role=Role.AGENT, email="agent@vendor.example")
STAGES = [
    {"clause": "AC-3", "level": "bad", "stage": 1, "after": "2h"},
    {"clause": "AC-3", "level": "bad", "stage": 2, "after": "4h"},
    {"clause": "AC-3", "level": "mild", "stage": 1, "after": "8h"},
]


def change(hour: float, field: str, old: FactValue, new: FactValue) -> Changed:
    return Changed(at=NINE + hour * HOUR, actor=AGENT, field=field, old=old, new=new)


def reached(
    *changes: Changed, until: float, impact: str | None = "major", stages: Sequence[Any] = STAGES, **keys: Any
) -> list[tuple[str, int, float]]:
    """Severity, level of escalation, and the hours after nine at which each was reached."""
    (document,) = parse_all(PACK, name="acme.yaml")
    schedule = {"calendar": "always", "stages": [*stages], **keys}
    policy = Policy.of(merged(document.value, {"escalation": schedule}))
    values: dict[str, FactValue] = {"status": "new", "fact:impact": impact}
    values |= {each.field: each.new for each in changes}
    ticket = Ticket.model_validate(
        {
            "ref": TicketRef(connection="acme", id="7"),
            "created_at": NINE,
            "type": "incident",
            "status": values["status"],
            "assignee": values.get("assignee"),
            "facts": {"impact": values["fact:impact"]},
            "timeline": changes,
        }
    )
    found = reached_levels(Context(ticket, Account(), policy, NINE + until * HOUR))
    return [(each.stage.level, each.stage.stage, (each.at - NINE) / HOUR) for each in found]


def test_a_level_is_reached_at_the_second_at_which_it_is_due() -> None:
    assert reached(until=1.99) == []
    assert reached(until=2) == [("bad", 1, 2)]
    assert reached(until=5) == [("bad", 1, 2), ("bad", 2, 4)]


def test_only_levels_of_the_severity_in_force_are_reached() -> None:
    assert reached(until=9, impact=None) == [("mild", 1, 8)]


def test_a_level_that_was_due_before_its_severity_came_is_reached_with_it() -> None:
    raised = change(3, "fact:impact", None, "major")
    assert reached(raised, until=3.5, impact=None) == [("bad", 1, 3)]
    assert reached(raised, until=5, impact=None) == [("bad", 1, 3), ("bad", 2, 4)]


def test_a_level_is_reached_once_however_often_the_severity_comes_back() -> None:
    changes = [change(3, "fact:impact", "major", "minor"), change(3.5, "fact:impact", "minor", "major")]
    assert reached(*changes, until=3.9) == [("bad", 1, 2)]


def test_what_was_reached_stays_when_the_severity_goes() -> None:
    assert reached(change(3, "fact:impact", "major", "minor"), until=9) == [("bad", 1, 2), ("mild", 1, 8)]


def test_a_solved_ticket_reaches_nothing_more() -> None:
    solved = change(3, "status", "new", "solved")
    assert reached(solved, until=9) == [("bad", 1, 2)]


def test_a_reopened_ticket_begins_again() -> None:
    changes = [change(3, "status", "new", "solved"), change(10, "status", "solved", "open")]
    assert reached(*changes, until=11) == []
    assert reached(*changes, until=13) == [("bad", 1, 12)]


def test_the_schedule_is_a_rule_of_its_policy() -> None:
    (document,) = parse_all(PACK, name="acme.yaml")
    policy = Policy.of(merged(document.value, {"escalation": {"stages": STAGES}}))
    assert [rule for rule in policy.named_rules.values() if isinstance(rule, EscalationSchedule)] == [policy.escalation]


WAITING = ["waiting_customer"]


def waiting(begins: float, ends: float) -> list[Changed]:
    return [change(begins, "status", "new", WAITING[0]), change(ends, "status", WAITING[0], "open")]


def test_the_time_of_the_schedule_rests_in_the_statuses_it_names() -> None:
    assert reached(*waiting(1, 4), until=8) == [("bad", 1, 2), ("bad", 2, 4)]
    assert reached(*waiting(1, 4), until=8, paused_in=WAITING) == [("bad", 1, 5), ("bad", 2, 7)]
    assert reached(*waiting(1, 9), until=8, paused_in=WAITING) == []


def test_a_stage_may_name_its_own_statuses() -> None:
    stages = [STAGES[0] | {"paused_in": []}, STAGES[1]]
    assert reached(*waiting(1, 4), until=8, stages=stages, paused_in=WAITING) == [("bad", 1, 2), ("bad", 2, 7)]


def test_a_stage_that_a_higher_severity_makes_due_waits_while_its_time_rests() -> None:
    wait, go_on = waiting(3, 6)
    raised = change(4, "fact:impact", None, "major")
    assert reached(wait, raised, until=5, impact=None, paused_in=WAITING) == []
    assert reached(wait, raised, go_on, until=6.5, impact=None, paused_in=WAITING) == [("bad", 1, 6)]


def test_a_stage_is_reached_once_its_condition_holds() -> None:
    stages = [STAGES[0] | {"when": {"assignee": {"known": False}}}]
    taken = change(1, "assignee", None, "a@vendor.example")
    assert reached(taken, until=9, stages=stages) == []
    dropped = change(3, "assignee", "a@vendor.example", None)
    assert reached(taken, dropped, until=9, stages=stages) == [("bad", 1, 3)]
    assert reached(change(3, "assignee", None, "a@vendor.example"), until=9, stages=stages) == [("bad", 1, 2)]


def test_business_days_rest_as_well() -> None:
    """One business day from nine, with three hours of waiting, on office hours of nine each day."""
    stages = [{"clause": "AC-3", "level": "bad", "stage": 1, "after": "1 business day"}]
    keys = {"calendar": "office", "paused_in": WAITING, "stages": stages}
    assert reached(until=30, **keys) == [("bad", 1, 24)]
    assert reached(*waiting(1, 4), until=30, **keys) == [("bad", 1, 27)]
