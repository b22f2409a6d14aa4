"""Plans by ticket: which plan a ticket has, since when, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.policy.rules.plans import PlanRow

from .conftest import Play, done

PLANS = [
    {"name": "gold", "clause": "AC-1", "when": {"tags": {"any": ["gold"]}}},
    {"name": "silver", "clause": "AC-1", "when": {"account": "Acme"}},
]
CLOCK = {
    "name": "resolution",
    "clause": "AC-3",
    "met_by": ["solved"],
    "calendar": "always",
    "targets": {"mild": "8h"},
    "plan_targets": {"gold": {"mild": "1h"}, "silver": {"mild": "4h"}, "premium": {"mild": "2h"}},
}


def due(play: Play, account: str, events: str = "") -> str:
    text = (
        f"account: {account}\nticket: {{at: 2026-03-02T09:00:00Z, type: incident}}\nevents: [{events}]\nuntil: +30m\n"
    )
    (clock,) = play({"plans": PLANS, "clocks": [CLOCK]}, text).clocks
    return f"{clock.due_at:%H:%M}"


def test_the_first_row_counts_then_the_plan_of_the_account(play: Play) -> None:
    tagged = "{at: +10m, by: agent, set: {tags: [gold]}}"
    assert due(play, "{name: Acme}") == "13:00"
    assert due(play, "{name: Acme}", tagged) == "10:00"
    assert due(play, "{name: Globex}", tagged) == "10:00"
    assert due(play, "{name: Globex, plan: premium}") == "11:00"
    assert due(play, "{name: Globex}") == "17:00"


def test_a_condition_on_the_plan_follows_the_row_to_the_second(play: Play) -> None:
    settings = {
        "plans": [PLANS[0], {"name": "night", "clause": "AC-1", "when": {"calendar_open": {"none": ["office"]}}}],
        "reactions": [{"name": "n", "clause": "AC-4", "when": {"plan": "night"}, "tags": ["night"]}],
    }
    outcome = play(settings, "ticket: {at: 2026-03-02T09:00:00Z, type: incident}\nuntil: +30h")
    marked = [row for row in done(outcome, "add_tag", "remove_tag") if row[1] == "policy_night"]
    assert marked == [("03-02 18:00", "policy_night"), ("03-03 09:00", "policy_night")]


@pytest.mark.parametrize("name", ["plan", "level", "status"])
def test_a_plan_may_not_depend_on_what_follows_from_it(name: str) -> None:
    with pytest.raises(ValidationError, match=f"found a condition on {name}"):
        PlanRow(name="gold", clause="AC-1", when={name: "x"})  # type: ignore[arg-type]


def test_an_unknown_plan_is_found_and_one_of_the_pack_is_known(play: Play) -> None:
    unknown: dict[str, Any] = CLOCK | {"plan_targets": {"golden": {"mild": "1h"}}}
    with pytest.raises(Exception, match=r"PB113.*golden.*standard, premium, gold, silver"):
        play({"plans": PLANS, "clocks": [unknown]}, "ticket: {at: 2026-03-02T09:00:00Z, type: incident}\nuntil: +1m")
