"""Closed times by date, such as maintenance: ``{starts: 2026-03-05 22:00, ends: 2026-03-06 02:00}``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, NaiveDatetime, WithJsonSchema, model_validator

from bridge.policy.calendars.business_time import Span, ticks
from bridge.policy.references import Prose
from bridge.ticket import Facts

LOCAL_TIME = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:00)?"


def _local_time(value: Any) -> Any:
    if not isinstance(value, datetime) and not re.fullmatch(LOCAL_TIME, str(value)):
        raise ValueError("allowed: a local time such as 2026-03-05 22:00, without an offset")
    return value


LocalTime = Annotated[
    NaiveDatetime, BeforeValidator(_local_time), WithJsonSchema({"type": "string", "pattern": f"^{LOCAL_TIME}$"})
]
"""A time by the clock on the wall, in the zone of its calendar."""


class ClosedTime(Facts):
    """A time in which a calendar is closed, whatever its hours say."""

    starts: LocalTime
    ends: LocalTime
    reason: Prose = ""
    """Why, for people."""

    @model_validator(mode="after")
    def _in_order(self) -> ClosedTime:
        if self.ends <= self.starts:
            raise ValueError(f"allowed: an end after {self.starts:%Y-%m-%d %H:%M}, not {self.ends:%Y-%m-%d %H:%M}")
        return self

    def span(self, zone: ZoneInfo) -> Span:
        """The instants in which it is closed."""
        first, last = (at.replace(tzinfo=zone).astimezone(UTC) for at in (self.starts, self.ends))
        return ticks(first), ticks(last)


def without(spans: Iterable[Span], closed: Iterable[Span]) -> Iterator[Span]:
    """Sorted spans without the times that are closed."""
    gaps = sorted(closed)
    for opens, closes in spans:
        at = opens
        for begin, end in gaps:
            if begin < closes and end > at:
                if at < begin:
                    yield at, begin
                at = min(end, closes)
        if at < closes:
            yield at, closes
