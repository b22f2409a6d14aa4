"""Jinja filters: durations, instants, and labels for recorded causes and outcomes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bridge.console.action_summary import moment, summarize
from bridge.decision import Action
from bridge.policy.calendars.duration import BusinessDays, Length, format_length, humanize, readable
from bridge.report.formatting import heading


def plain(name: object) -> str:
    """A recorded name without underscores."""
    return str(name).replace("_", " ")


def length(value: Length | int) -> str:
    """A length of time as packs write it: ``1h30m``."""
    if isinstance(value, timedelta | BusinessDays):
        return format_length(value)
    return format_length(timedelta(seconds=value))


def stamp(at: datetime) -> str:
    """An instant in ISO 8601, UTC."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def second(at: datetime) -> str:
    """An instant to the second, UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def action(one: Action) -> str:
    """An action in a few words."""
    return summarize(one).label


FILTERS: dict[str, Callable[..., Any]] = {
    "plain": plain,
    "moment": moment,
    "second": second,
    "stamp": stamp,
    "length": length,
    "in_words": humanize,
    "elapsed": readable,
    "action": action,
    "heading": heading,
}
