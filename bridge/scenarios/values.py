"""The values of scenarios: times, people, tags. Each reader raises ``ValueError`` that names the allowed forms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from bridge.decision import TAG_PREFIX
from bridge.policy.calendars import duration
from bridge.ticket import tag_form

MOMENTS = "a date-time with offset such as 2026-03-02T08:00:00Z"
TIMES = f"+30m, +4h, +2d, +5h30m or {MOMENTS}"


def read_when(value: object) -> timedelta | datetime:
    """A time of a scenario: elapsed since creation, or absolute (kept in UTC, whole seconds).

    Raises ``ValueError`` that names the allowed forms.
    """
    try:
        if isinstance(value, str) and value.startswith("+"):
            length = duration.parse(value[1:])
            if isinstance(length, timedelta):
                return length
        elif isinstance(value, str):
            return read_moment(value)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"allowed: {TIMES}")


def read_moment(value: object) -> datetime:
    """An absolute time with offset, kept in UTC and whole seconds. Raises ``ValueError``."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is not None and at.tzinfo is not None:
            return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"allowed: {MOMENTS}")


def _read_return_time(value: object) -> date | timedelta | datetime:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else read_when(value)
    except ValueError:
        pass
    try:
        return read_when(value)
    except ValueError as error:
        raise ValueError(f"allowed: a date such as 2026-03-09, {TIMES}") from error


def _read_actor_name(value: object) -> str:
    actor_name = value.strip().lower() if isinstance(value, str) else ""
    if actor_name in ("customer", "agent", "bridge", "other", "system") or "@" in actor_name:
        return actor_name
    raise ValueError("allowed: customer, agent, bridge, other, system, or an e-mail address")


def _checked_tag(tag: str) -> str:
    if not tag.startswith(TAG_PREFIX):
        raise ValueError(f"allowed: a tag that begins with {TAG_PREFIX}, such as {TAG_PREFIX}{tag_form(tag)}")
    return tag_form(tag)


def _read_anything(value: object) -> None:
    if value not in (None, True, "any"):
        raise ValueError("allowed: any")


When = Annotated[timedelta | datetime, BeforeValidator(read_when)]
Moment = Annotated[datetime, BeforeValidator(read_moment)]
ReturnTime = Annotated[date | timedelta | datetime, BeforeValidator(_read_return_time)]
ActorName = Annotated[str, BeforeValidator(_read_actor_name)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Tier = Annotated[int, Field(ge=1, le=3, strict=True)]
PolicyTag = Annotated[str, AfterValidator(_checked_tag)]
TagText = Annotated[str, AfterValidator(tag_form)]
"""A tag, in any spelling that helpdesks keep as the same tag."""
Anything = Annotated[None, BeforeValidator(_read_anything)]
"""``any``, ``true`` or nothing: whatever the value is."""
