"""Shifts: which region is on shift, and the hand-over of tickets between regions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Rule
from bridge.policy.references import CalendarName

AROUND = timedelta(days=16)
"""How far around an instant shifts are looked at: longer than any run of holidays."""

Span = tuple[datetime, datetime]


class ShiftRotation(Rule):
    """Regions with their calendars. The open region that opened first is on shift; when none is open, the next one."""

    regions: dict[str, CalendarName]
    """Region -> its calendar."""
    hand_over_when: Predicate
    """Open tickets that move to the next region; the others stay where they were when they were made."""
    field: str = "region"

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        moves = context.is_open and context.holds(self.hand_over_when)
        at = context.now if moves else self._moved_until(context)
        shifts = self._shifts(context, at)
        since, region = shifts[0]
        since = max(since, context.ticket.created_at)
        because = f"{region} is on shift" if moves else f"{region} was on shift at {at:%Y-%m-%d %H:%M} UTC"
        yield context.applied("shifts", clause=self.clause, applied=True, because=because)
        yield context.tag(f"region_{region}", clause=self.clause, since=since, because=because)
        yield context.want(context.field(self.field), region, clause=self.clause, since=since, because=because)
        if moves and len(shifts) > 1:
            yield Wake(shifts[1][0])

    def _moved_until(self, context: Context) -> datetime:
        """The last instant at which the ticket moved with the sun; its creation where it never did."""
        spans, cycles = context.holding_spans(self.hand_over_when), context.cycles
        span, cycle = len(spans) - 1, len(cycles) - 1
        while span >= 0 and cycle >= 0:
            (start, end), lasting = spans[span], cycles[cycle]
            last = min(end or context.now, lasting.end or context.now)
            if max(start, lasting.start) < last:
                return last - timedelta(microseconds=1)
            if start >= lasting.start:
                span -= 1
            else:
                cycle -= 1
        return context.ticket.created_at

    def _shifts(self, context: Context, at: datetime) -> list[tuple[datetime, str]]:
        """The turn in which an instant lies, and those after it: since when, and which region."""
        spans = {
            region: list(context.calendar(calendar).open_spans(at - AROUND, at + AROUND))
            for region, calendar in self.regions.items()
        }
        moments = sorted({moment for found in spans.values() for span in found for moment in span})
        shifts: list[tuple[datetime, str]] = [(at - AROUND, self._first_open(spans, at - AROUND))]
        for moment in (moment for moment in moments if moment < at + AROUND / 2):
            if (region := self._first_open(spans, moment)) != shifts[-1][1]:
                shifts.append((moment, region))
        current = max(index for index, (since, _) in enumerate(shifts) if since <= at)
        return shifts[current:]

    def _first_open(self, spans: dict[str, list[Span]], at: datetime) -> str:
        """Of the open regions the one that opened first; when none is open, the one that opens next."""
        upcoming = {region: next((span for span in found if span[1] > at), None) for region, found in spans.items()}
        order = list(self.regions)
        known = {region: span for region, span in upcoming.items() if span}
        return min(known, key=lambda region: (known[region][0] > at, known[region][0], order.index(region)))
