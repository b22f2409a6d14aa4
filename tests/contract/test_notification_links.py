"""Links for agents in a notification, with every vendor."""

from __future__ import annotations

import pytest

from .conftest import VendorScenario

TEXT = "The {clock} is due {deadline}. Also notified: {also_notified}. Ticket: {ticket_link}."
STEPS = [{"at": "50%", "notify": ["account_manager", "coo"]}]
OVERRIDES = {"clocks": [{"name": "first_response", "steps": STEPS}], "templates": {"notify": TEXT}}


@pytest.mark.parametrize("overrides", [OVERRIDES], ids=["notify"])
def test_a_notification_leads_to_the_ticket(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.later(minutes=16)
    due = scenario.ticket(number).created_at
    (note,) = (text for text in scenario.see(number).notes if "Also notified: COO" in text)
    assert f"The first response is due {due:%Y-%m-%d}" in note
    ref = scenario.vendor.ref(number)
    assert scenario.running.helpdesks[scenario.vendor.connection].ticket_url(ref) in note
