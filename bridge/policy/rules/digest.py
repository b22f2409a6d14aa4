"""Digests: what is due for a role or a person, once a day at a local time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from bridge.decision import LATE_AFTER
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.calendars.duration import BusinessDays, LengthText
from bridge.policy.calendars.spec import TimeZone
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.references import CalendarName, Citation, OwnName, RoleName

_FORM = r"([01]\d|2[0-3]):[0-5]\d"


def _time_of_day(value: object) -> time:
    if not re.fullmatch(_FORM, text := str(value)[:5]):
        raise ValueError("allowed: a time of day such as 08:00")
    return time.fromisoformat(text)


TimeOfDay = Annotated[
    time,
    PlainValidator(_time_of_day),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_FORM}$"}),
]
"""A time of day in a pack file, such as ``08:00``."""


class Digest(PackPart):
    """A digest of what is due for some roles, each person his own, once a day."""

    name: OwnName
    clause: Citation
    notify: tuple[RoleName, ...] = Field(min_length=1)
    at: TimeOfDay
    time_zone: TimeZone | None = None
    """The pack's by default."""
    calendar: CalendarName | None = None
    """It is sent on the days on which this calendar opens; ``due_within`` counts on it."""
    due_within: LengthText = BusinessDays(1)
    when: Predicate = Predicate()
    """Which tickets it lists."""
    if_empty: Literal["skip", "send"] = "skip"
    if_late: Literal["act", "skip"] = "act"

    def slot(self, calendar: Calendar, zone: ZoneInfo, now: datetime) -> datetime | None:
        """When the digest of today was due, if it is to be sent by now; None: nothing is to be sent.

        A local time that a change of the clocks leaves out is as much later; of one that comes twice the first counts.
        """
        today = now.astimezone(zone).date()
        at = datetime.combine(today, self.at, zone).astimezone(UTC)
        is_missed = now - at >= LATE_AFTER and self.if_late == "skip"
        return at if at <= now and not is_missed and calendar.is_business_day(today) else None
