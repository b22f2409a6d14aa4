"""A condition that decides something cannot read what follows from it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bridge.policy.evaluation.conditions import CONDITION_NAMES, FOLLOW_FROM_RULES
from bridge.policy.rules.closure import ClosureRule
from bridge.policy.rules.plans import PlanRow


def plan_on(name: str) -> PlanRow:
    return PlanRow.model_validate({"name": "gold", "clause": "AC-9", "when": {name: "x"}})


def closure_on(name: str) -> ClosureRule:
    return ClosureRule.model_validate({"clause": "AC-5", "accept_when": {name: "x"}})


@pytest.mark.parametrize("name", sorted({*FOLLOW_FROM_RULES, "plan"}))
def test_a_plan_cannot_depend_on_what_follows_from_it(name: str) -> None:
    with pytest.raises(ValidationError, match=f"found a condition on {name}; allowed: facts, tags"):
        plan_on(name)


@pytest.mark.parametrize("name", sorted(FOLLOW_FROM_RULES))
def test_what_justifies_a_solved_ticket_cannot_depend_on_the_status(name: str) -> None:
    with pytest.raises(ValidationError, match=f"found a condition on {name}; allowed: facts and fields"):
        closure_on(name)


def test_what_people_and_the_helpdesk_say_can_be_used() -> None:
    for name in {*CONDITION_NAMES} - FOLLOW_FROM_RULES - {"calendar_open", "opened_in", "plan", "tags"}:
        assert plan_on(name).name == "gold"
        assert closure_on(name).clause == "AC-5"


def test_every_value_that_rules_decide_is_among_them() -> None:
    assert {"approved", "confirmed", "level", "status"} <= FOLLOW_FROM_RULES
