"""Targets of a clock: how long it may take at each level, by which clause, on which calendar."""

from __future__ import annotations

from pydantic import model_validator

from bridge.policy.calendars.duration import LengthText
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.references import CalendarName, Citation


class Target(PackPart):
    """The target of one severity level."""

    within: LengthText
    clause: Citation | None = None
    """Clause of this level, where it differs from the clock's."""
    calendar: CalendarName | None = None
    """Calendar of this level, where it differs from the clock's."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"within": value} if isinstance(value, str) else value


class OtherCalendar(PackPart):
    """A calendar that replaces the clock's own while a condition holds."""

    when: Predicate
    calendar: CalendarName
