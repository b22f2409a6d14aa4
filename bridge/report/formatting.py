"""Figures of a report as people read them: headings without units, durations instead of seconds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.policy.calendars.duration import readable

UNITS = {"_s": 1, "_min": 60}
"""Seconds in the unit with which the name of a duration ends."""


def heading(name: str) -> str:
    """The heading of a column: ``median_s`` is a duration, ``goal_percent`` a percentage."""
    for unit in UNITS:
        name = name.removesuffix(unit)
    return name.replace("_percent", ", %").replace("_", " ")


def figure(name: str, value: Any) -> str:
    """A figure of the column ``name``."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case Mapping():
            return ", ".join(f"{key}: {count}" for key, count in value.items())
        case int() | float():
            return next((readable(value * size) for unit, size in UNITS.items() if name.endswith(unit)), str(value))
        case _:
            return str(value)
