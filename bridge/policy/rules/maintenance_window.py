"""Maintenance windows: planned work must happen inside one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.fact_spec import instant_in
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import CalendarName, FactName, TagName, TemplateName
from bridge.ticket import fact_field

RESOLUTION = timedelta(seconds=1)
"""Planned times are whole seconds; an end at the very closing lies inside."""


class MaintenanceWindow(Rule):
    """A maintenance window: planned work that is not entirely inside it is tagged."""

    when: Predicate
    calendar: CalendarName
    start_fact: FactName
    """Fact that holds the planned start, an instant."""
    end_fact: FactName
    tag: TagName
    note: TemplateName

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        start, end = _planned(context, self.start_fact), _planned(context, self.end_fact)
        outside = context.holds(self.when) and not self._fits(context, start, end)
        because = Sentence("planned from %(start)s to %(end)s", start=_shown(start), end=_shown(end))
        yield context.applied("window", clause=self.clause, applied=outside, because=because)
        if outside:
            since = max(context.since(fact_field(self.start_fact)), context.since(fact_field(self.end_fact)))
            yield context.tag(self.tag, clause=self.clause, since=since, because=because)
            yield context.note(self.note, clause=self.clause, since=since, because=because)

    def _fits(self, context: Context, start: datetime | None, end: datetime | None) -> bool:
        """Whether all that is planned lies in one opening of the calendar."""
        calendar = context.calendar(self.calendar)
        if start and end:
            return start <= end and calendar.is_open(start) and calendar.measure(start, end) == end - start
        if end:
            return calendar.measure(end - RESOLUTION, end) == RESOLUTION
        return start is None or calendar.is_open(start)


def _planned(context: Context, fact: str) -> datetime | None:
    return instant_in(context.ticket.value_at(fact_field(fact), context.now))


def _shown(at: datetime | None) -> datetime | str:
    return at or Sentence("not known")
