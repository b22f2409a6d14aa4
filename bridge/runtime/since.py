"""The instant from which on somebody looks back: so long ago, or a date and time."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from bridge.errors import InputError
from bridge.policy.calendars.duration import parse

LONGEST = timedelta(days=3660)
ALLOWED = "allowed: a length of time such as 12h or 2d, or an instant with a time zone such as 2026-03-02T08:00:00Z"


def parse_since(text: str, now: datetime, name: str = "--since") -> datetime:
    """The instant that somebody named, or so long before ``now``. Raises ``InputError``."""
    try:
        length = parse(text)
    except ValueError:
        return _instant(text, now, name)
    except OverflowError:
        length = timedelta.max
    if not isinstance(length, timedelta) or length > LONGEST:
        raise InputError(f"{name}: found {text!r}; {ALLOWED}")
    return now - length


def _instant(text: str, now: datetime, name: str) -> datetime:
    try:
        at = TypeAdapter(AwareDatetime).validate_python(text)
    except ValidationError as error:
        raise InputError(f"{name}: found {text!r}; {ALLOWED}") from error
    if at > now:
        raise InputError(
            f"{name}: found {text}, which is in the future; allowed: an instant before {now:%Y-%m-%dT%H:%M:%SZ}"
        )
    return at
