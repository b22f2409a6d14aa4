"""Work that may only happen inside a maintenance window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Outcome, Rule

RESOLUTION = timedelta(seconds=1)
"""Planned times are whole seconds; an end at the very closing lies inside."""


class Window(Rule):
    """A planned time that lies, even in part, outside a calendar is marked."""

    when: Predicate
    calendar: str
    starts: str
    """Fact that holds the planned start, an instant."""
    ends: str
    tag: str
    note: str

    def judge(self, case: Case) -> Iterator[Outcome]:
        start, end = self._planned(case, self.starts), self._planned(case, self.ends)
        outside = case.holds(self.when) and not self._fits(case, start, end)
        because = f"planned {_shown(start)} to {_shown(end)}"
        yield case.applied("window", clause=self.clause, applied=outside, because=because)
        if outside:
            since = max(case.since(f"fact:{self.starts}"), case.since(f"fact:{self.ends}"))
            yield case.tag(self.tag, clause=self.clause, since=since, because=because)
            yield case.note(self.note, clause=self.clause, since=since, because=because)

    def _planned(self, case: Case, fact: str) -> datetime | None:
        value = case.lookup(fact)
        try:
            planned = datetime.fromisoformat(str(value)) if value else None
        except ValueError:
            return None
        return planned if planned and planned.tzinfo else None

    def _fits(self, case: Case, start: datetime | None, end: datetime | None) -> bool:
        """Whether all that is planned lies in one opening of the calendar."""
        calendar = case.calendar(self.calendar)
        if start and end:
            return start <= end and calendar.is_open(start) and calendar.measure(start, end) == end - start
        if end:
            return calendar.measure(end - RESOLUTION, end) == RESOLUTION
        return start is None or calendar.is_open(start)


def _shown(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M %Z}" if at else "not known"
