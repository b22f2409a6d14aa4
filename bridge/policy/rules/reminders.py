"""Reminders: notices at fixed times while the customer owes the next step, then the end of waiting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import Field

from bridge.decision import Clock, ClockState
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.calendars.duration import Length, LengthText, after, in_words
from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.misfire import Due
from bridge.policy.evaluation.rule import Outcome, PackPart, Wake
from bridge.policy.rules.waiting import Waiting, WaitingRule


class Notice(PackPart):
    """One reminder to the customer."""

    after: LengthText
    template: str


class Reminders(WaitingRule):
    """A ladder of notices at fixed times, then the end.

    However late a notice is, everything after it keeps its promised distance, so nothing closes without the last
    notice having been sent and having aged as promised.
    """

    form: Literal["reminders"] = "reminders"
    notices: tuple[Notice, ...] = ()
    close_after: LengthText
    close_tag: str | None = None
    clock: str | None = None
    """Name of the clock that shows the countdown, where the document promises one."""
    warn_at_percent: int = Field(default=75, ge=1, le=100)
    """Share of the countdown after which its clock warns."""
    late: Literal["collapse", "fire", "next_open"] = "collapse"
    """``collapse``: of late notices only the highest is sent. ``fire``: each is, one after the other."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        waits = list(self.waits(case))
        if not waits:
            because = "the ticket has not been waiting on the customer"
            yield case.applied(self.name, clause=self.clause, applied=False, because=because)
            return
        for waiting in waits:
            if case.is_covered(waiting.since):
                yield from self._countdown(case, waiting)
        waiting = waits[-1]
        yield case.applied(self.name, clause=self.clause, applied=waiting.lasts, because=self._because(waiting))
        yield from self.kept(case, waiting)
        if waiting.lasts:
            yield from self._climb(case, waiting)
        elif waiting.is_run_out:
            yield from self._tags(case, waiting, self._sent(case, waiting))
            if not case.is_open:
                yield from self._closed(case, waiting)
        else:
            yield from self.answered(case, waiting)

    def _because(self, waiting: Waiting) -> str:
        if waiting.lasts:
            return f"waiting on the customer since {waiting.since:%Y-%m-%d %H:%M} UTC"
        if waiting.reply:
            return "the customer answered"
        return "the contract has ended" if waiting.lapsed else "the waiting has ended"

    def _key(self, case: Case, waiting: Waiting, rung: int) -> str:
        return case.key(self.clause, waiting.since, f"public_message:{rung + 1}")

    def _sent(self, case: Case, waiting: Waiting) -> dict[int, datetime]:
        """The notices that are on the ticket, by rung."""
        keys = {self._key(case, waiting, rung): rung for rung in range(len(self.notices))}
        return {keys[key]: entry.at for entry in waiting.spell.entries for key in entry.keys if key in keys}

    def _climb(self, case: Case, waiting: Waiting) -> Iterator[Outcome]:
        calendar, sent = case.calendar(self.calendar), self._sent(case, waiting)
        ahead = range(max(sent, default=-1) + 1, len(self.notices))
        due = {
            rung: self._due(calendar, waiting, sent, self.notices[rung].after)
            for rung in (ahead[:1] if self.late == "fire" else ahead)
        }
        yield from (Wake(at) for at in due.values() if at > case.now)
        speaking = max((rung for rung, at in due.items() if at <= case.now), default=None)
        if speaking is not None:
            step = Due(due[speaking], self.late, calendar)
            yield from step.turns(case.now)
            if step.acts(case.now):
                yield self._notice(case, waiting, speaking, step.at)
                sent = {**sent, speaking: case.now}
        yield from self._tags(case, waiting, sent)
        if not due:
            end = self._due(calendar, waiting, sent, self.close_after)
            yield from self._close(case, waiting, Due(end, self.late, calendar))

    def _notice(self, case: Case, waiting: Waiting, rung: int, due: datetime) -> Outcome:
        notice = self.notices[rung]
        return case.message(
            notice.template,
            clause=self.clause,
            since=waiting.since,
            because=f"no answer for {in_words(notice.after)}",
            rung=rung + 1,
            due=due,
            gives_way=False,
        )

    def _due(self, calendar: Calendar, waiting: Waiting, sent: dict[int, datetime], length: Length) -> datetime:
        """When a step is due: at its own time, but never closer to the last notice than the document promises."""
        nominal = after(calendar, waiting.since, length)
        if not sent:
            return nominal
        last = max(sent)
        distance = nominal - after(calendar, waiting.since, self.notices[last].after)
        return max(nominal, sent[last] + distance)

    def _tags(self, case: Case, waiting: Waiting, sent: dict[int, datetime]) -> Iterator[Outcome]:
        for rung in sent:
            because = f"no answer for {in_words(self.notices[rung].after)}"
            yield case.tag(f"followup_{rung + 1}", clause=self.clause, since=waiting.since, because=because)

    def _close(self, case: Case, waiting: Waiting, end: Due) -> Iterator[Outcome]:
        if end.at > case.now:
            yield Wake(end.at)
            return
        yield from end.turns(case.now)
        if not end.acts(case.now):
            return
        because = f"no answer for {in_words(self.close_after)}"
        yield case.want("status", waiting.leads_to, clause=self.clause, since=end.at, because=because)
        yield from self._closed(case, waiting)

    def _closed(self, case: Case, waiting: Waiting) -> Iterator[Outcome]:
        if self.close_tag:
            because = f"no answer for {in_words(self.close_after)}"
            yield case.tag(self.close_tag, clause=self.clause, since=waiting.since, because=because)

    def _countdown(self, case: Case, waiting: Waiting) -> Iterator[Outcome]:
        if self.clock is None:
            return
        calendar = case.calendar(self.calendar)
        due = after(calendar, waiting.since, self.close_after)
        target = calendar.measure(waiting.since, due)
        warn = calendar.add(waiting.since, target * self.warn_at_percent / 100)
        ended, met = waiting.ended_at, waiting.is_run_out
        state = ClockState.MET if met else ClockState.CANCELLED if ended else ClockState.RUNNING
        yield Clock(
            cite=case.cite(self.clause),
            because=f"{in_words(self.close_after)} without an answer",
            name=self.clock,
            started_at=waiting.since,
            due_at=due,
            warn_at=None if ended else warn,
            state=state,
            met_at=ended if met else None,
            ended_at=ended,
            target_s=int(target.total_seconds()),
            calendar=self.calendar,
            spans=((waiting.since, ended),),
        )
        if ended is None and case.now < warn:
            yield Wake(warn)
        elif ended is None and case.now < due:
            because = f"{self.warn_at_percent} % of the {self.clock.replace('_', ' ')} target has passed"
            yield case.tag(f"warning_{self.clock}", clause=self.clause, since=waiting.since, because=because)
