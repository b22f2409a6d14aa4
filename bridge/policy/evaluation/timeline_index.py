"""The timeline of a ticket, indexed once: what happened between two instants, entries of a kind, values of a field.

Every question costs a binary search, so that a review costs the same for each entry however long a ticket has lived.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from bridge.policy.evaluation.field_periods import FieldPeriod, field_periods
from bridge.ticket import Entry, Ticket, TimelineEntry

E = TypeVar("E", bound=Entry)


class TimelineIndex:
    """Answers about one ticket's timeline; nothing in it depends on a policy or on the present."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._entries = ticket.timeline
        self._periods: dict[str, list[FieldPeriod]] = {}

    @cached_property
    def _instants(self) -> list[datetime]:
        return [entry.at for entry in self._entries]

    @cached_property
    def keys(self) -> frozenset[str]:
        """Keys of the effects of the bridge that the ticket itself shows."""
        return frozenset(key for entry in self._entries for key in entry.keys)

    def between(self, start: datetime, end: datetime | None) -> tuple[TimelineEntry, ...]:
        """The entries from one instant to another, both included; without an end, all that follow."""
        first = bisect_left(self._instants, start)
        return self._entries[first : None if end is None else bisect_right(self._instants, end)]

    def from_entry(self, entry: TimelineEntry) -> tuple[TimelineEntry, ...]:
        """An entry and all that follow it."""
        first = bisect_left(self._instants, entry.at)
        return self._entries[self._entries.index(entry, first) :]

    def of_kind(self, kind: type[E]) -> Sequence[E]:
        """The entries of one class, oldest first."""
        return self._by_kind.get(kind, [])  # type: ignore[return-value]  # each list holds its key's class

    @cached_property
    def _by_kind(self) -> dict[type[Entry], list[Entry]]:
        found: dict[type[Entry], list[Entry]] = {}
        for entry in self._entries:
            found.setdefault(type(entry), []).append(entry)
        return found

    def field_periods(self, field: str) -> list[FieldPeriod]:
        """The values of a field one after the other, the first since creation."""
        if field not in self._periods:
            self._periods[field] = field_periods(self._ticket, field)
        return self._periods[field]
