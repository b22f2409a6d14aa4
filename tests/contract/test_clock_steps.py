"""Steps of a clock, and a schedule that rests: what the shipped packs do not have, with every vendor."""

from __future__ import annotations

import pytest

from .conftest import VendorScenario

# A tag that the pack has already: the helpdesks of these tests were prepared for the pack as it is shipped.
STEPS = [
    {"at": "50%", "note": "half", "tags": ["possible_duplicate"]},
    {"at": "breach", "notify": ["account_manager"], "tier": 3},
    {"after": "1h", "message": "sorry"},
]
OVERRIDES = {
    "clocks": [{"name": "first_response", "steps": STEPS}],
    "escalation": {"paused_in": ["customer_update_required"]},
    "templates": {"half": "Answer soon ({clause}): {reason}.", "sorry": "We are late. You will hear from us soon."},
}
HALF = "Answer soon (MA-10): 50% of the first response target has passed."
laid_over = pytest.mark.parametrize("overrides", [OVERRIDES], ids=["steps"])


@laid_over
def test_the_steps_of_a_clock_act_at_their_times_and_once(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.later(minutes=15)
    seen = scenario.see(number)
    assert "policy_possible_duplicate" in seen.tags
    assert HALF in seen.notes
    assert seen.tier == 1
    scenario.later(minutes=15)
    assert scenario.see(number).tier == 3
    assert scenario.vendor.roles["account_manager"] in scenario.vendor.called_upon(number)
    scenario.later(hours=1, minutes=1)
    scenario.later(hours=2)
    seen = scenario.see(number)
    assert list(seen.public) == ["We are late. You will hear from us soon."]
    assert list(seen.notes).count(HALF) == 1


@pytest.mark.parametrize("overrides", [OVERRIDES | {"closure": {"if_unconfirmed": "allow"}}], ids=["steps"])
def test_nobody_has_to_do_anything_on_a_ticket_that_an_agent_has_solved(scenario: VendorScenario) -> None:
    for ability in ("lists", "hands"):
        scenario.needs(ability)
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.later(minutes=30)
    assert scenario.vendor.roles["account_manager"] in scenario.vendor.called_upon(number)
    scenario.later(minutes=5)
    scenario.vendor.edit(number, status="solved")
    scenario.settle()
    assert (scenario.see(number).status, scenario.vendor.called_upon(number)) == ("solved", frozenset())


@laid_over
def test_an_answer_ends_the_steps(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.later(minutes=16)
    scenario.vendor.answer(number, "We are at it")
    scenario.later(minutes=1)
    assert "policy_possible_duplicate" not in scenario.see(number).tags
    scenario.later(hours=2)
    seen = scenario.see(number)
    assert list(seen.public) == ["We are at it"]
    assert seen.tier == 1


@laid_over
def test_the_schedule_rests_while_the_customer_is_awaited(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.vendor.answer(number, "Since when?")
    scenario.settle()
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    scenario.later(hours=5)
    assert "policy_escalated_1" not in scenario.see(number).tags
    scenario.vendor.reply(number, "Since noon")
    scenario.settle()
    scenario.later(hours=4)
    assert "policy_escalated_1" in scenario.see(number).tags
