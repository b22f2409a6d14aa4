"""A stop with every vendor: nothing is written, not even what was about to be; afterwards all of it is, once."""

from __future__ import annotations

from bridge.runtime.stops import Stops

from .conftest import VendorScenario
from .expected_texts import NEW_CRITICAL


def test_a_stop_is_obeyed_by_a_write_that_was_about_to_begin(scenario: VendorScenario) -> None:
    stops = Stops(scenario.running.store)
    scenario.moment.acts = [lambda: stops.stop("", "pat", "wrong texts", scenario.vendor.now())]
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    assert list(scenario.vendor.line.writes) == []
    assert scenario.reviews(number)[-1].outcome == "withheld"
    assert stops.held_up(stops.to_resume(None))
    stops.resume(None, "pat", "", scenario.vendor.now())
    scenario.settle()
    scenario.expect(number, **NEW_CRITICAL)
    assert list(scenario.vendor.line.writes) == [number]
