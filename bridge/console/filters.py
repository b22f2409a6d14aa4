"""How the pages say lengths, instants and words of the record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bridge.console.action_summary import moment, told
from bridge.decision import Action
from bridge.policy.calendars.duration import BusinessDays, Length, format_length, humanize

WHY = {
    "delivery": "an event arrived",
    "due": "a time came",
    "sweep": "found by the sweep",
    "command": "somebody asked",
    "approval": "somebody answered",
    "account": "the account changed",
    "policy": "the policy changed",
    "repin": "moved to another version",
}
OUTCOMES = {
    "nothing": "nothing to do",
    "applied": "written",
    "conflict": "changed meanwhile",
    "retry": "to be tried again",
    "gave_up": "needs a person",
    "broken": "failed",
    "breaker": "stopped writing",
    "not_governed": "no policy applies",
    "withheld": "not written in this mode",
    "superseded": "taken over",
}
TROUBLE = frozenset({"retry", "gave_up", "broken", "breaker", "not_governed"})


def plain(word: object) -> str:
    """A word of the record without underscores."""
    return str(word).replace("_", " ")


def length(value: Length | int) -> str:
    """A length of time, exactly: ``1h30m``."""
    if isinstance(value, timedelta | BusinessDays):
        return format_length(value)
    return format_length(timedelta(seconds=value))


def stamp(at: datetime) -> str:
    """An instant for machines."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def second(at: datetime) -> str:
    """An instant to the second, UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def why(word: str) -> str:
    return WHY.get(word, plain(word))


def outcome(word: str) -> str:
    return OUTCOMES.get(word, plain(word))


def action(one: Action) -> str:
    """An action in a few words."""
    return told(one).words


FILTERS: dict[str, Callable[..., Any]] = {
    "plain": plain,
    "moment": moment,
    "second": second,
    "stamp": stamp,
    "length": length,
    "in_words": humanize,
    "why": why,
    "outcome": outcome,
    "action": action,
}
