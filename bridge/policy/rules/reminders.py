"""Reminders: notices at fixed times while waiting for the customer, then closing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bridge.decision import Clock, ClockState, SystemField
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.calendars.duration import Length, LengthText, after, humanize
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import TagName, TemplateName
from bridge.policy.rules.waiting import WaitingPeriod, WaitingRule
from bridge.ticket import Message


class ReminderNotice(PackPart):
    """One reminder to the customer."""

    after: LengthText
    message: TemplateName


class Reminders(WaitingRule):
    """Notices at fixed times, then closing.

    However late a notice is, everything after it keeps its promised distance, so nothing closes without the last
    notice having been sent and having aged as promised.
    """

    kind: Literal["reminders"] = "reminders"
    notices: tuple[ReminderNotice, ...] = ()
    close_after: Annotated[LengthText, StepTime()]
    close_tag: TagName | None = None
    clock: str | None = None
    """Name of the clock that shows the countdown, where the document promises one."""
    warn_at_percent: int = Field(default=75, ge=1, le=100)
    """Share of the countdown after which its clock warns."""
    if_late: Literal["latest_only", "act", "when_open"] = "latest_only"
    """``latest_only``: of late notices only the highest is sent. ``act``: each is, one after the other."""

    def steps(self, context: Context, waits: Sequence[WaitingPeriod]) -> Iterator[RuleOutcome]:
        yield from self._countdowns(context, waits)
        waiting = waits[-1]
        yield context.applied(self.name, clause=self.clause, applied=waiting.lasts, because=self._because(waiting))
        if waiting.lasts:
            yield from self._send_due(context, waiting)
        elif waiting.has_expired:
            yield from self._tags(context, waiting, self._sent(context, waiting))
            if not context.is_open:
                yield from self._close_tags(context, waiting)
        else:
            yield from self.after_reply(context, waiting)

    def lasting_outcomes(self, context: Context, waits: Sequence[WaitingPeriod]) -> Iterator[RuleOutcome]:
        yield from self._countdowns(context, waits[:-1])
        yield from self._tags(context, waits[-1], self._sent(context, waits[-1]))

    def _because(self, waiting: WaitingPeriod) -> str:
        if waiting.lasts:
            return f"waiting for the customer since {waiting.since:%Y-%m-%d %H:%M} UTC"
        if waiting.reply:
            return "the customer answered"
        return "the contract has ended" if waiting.lapsed else "the waiting has ended"

    def _key(self, context: Context, waiting: WaitingPeriod, index: int) -> str:
        return context.key(self.clause, waiting.since, f"public_message:{index + 1}")

    def _sent(self, context: Context, waiting: WaitingPeriod) -> dict[int, datetime]:
        """The notices that have reached the customer, by index.

        A helpdesk may tell the keys of an update with each entry of it, so its other entries prove no delivery.
        """
        keys = {self._key(context, waiting, index): index for index in range(len(self.notices))}
        entries = waiting.period.entries
        lost = {key for entry in entries if isinstance(entry, Message) and entry.undelivered for key in entry.keys}
        return {keys[key]: entry.at for entry in entries for key in entry.keys if key in keys and key not in lost}

    def _send_due(self, context: Context, waiting: WaitingPeriod) -> Iterator[RuleOutcome]:
        calendar, sent = context.calendar(self.calendar), self._sent(context, waiting)
        ahead = range(max(sent, default=-1) + 1, len(self.notices))
        due = {
            index: self._due(calendar, waiting, sent, self.notices[index].after)
            for index in (ahead[:1] if self.if_late == "act" else ahead)
        }
        yield from (Wake(at) for at in due.values() if at > context.now)
        latest = max((index for index, at in due.items() if at <= context.now), default=None)
        if latest is not None:
            step = TimedStep(due[latest], self.if_late, calendar)
            yield from step.next_changes(context.now)
            if step.may_act(context.now):
                yield self._notice(context, waiting, latest, step.at)
                sent = {**sent, latest: context.now}
        yield from self._tags(context, waiting, sent)
        if not due:
            end = self._due(calendar, waiting, sent, self.close_after)
            yield from self._close(context, waiting, TimedStep(end, self.if_late, calendar))

    def _notice(self, context: Context, waiting: WaitingPeriod, index: int, due: datetime) -> RuleOutcome:
        notice = self.notices[index]
        return context.message(
            notice.message,
            clause=self.clause,
            since=waiting.since,
            because=Sentence("no answer for %(time)s", time=notice.after),
            step=index + 1,
            due=due,
            gives_way=False,
        )

    def _due(self, calendar: Calendar, waiting: WaitingPeriod, sent: dict[int, datetime], length: Length) -> datetime:
        """When a step is due: at its own time, but never closer to the last notice than the document promises."""
        nominal = after(calendar, waiting.since, length)
        if not sent:
            return nominal
        last = max(sent)
        distance = nominal - after(calendar, waiting.since, self.notices[last].after)
        return max(nominal, sent[last] + distance)

    def _tags(self, context: Context, waiting: WaitingPeriod, sent: dict[int, datetime]) -> Iterator[RuleOutcome]:
        for index in sent:
            because = f"no answer for {humanize(self.notices[index].after)}"
            yield context.tag(f"followup_{index + 1}", clause=self.clause, since=waiting.since, because=because)

    def _close(self, context: Context, waiting: WaitingPeriod, end: TimedStep) -> Iterator[RuleOutcome]:
        if end.at > context.now:
            yield Wake(end.at)
            return
        yield from end.next_changes(context.now)
        if not end.may_act(context.now):
            return
        because = f"no answer for {humanize(self.close_after)}"
        yield context.want(SystemField.STATUS, waiting.leads_to, clause=self.clause, since=end.at, because=because)
        yield from self._close_tags(context, waiting)

    def _close_tags(self, context: Context, waiting: WaitingPeriod) -> Iterator[RuleOutcome]:
        if self.close_tag:
            because = f"no answer for {humanize(self.close_after)}"
            yield context.tag(self.close_tag, clause=self.clause, since=waiting.since, because=because)

    def _countdowns(self, context: Context, waits: Sequence[WaitingPeriod]) -> Iterator[RuleOutcome]:
        for waiting in waits:
            if context.is_covered(waiting.since):
                yield from self._countdown(context, waiting)

    def _countdown(self, context: Context, waiting: WaitingPeriod) -> Iterator[RuleOutcome]:
        if self.clock is None:
            return
        calendar = context.calendar(self.calendar)
        due = after(calendar, waiting.since, self.close_after)
        target = calendar.measure(waiting.since, due)
        warn = calendar.add(waiting.since, target * self.warn_at_percent / 100)
        ended, met = waiting.ended_at, waiting.has_expired
        state = ClockState.MET if met else ClockState.CANCELLED if ended else ClockState.RUNNING
        yield Clock(
            cite=context.cite(self.clause),
            because=f"{humanize(self.close_after)} without an answer",
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
        if ended is None and context.now < warn:
            yield Wake(warn)
        elif ended is None and context.now < due:
            because = f"{self.warn_at_percent}% of the {self.clock.replace('_', ' ')} target has passed"
            yield context.tag(f"warning_{self.clock}", clause=self.clause, since=waiting.since, because=because)
