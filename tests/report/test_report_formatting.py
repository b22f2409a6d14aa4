"""Figures as people read them."""

import pytest

from bridge.policy.calendars.duration import readable
from bridge.report.formatting import figure, heading


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (90, "1 min 30 s"),
        (1800, "30 min"),
        (18_053, "5 h"),
        (24 * 3600, "24 h"),
        (36 * 3600, "36 h"),
        (48 * 3600, "2 d"),
        (10 * 86_400 + 4 * 3600 + 59, "10 d 4 h"),
        (-300, "-5 min"),
    ],
)
def test_durations_are_in_one_or_two_units(seconds: float, text: str) -> None:
    assert readable(seconds) == text


@pytest.mark.parametrize(
    ("name", "value", "head", "text"),
    [
        ("median_s", 5400, "median", "1 h 30 min"),
        ("downtime_min", 12.5, "downtime", "12 min 30 s"),
        ("p90_s", None, "p90", "–"),
        ("goal_percent", 99.5, "goal, %", "99.5"),
        ("breached", True, "breached", "yes"),
        ("scores", {"good": 2, "bad": 1}, "scores", "good: 2, bad: 1"),
        ("month", "2026-03", "month", "2026-03"),
    ],
)
def test_a_figure_has_its_unit(name: str, value: object, head: str, text: str) -> None:
    assert (heading(name), figure(name, value)) == (head, text)
