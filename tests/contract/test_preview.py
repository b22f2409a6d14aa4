"""A preview with every vendor: nothing is written, and it is what enforcing then does."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from bridge.decision import Action
from bridge.decision.records import action_name, action_value
from bridge.ports.forecasts import ForecastFilter
from bridge.ports.outcomes import ReviewOutcome

from .conftest import VendorScenario

Counted = Counter[tuple[str, str, str, str]]


def counted(ident: str, action: Action) -> tuple[str, str, str, str]:
    """An action without the time in a field: clocks begin when somebody confirms, seconds after the preview."""
    value = str(action_value(action))
    return ident, action.cite.clause, action_name(action), "next_due_at" if value.startswith("next_due_at=") else value


def expected(scenario: VendorScenario) -> tuple[Counted, datetime]:
    """What a preview shows for the next thirty hours."""
    previews, now = scenario.running.jobs.previews, scenario.vendor.now()
    assert previews
    previews.run([scenario.vendor.connection], now, lambda _: None)
    until = now + timedelta(hours=30)
    found = scenario.running.store.forecast_actions(ForecastFilter([scenario.vendor.connection]))
    return Counter(counted(each.ref.id, each.action) for each in found if each.due <= until), until


def written(scenario: VendorScenario, numbers: list[str]) -> Counted:
    """What the bridge has done, by its own record."""
    return Counter(
        counted(number, action)
        for number in numbers
        for review in scenario.reviews(number)
        if review.outcome is ReviewOutcome.APPLIED and review.plan
        for action in review.plan.permitted.actions
    )


@pytest.mark.parametrize("mode", ["shadow"])
def test_a_preview_is_what_enforcing_then_does(scenario: VendorScenario, mode: str) -> None:
    numbers = [
        scenario.vendor.open("Console down", affected="all"),
        scenario.vendor.open("One device is slow", affected="individual"),
    ]
    scenario.settle()
    scenario.later(hours=3)
    scenario.vendor.edit(numbers[1], status="customer_update_required")
    scenario.settle()
    shown, until = expected(scenario)
    assert list(scenario.vendor.line.writes) == []
    assert (numbers[0], "MA-09", "add_tag", "policy_severity_critical") in shown
    modes = scenario.running.jobs.reconciler.modes
    assert modes
    modes.confirm(scenario.vendor.connection, "pat", scenario.vendor.now())
    scenario.settle()
    assert "policy_severity_critical" in scenario.see(numbers[0]).tags, "at once, not at its next timer"
    while (due := scenario.next_due()) and due <= until:
        scenario.vendor.pass_time(max(0.0, (due - scenario.vendor.now()).total_seconds()) + 0.1)
        scenario.settle()
    assert written(scenario, numbers) == shown
