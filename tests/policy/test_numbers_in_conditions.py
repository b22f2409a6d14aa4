"""Conditions on numbers: facts, and how often a ticket was reopened, also within a length of time."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.policy.condition_space import ConditionSpace, Matches
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.load import load_policy
from bridge.scenarios.mutants import alterations

from .conftest import Play, done

REOPENED = """\
ticket: {at: 2026-03-02T09:00:00Z, type: incident}
events:
  - {at: +1h, by: agent, set: {status: solved}}
  - {at: +2h, by: customer, set: {status: open}}
  - {at: +3h, by: agent, set: {status: solved}}
  - {at: +26h, by: customer, set: {status: open}}
  - {at: +27h, by: agent, set: {status: solved}}
  - {at: +49h, by: customer, set: {status: open}}
until: +80h
"""


def reaction(when: dict[str, Any]) -> dict[str, Any]:
    return {"reactions": [{"name": "often", "clause": "AC-4", "when": when, "tags": ["often"]}]}


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"at_least": 3}, [("03-04 10:00", "policy_often")]),
        ({"at_least": 4}, []),
        ({"at_most": 1}, [("03-02 09:00", "policy_often"), ("03-03 11:00", "policy_often")]),
        # the first two are 24 h apart to the second, the last two 23 h: the tag goes a day after the second of them
        ({"at_least": 2, "within": "24h"}, [("03-04 10:00", "policy_often"), ("03-04 11:00", "policy_often")]),
        (1, [("03-02 11:00", "policy_often"), ("03-03 11:00", "policy_often")]),
    ],
    ids=str,
)
def test_reopenings_are_counted_to_the_second(play: Play, test: Any, expected: list[tuple[str, str]]) -> None:
    outcome = play(reaction({"reopen_count": test}), REOPENED)
    marked = done(outcome, "add_tag", "remove_tag")
    assert [(at, value) for at, value in marked if value == "policy_often"] == expected


def test_a_number_is_compared_also_where_the_field_is_a_text(play: Play) -> None:
    settings = reaction({"hours": {"at_least": 40, "at_most": 80}}) | {"facts": {"hours": {"type": "number"}}}
    ticket = "ticket: {{at: 2026-03-02T09:00:00Z, type: incident, facts: {{hours: {}}}}}\nuntil: +1h"
    assert [bool(done(play(settings, ticket.format(hours)), "add_tag")[2:]) for hours in (39, 40, 80, 80.5)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert Predicate({"hours": {"at_least": 40}}).holds({"hours": "41"}.__getitem__)
    assert not Predicate({"hours": {"at_least": 40}}).holds({"hours": None}.__getitem__)


def test_a_comparison_is_put_into_words() -> None:
    assert Predicate({"reopen_count": {"at_least": 3, "within": "30d"}}).worded() == (
        "reopen count is at least 3 within 30 days"
    )
    assert Predicate({"hours": {"at_least": 3, "at_most": 5}}).worded() == "hours is at least 3 and at most 5"


def test_rows_that_count_over_different_times_are_told_apart() -> None:
    policy = load_policy("maas360")
    rows = [Predicate({"reopen_count": {"at_least": 3, "within": "30d"}}), Predicate({"reopen_count": {"at_least": 3}})]
    matches = Matches.of(rows, ConditionSpace.of(policy, rows).points())
    assert all(matches.first)
    assert matches.unmatched()


def test_a_changed_bound_or_time_is_among_the_mutants() -> None:
    policy = load_policy("maas360")
    source = {"applies_when": {"reopen_count": {"at_least": 3, "within": "30d"}}}
    changed = policy.model_copy(update={"applies_when": Predicate(source["applies_when"])})
    assert [(change.path[-1], change.becomes) for change in alterations(source, changed)] == [
        ("at_least", 4),
        ("within", "31d"),
    ]
