"""A ticket that is with another group for a while, with every vendor."""

from __future__ import annotations

import pytest

from .conftest import VendorScenario

SPECIALISTS = {
    "name": "with the specialists",
    "clause": "MA-02",
    "when": {"affected": "all"},
    "group": "specialists",
    "hand_back": True,
}
laid_over = pytest.mark.parametrize("overrides", [{"reactions": [SPECIALISTS]}], ids=["hand_back"])


def with_groups(scenario: VendorScenario) -> None:
    """Start again with a group of that name."""
    tiers = scenario.vendor.settings().get("tiers", {"3": 3})
    scenario.start(groups={"specialists": tiers["3"]})


@laid_over
def test_a_ticket_goes_to_another_group_and_comes_back(scenario: VendorScenario) -> None:
    with_groups(scenario)
    number = scenario.vendor.open("Mail is slow", affected="small")
    scenario.settle()
    home = scenario.ticket(number).group
    for affected, group in (("all", "specialists"), ("small", home), ("all", "specialists"), ("small", home)):
        scenario.later(minutes=1)
        scenario.vendor.edit(number, affected=affected)
        scenario.settle()
        assert scenario.ticket(number).group == group
