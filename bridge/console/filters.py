"""Jinja filters: durations, instants, and labels for recorded causes and outcomes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bridge.console.action_summary import moment, summarize
from bridge.decision import Action
from bridge.decision.display import role_title
from bridge.policy.calendars.duration import BusinessDays, Length, format_length, humanize, readable
from bridge.policy.model import Policy
from bridge.report.formatting import heading
from bridge.ticket import Status


def plain(name: object) -> str:
    """A recorded name without underscores."""
    return str(name).replace("_", " ")


def status(value: Status, policy: Policy) -> str:
    """A status as the policy document names it, else without underscores."""
    labels = policy.statuses.labels if policy.statuses else {}
    return labels.get(value, plain(value.value))


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
    "role": role_title,
    "status": status,
    "moment": moment,
    "second": second,
    "stamp": stamp,
    "length": length,
    "in_words": humanize,
    "elapsed": readable,
    "action": action,
    "heading": heading,
}
