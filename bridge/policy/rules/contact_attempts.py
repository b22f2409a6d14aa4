"""Contact attempts: messages some business days apart, an announced closing time, then closing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Literal

from bridge.decision import Field, SystemField
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.calendars.duration import BusinessDays, BusinessDaysText, LengthText
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import TemplateName
from bridge.policy.rules.waiting import WaitingPeriod, WaitingRule
from bridge.ticket import Message, PhoneContact, Role


class ContactAttempts(WaitingRule):
    """Contact attempts on non-consecutive business days, then closing at an announced time after the last one.

    Attempts are what is really on the ticket: public messages and logged calls of agents count as well as the bridge's
    own. The request that started the waiting is not an attempt.
    """

    kind: Literal["contact_attempts"] = "contact_attempts"
    attempts: int = 3
    time_between: BusinessDaysText = BusinessDays(2)
    """Business days between two contacts; two keeps them off adjacent days."""
    message: TemplateName
    last_message: TemplateName
    """The last attempt announces the closing."""
    close_after: Annotated[LengthText, StepTime()]
    """Between the last attempt and closing: elapsed time, or business days on the calendar."""
    if_late: Literal["when_open", "act"] = "when_open"
    """Of attempts and of closing; ``when_open`` keeps a late attempt on a business day."""

    def steps(self, context: Context, waits: Sequence[WaitingPeriod]) -> Iterator[RuleOutcome]:
        waiting = waits[-1]
        made = self.counted_attempts(context, waiting)
        because = f"{len(made)} of {self.attempts} contact attempts made since {waiting.since:%Y-%m-%d %H:%M} UTC"
        yield context.applied(self.name, clause=self.clause, applied=waiting.lasts, because=because)
        if waiting.lasts or waiting.has_expired:
            yield from self.lasting_outcomes(context, waits)
            yield from self._away(context, waiting)
        if len(made) < self.attempts and waiting.lasts:
            yield from self._attempt(context, waiting, made)
        elif len(made) == self.attempts and (waiting.lasts or waiting.has_expired):
            yield from self._close(context, waiting, made[-1])
        else:
            yield from self.after_reply(context, waiting)

    def lasting_outcomes(self, context: Context, waits: Sequence[WaitingPeriod]) -> Iterator[RuleOutcome]:
        yield from self._tags(context, waits[-1], len(self._counted(context, waits[-1], waits[-1].since)))

    def counted_attempts(self, context: Context, waiting: WaitingPeriod) -> list[datetime]:
        """The attempts that count towards closing; a last one made while the customer is away does not count."""
        absence = self._absence(waiting)
        back = self._return_at(context.calendar(self.calendar), waiting, absence) if absence else waiting.since
        return self._counted(context, waiting, back)

    def _counted(self, context: Context, waiting: WaitingPeriod, back: datetime) -> list[datetime]:
        """The first contact on a later business day than the request, and others far enough apart; the last after
        ``back``.
        """
        calendar = context.calendar(self.calendar)
        counted: list[datetime] = []
        for at in self._outbound(waiting):
            last, apart = (counted[-1], self.time_between) if counted else (waiting.since, 1)
            is_last = len(counted) == self.attempts - 1
            if calendar.business_days_between(last, at) >= apart and not (is_last and at < back):
                counted.append(at)
        return counted[: self.attempts]

    def _outbound(self, waiting: WaitingPeriod) -> list[datetime]:
        """Every contact towards the customer while waiting, the request itself left out."""
        return [
            entry.at
            for entry in waiting.period.entries
            if entry.at > waiting.since
            and (
                (isinstance(entry, PhoneContact) and entry.answered)
                or (isinstance(entry, Message) and entry.public and self._reaches_out(entry))
            )
        ]

    def _reaches_out(self, message: Message) -> bool:
        if message.undelivered:
            return False
        if message.actor.role is Role.BRIDGE:
            return any(key.startswith(f"{self.clause}/") for key in message.keys)
        return message.actor.role is Role.AGENT and not message.auto_reply

    def _attempt(self, context: Context, waiting: WaitingPeriod, made: list[datetime]) -> Iterator[RuleOutcome]:
        number, due = len(made) + 1, self._next(context, waiting)
        if due > context.now:
            yield Wake(due)
            return
        step = TimedStep(due, self.if_late, context.calendar(self.calendar))
        yield from step.next_changes(context.now)
        if not step.may_act(context.now):
            return
        because = Sentence("no answer; contact attempt %(number)s of %(all)s", number=number, all=self.attempts)
        template = self.last_message if number == self.attempts else self.message
        closes_in = self.close_after
        yield context.message(
            template, clause=self.clause, since=due, because=because, gives_way=False, closes_in=closes_in
        )
        yield from self._tags(context, waiting, number)

    def _next(self, context: Context, waiting: WaitingPeriod) -> datetime:
        """Enough business days after the last contact of any kind, and not before an absent customer is back."""
        calendar = context.calendar(self.calendar)
        last = max([waiting.since, *self._outbound(waiting)])
        due = calendar.add_business_days(last, self.time_between)
        absence = self._absence(waiting)
        return max(due, self._return_at(calendar, waiting, absence)) if absence else due

    def _absence(self, waiting: WaitingPeriod) -> Message | None:
        """The last out-of-office reply that names a return."""
        notes = [e for e in waiting.period.entries if isinstance(e, Message) and e.auto_reply and e.back_at]
        return notes[-1] if notes else None

    def _return_at(self, calendar: Calendar, waiting: WaitingPeriod, absence: Message) -> datetime:
        """The business day of the return, at the local time of the request where only a day was named."""
        back = calendar.next_open(absence.back_at or absence.at)
        if not absence.back_on_day:
            return back
        hour = waiting.since.astimezone(calendar.zone).time()
        return max(back, datetime.combine(back.astimezone(calendar.zone).date(), hour, calendar.zone))

    def _tags(self, context: Context, waiting: WaitingPeriod, count: int) -> Iterator[RuleOutcome]:
        for number in range(1, count + 1):
            because = f"contact attempt {number} of {self.attempts}"
            yield context.tag(f"followup_{number}", clause=self.clause, since=waiting.since, because=because)

    def _away(self, context: Context, waiting: WaitingPeriod) -> Iterator[RuleOutcome]:
        absence = self._absence(waiting)
        if absence and absence.back_at:
            because = Sentence(
                "the customer is out of office until %(day)s", day=absence.back_at.astimezone(context.zone).date()
            )
            yield context.note("out_of_office", clause=self.clause, since=absence.at, because=because)

    def _close(self, context: Context, waiting: WaitingPeriod, last: datetime) -> Iterator[RuleOutcome]:
        due = self._closes_at(context.calendar(self.calendar), last)
        because = f"{self.attempts} contact attempts without an answer"
        yield context.want(
            Field("closure_at"), f"{due:%Y-%m-%dT%H:%M:%SZ}", clause=self.clause, since=last, because=because
        )
        step = TimedStep(due, self.if_late, context.calendar(self.calendar))
        if due > context.now:
            yield Wake(due)
        elif waiting.lasts:
            yield from step.next_changes(context.now)
            if step.may_act(context.now):
                yield context.want(SystemField.STATUS, waiting.leads_to, clause=self.clause, since=due, because=because)

    def _closes_at(self, calendar: Calendar, last: datetime) -> datetime:
        length = self.close_after
        return calendar.add_business_days(last, length) if isinstance(length, BusinessDays) else last + length
