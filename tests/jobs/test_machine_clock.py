"""This machine's clock compared with another: what the round trip explains, a difference, a step, and recovery."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.machine_clock import SKEW_S, ClockCheck, ClockReading

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()


class Machine:
    """A machine whose two clocks are set by the test, and a helpdesk whose clock is right."""

    def __init__(self) -> None:
        self.passed = self.off = 0.0
        self.check = ClockCheck("the helpdesk", self.read)

    def read(self) -> ClockReading:
        return ClockReading(NOON + self.passed + self.off, 1_000.0 + self.passed)

    def ask(self, takes_s: float = 0.2, answered_after_s: float = 0.1) -> str:
        """Ask the helpdesk the time; the problem afterwards."""
        sent, began = self.read(), self.passed
        self.passed += takes_s
        stamp = datetime.fromtimestamp(int(NOON + began + answered_after_s), UTC)
        self.check.compare(sent, stamp, precision_s=1.0)
        return self.check.problem()


def test_without_an_answer_nothing_is_trusted() -> None:
    assert "could not be compared with that of the helpdesk" in Machine().check.problem()


@pytest.mark.parametrize(
    ("off", "problem"),
    [
        (0, ""),
        (SKEW_S - 2, ""),
        (2 - SKEW_S, ""),
        (601, "this machine's clock is 0:10:00 ahead of that of the helpdesk"),
        (-600, "this machine's clock is 0:10:00 behind that of the helpdesk"),
        (8 * 86_400 + 1, "this machine's clock is 8 days, 0:00:00 ahead of that of the helpdesk"),
    ],
)
def test_only_a_difference_that_matters_is_one(off: float, problem: str) -> None:
    """The helpdesk's time is cut off to a second, so a clock that is ahead may be a second more so."""
    machine = Machine()
    machine.off = off
    assert machine.ask() == problem


@pytest.mark.parametrize("answered_after_s", [0.0, 45.0, 89.0])
def test_a_slow_answer_is_no_difference(answered_after_s: float) -> None:
    assert Machine().ask(takes_s=90.0, answered_after_s=answered_after_s) == ""


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_a_step_is_noticed_before_the_next_answer_and_the_next_answer_says_more(step: float) -> None:
    machine = Machine()
    assert machine.ask() == ""
    machine.off = step
    assert "was set, or the machine slept, since the helpdesk answered last" in machine.check.problem()
    assert ("ahead of" if step > 0 else "behind") in machine.ask()
    machine.off = 0.0
    assert machine.ask() == "", "it recovers by itself"


def test_a_machine_that_slept_between_two_answers_trusts_the_next_one() -> None:
    """While it sleeps, the clock that can be set goes on and the other one does not."""
    machine = Machine()
    assert machine.ask() == ""
    machine.off = 7200.0
    assert machine.check.problem()
    machine.check.compare(machine.read(), datetime.fromtimestamp(machine.read().wall, UTC), precision_s=1.0)
    assert machine.check.problem() == ""


def test_an_answer_during_which_the_clock_was_set_says_nothing() -> None:
    machine = Machine()
    assert machine.ask() == ""
    sent = machine.read()
    machine.off = 3600.0
    machine.check.compare(sent, datetime.fromtimestamp(NOON, UTC), precision_s=1.0)
    assert "could not be compared" in machine.check.problem()
