"""Reopening that comes too late: the ticket stays resolved, and the customer is told what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import model_validator

from bridge.decision import SystemField
from bridge.policy.calendars.duration import LengthText, after, humanize
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.events import is_event
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import CalendarName, TagName, TemplateName
from bridge.ticket import RESOLVED, Role

_DECIDES = (Role.AGENT, Role.BRIDGE)
"""Who may reopen a ticket at any time: an agent's decision counts, and the bridge follows other rules."""


@dataclass
class Resolution:
    """One resolution of the ticket, and the attempts to reopen it that came too late."""

    status: str
    since: datetime
    late: list[datetime] = field(default_factory=list)
    refused: list[FieldPeriod] = field(default_factory=list)
    """The periods of another status that such attempts began."""


class ReopeningRule(Rule):
    """For how long a customer can reopen a resolved ticket. An agent can reopen it at any time."""

    within: LengthText
    """Elapsed time, or business days on ``calendar``."""
    calendar: CalendarName | None = None
    message: TemplateName
    """What the customer is told, once for each resolution."""
    note: TemplateName | None = None
    tag: TagName | None = None

    @model_validator(mode="after")
    def _counts_on_it(self) -> ReopeningRule:
        if self.calendar and isinstance(self.within, timedelta):
            raise ValueError(
                f"found calendar with within: {humanize(self.within)}, elapsed time; allowed: with business days"
            )
        return self

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        last = next(reversed(self._resolutions(context)), None)
        late = last.late if last and self._stands(context, last) else []
        told = Sentence("reopened more than %(time)s after it was resolved", time=self.within)
        because = told if late else f"nobody has tried to reopen it later than {humanize(self.within)}"
        yield context.applied("reopening", clause=self.clause, applied=bool(late), because=because)
        if last is None or not late:
            return
        yield context.want(SystemField.STATUS, last.status, clause=self.clause, since=late[-1], because=because)
        yield context.message(self.message, clause=self.clause, since=late[0], because=because)
        if self.note:
            yield context.note(self.note, clause=self.clause, since=late[0], because=because)
        if self.tag:
            yield context.tag(self.tag, clause=self.clause, since=late[0], because=because)

    def void_periods(self, context: Context) -> list[FieldPeriod]:
        """The times in which a ticket was open although it could no longer be reopened."""
        return [period for resolution in self._resolutions(context) for period in resolution.refused]

    def _stands(self, context: Context, resolution: Resolution) -> bool:
        """Whether nobody has opened the ticket again who may."""
        last = context.shown_status_periods[-1]
        return last.value in RESOLVED or last in resolution.refused

    def _resolutions(self, context: Context) -> list[Resolution]:
        return context.derived(("resolutions", id(self)), lambda: self._read(context))

    def _read(self, context: Context) -> list[Resolution]:
        found: list[Resolution] = []
        is_open = True
        for period in context.shown_status_periods:
            if period.value in RESOLVED:
                if is_open:
                    found.append(Resolution(str(period.value), period.start))
                found[-1].status = str(period.value)
                is_open = False
            elif not is_open:
                is_open = not self._is_refused(context, found[-1], period)
                found[-1].refused += [] if is_open else [period]
                found[-1].late += [] if is_open else [period.start]
            if not is_open:
                asked = (entry.at for entry in period.entries if is_event("customer_message", entry))
                found[-1].late += [at for at in asked if self._is_late(context, found[-1], at)]
        return found

    def _is_refused(self, context: Context, resolution: Resolution, period: FieldPeriod) -> bool:
        decides = period.began is not None and period.began.actor.role in _DECIDES
        return not decides and self._is_late(context, resolution, period.start)

    def _is_late(self, context: Context, resolution: Resolution, at: datetime) -> bool:
        if isinstance(self.within, timedelta):  # days of the week, whatever the hours of the calendar
            return at > resolution.since + self.within
        return at > after(context.calendar(self.calendar), resolution.since, self.within)
