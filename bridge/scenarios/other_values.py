"""What could stand in place of a value of a pack: the next word of a list, another length of time, other hours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bridge.policy.calendars.closed_times import LOCAL_TIME
from bridge.policy.calendars.duration import BusinessDays, format_length, parse
from bridge.policy.calendars.spec import INTERVAL
from bridge.policy.rules.clock_steps import parse_point
from bridge.ticket import Status
from bridge.yamlio.problems import KeyPath


def other_values(path: KeyPath, value: Any, words: Sequence[str]) -> Iterator[Any]:
    """What could stand in place of a plain value."""
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1 if value < 3 else value - 1
        case str() if words:
            yield another(value, words)
        case str() if re.fullmatch(INTERVAL, value):
            yield from _other_intervals(value)
        case str() if re.fullmatch(LOCAL_TIME, value):
            yield f"{value[:11]}{(int(value[11:13]) + 1) % 24:02}{value[13:]}"
        case str() if times := list(_other_points(value) if _is_point(path) else other_lengths(value)):
            yield from times
        case str() if _key(path) == "time_zone":
            yield "Asia/Kolkata" if value != "Asia/Kolkata" else "America/New_York"
        case "always" if _key(path) == "hours":
            yield {"mon-fri": ["09:00-17:00"]}
        case str():
            yield f"{value}x"


def another(value: Any, words: Sequence[str]) -> Any:
    """The next of some words."""
    texts = [str(word) for word in words]
    others = [word for word in texts if word != str(value)]
    following = texts.index(str(value)) if str(value) in texts else 0
    return others[following % len(others)] if others else None


def other_lengths(text: str) -> Iterator[str]:
    """One more of the same unit, and the same number of another unit."""
    try:
        length = parse(text)
    except ValueError:
        return
    if isinstance(length, BusinessDays):
        yield str(BusinessDays(length + 1))
        yield f"{int(length)}d"
    else:
        number, unit = re.findall(r"(\d+)\s*([a-z])", text.lower())[-1]
        yield format_length(length + (parse(f"1{unit}") if unit != "s" else parse("1m")))  # type: ignore[operator]
        yield f"{number}{'m' if unit == 'h' else 'h'}"


def _is_point(path: KeyPath) -> bool:
    """Whether a value is the point at which a step of a clock acts."""
    return path[0] == "clocks" and path[-1] == "at"


def _other_points(text: str) -> Iterator[str]:
    """A later share of the target, another time before it is due, shortly before the breach."""
    point = parse_point(text)
    if point.before is not None:
        yield from (f"{length} before" for length in other_lengths(format_length(point.before)))
    else:
        yield "1m before" if point.percent is None else f"{point.percent + (10 if point.percent < 90 else -10)}%"


def _other_intervals(text: str) -> Iterator[str]:
    """An hour later in the morning, an hour earlier in the evening."""
    opens, closes = text.split("-")
    yield f"{int(opens[:2]) + 1:02}{opens[2:]}-{closes}"
    yield f"{opens}-{int(closes[:2]) - 1:02}{closes[2:]}"


def other_keys(path: KeyPath, key: str, beside: dict[str, Any]) -> Iterator[str]:
    """Keys that decide something: days of a calendar, statuses with a label."""
    if _key(path) == "hours" and "-" in key:
        yield {"mon-fri": "mon-thu"}.get(key, key.split("-")[0])
    elif _key(path) == "labels":
        yield next(status.value for status in Status if status.value not in beside)


def _key(path: KeyPath) -> str:
    """The nearest key around a value that stands in a list."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")
