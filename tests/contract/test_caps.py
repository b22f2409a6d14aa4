"""Caps with every vendor: what exceeds one is held, and written later or by a person's leave, if it is still true."""

from __future__ import annotations

import pytest

from bridge.decision import WithheldCause
from bridge.runtime.releases import release_capped

from .conftest import VendorScenario
from .expected_texts import REMINDERS

SUBJECTS = ("Question on keys", "Question on doors")


def held(scenario: VendorScenario) -> set[str]:
    """The tickets on which a cap withholds something."""
    return {each.ref.id for each in scenario.running.store.withheld(causes=[WithheldCause.CAP])}


def reminded(scenario: VendorScenario, numbers: list[str], step: int) -> set[str]:
    """The tickets whose customers got a notice."""
    texts = [REMINDERS[step].format(subject) for subject in SUBJECTS]
    return {n for n, text in zip(numbers, texts, strict=True) if text in scenario.see(n).public}


@pytest.mark.parametrize("limits", [{"customer_messages": {"hour": 1}, "closings": {"day": 0}}])
def test_messages_wait_their_turn_and_closings_for_a_person(scenario: VendorScenario) -> None:
    numbers = [scenario.vendor.open(subject, affected="individual") for subject in SUBJECTS]
    for number in numbers:
        scenario.vendor.answer(number, "Which one?")
    scenario.settle()
    scenario.later(minutes=1)
    for number in numbers:
        scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    for step in range(3):
        scenario.later(days=2, minutes=1)
        first = reminded(scenario, numbers, step)
        assert (len(first), first | held(scenario)) == (1, set(numbers))
        scenario.later(hours=1, minutes=1)
        assert (reminded(scenario, numbers, step), held(scenario)) == (set(numbers), set())
        scenario.later(hours=4)
    scenario.later(days=4)
    assert held(scenario) == set(numbers)
    assert {scenario.see(number).status for number in numbers} == {"customer_update_required"}
    closed, answered = numbers
    scenario.vendor.reply(answered, "The large one")
    for number in numbers:
        release_capped(scenario.running.store, scenario.vendor.ref(number), "pat", scenario.vendor.now())
    scenario.settle()
    assert (scenario.see(closed).status, scenario.see(answered).status) == ("solved", "in_progress")
    assert held(scenario) == set()
