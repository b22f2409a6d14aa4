"""Facts as a pack declares them: the type of each, the values it knows, and which values it cannot understand."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from math import isfinite
from typing import Literal

from bridge.policy.evaluation.part import PackPart
from bridge.policy.references import Prose
from bridge.ticket import PLAUSIBLE_YEARS, Changed, FactValue, Ticket, TimelineEntry, fact_field, tag_form

MOMENT = "a date and time with its offset, such as 2026-03-02T08:00:00Z"


class FactSpec(PackPart):
    """A fact the pack reads: its type, and its allowed values where they are listed."""

    type: Literal["choice", "bool", "number", "text", "datetime"] = "text"
    values: tuple[str, ...] | None = None
    label: Prose = ""
    """What the fact says, for people who map a field to it."""

    def knows(self, value: FactValue) -> bool:
        """Whether a value means something here; a fact that nobody has stated always does."""
        if value is None or value == "":
            return True
        if self.values is not None:
            return not isinstance(value, bool) and str(value) in self.values
        match self.type:
            case "bool":
                return isinstance(value, bool) or value in ("true", "false")
            case "number":
                return number_in(value) is not None
            case "datetime":
                return instant_in(value) is not None
        return True

    def listed(self, value: FactValue) -> FactValue:
        """The listed value that a helpdesk keeps in this form; the value itself where none is."""
        if self.values is None or not isinstance(value, str) or value in self.values:
            return value
        return next((word for word in self.values if tag_form(word) == tag_form(value)), value)

    def instant(self, value: object) -> datetime | None:
        """The instant of a value, where this is a fact about one."""
        return instant_in(value) if self.type == "datetime" and isinstance(value, str) else None

    @property
    def choices(self) -> tuple[FactValue, ...]:
        """The values there are, where they can be counted."""
        return self.values or ((True, False) if self.type == "bool" else ())

    @property
    def allowed(self) -> str:
        """The values that it knows, in words."""
        if self.values is not None:
            return ", ".join(self.values)
        return {"bool": "true, false", "number": "a number", "datetime": MOMENT}.get(self.type, "any text")


def in_listed_values(ticket: Ticket, facts: Mapping[str, FactSpec]) -> Ticket:
    """The ticket with the values of facts as the pack lists them: Zendesk has ``p1`` for the option ``P1``."""
    specs = {fact_field(name): spec for name, spec in facts.items() if spec.values}
    respelt = {
        (field, value): listed
        for field, spec in specs.items()
        for _, value in ticket.history(field)
        if (listed := spec.listed(value)) != value
    }
    if not respelt:
        return ticket
    stated = {name: respelt.get((fact_field(name), value), value) for name, value in ticket.facts.items()}
    entries = (_respelt(entry, respelt) for entry in ticket.timeline)
    return ticket.model_copy(update={"facts": stated, "timeline": tuple(entries)})


def _respelt(entry: TimelineEntry, words: Mapping[tuple[str, FactValue], FactValue]) -> TimelineEntry:
    if not isinstance(entry, Changed):
        return entry
    old, new = (words.get((entry.field, value), value) for value in (entry.old, entry.new))
    return entry if (old, new) == (entry.old, entry.new) else entry.model_copy(update={"old": old, "new": new})


def number_in(value: FactValue) -> float | None:
    """The number in a fact; None if it is none."""
    with suppress(ValueError, OverflowError):
        found = float(value) if not isinstance(value, bool) and value is not None else None
        return found if found is not None and isfinite(found) else None
    return None


def instant_in(value: FactValue) -> datetime | None:
    """The instant in a fact; None if it cannot be read, has no time zone, or lies so far off that it must be a slip."""
    with suppress(ValueError, OverflowError):
        at = datetime.fromisoformat(str(value)) if value else None
        if at and at.tzinfo and at.year in PLAUSIBLE_YEARS:
            return at.astimezone(UTC)
    return None


class FactHistory:
    """Which facts of a ticket have, or had, a value that the policy does not know, or cannot be read."""

    def __init__(self, ticket: Ticket, specs: Mapping[str, FactSpec]) -> None:
        self._ticket = ticket
        self._specs = specs

    @cached_property
    def doubtful(self) -> Mapping[str, FactSpec]:
        """The facts that have, or had, a value the policy does not know, or that cannot be read."""
        return {
            name: spec
            for name, spec in self._specs.items()
            if any(self.is_unknown(name, value) for _, value in self._ticket.history(fact_field(name)))
        }

    def is_unknown(self, name: str, value: FactValue) -> bool:
        """Whether the policy cannot tell what a fact means; where its field is gone, no value says nothing."""
        if value is None and fact_field(name) in self._ticket.unusable:
            return True
        return not self._specs[name].knows(value)

    @cached_property
    def unknown(self) -> Mapping[str, FactValue]:
        """The facts whose present value the policy does not know, with that value."""
        present = {name: self._ticket.value(fact_field(name)) for name in self.doubtful}
        return {name: value for name, value in present.items() if self.is_unknown(name, value)}
