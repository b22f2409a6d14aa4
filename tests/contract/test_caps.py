"""Caps with every vendor: what exceeds one is held, and written later or by a person's leave, if it is still true."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.decision import WithheldCause
from bridge.runtime.releases import release_capped

from .conftest import VendorScenario
from .expected_texts import REMINDERS
from .vendor import Seen

SUBJECTS = ("Question on keys", "Question on doors")


def held(scenario: VendorScenario) -> set[str]:
    """The tickets on which a cap withholds something."""
    return {each.ref.id for each in scenario.running.store.withheld(causes=[WithheldCause.CAP])}


def reminded(scenario: VendorScenario, numbers: list[str], step: int) -> set[str]:
    """The tickets whose customers got a notice."""
    texts = [REMINDERS[step].format(subject) for subject in SUBJECTS]
    return {n for n, text in zip(numbers, texts, strict=True) if text in scenario.see(n).public}


def awaited(scenario: VendorScenario, *, affected: str) -> list[str]:
    """Two tickets that an agent has answered and whose customers have to write next."""
    numbers = [scenario.vendor.open(subject, affected=affected) for subject in SUBJECTS]
    for number in numbers:
        scenario.vendor.answer(number, "Which one?")
    scenario.settle()
    scenario.later(minutes=1)
    for number in numbers:
        scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    return numbers


MOVES_AND_STATUSES = {"reassignments": {"hour": 1}, "status_changes": {"hour": 1}}


@pytest.mark.parametrize(
    "limits",
    [MOVES_AND_STATUSES, {"per_account": MOVES_AND_STATUSES}, {"first_day": MOVES_AND_STATUSES}],
    ids=["all", "account", "first day"],
)
def test_moves_and_changes_of_status_wait_their_turn(scenario: VendorScenario) -> None:
    numbers = awaited(scenario, affected="all")
    scenario.later(hours=4, minutes=1)
    _, second = _written_one_by_one(scenario, numbers, lambda seen: seen.tier == 3)
    assert "policy_escalated_1" in scenario.see(second).tags, "only the move waited"
    for number in numbers:
        scenario.vendor.reply(number, "The large one")
    scenario.settle()
    _written_one_by_one(scenario, numbers, lambda seen: seen.status == "in_progress")


def _written_one_by_one(
    scenario: VendorScenario, numbers: list[str], is_written: Callable[[Seen], bool]
) -> tuple[str, str]:
    """One of two tickets is written to at once, the other waits for it and is written to an hour later."""
    written, waiting = ({n for n in numbers if is_written(scenario.see(n)) is expected} for expected in (True, False))
    assert (len(written), held(scenario)) == (1, waiting)
    scenario.later(hours=1, minutes=1)
    assert all(is_written(scenario.see(number)) for number in numbers)
    assert held(scenario) == set()
    return written.pop(), waiting.pop()


@pytest.mark.parametrize("limits", [{"customer_messages": {"hour": 1}, "closings": {"day": 0}}])
def test_messages_wait_their_turn_and_closings_for_a_person(scenario: VendorScenario) -> None:
    numbers = awaited(scenario, affected="individual")
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
