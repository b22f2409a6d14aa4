"""Waiting on the customer: reminders, contact attempts, and the end of waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field

from bridge.decision import Clock, ClockState
from bridge.policy.calendar import Calendar
from bridge.policy.case import Case, Outcome, PackPart, Rule, Spell, Wake
from bridge.policy.duration import BusinessDays, BusinessDaysText, ElapsedText, Length, LengthText, after, in_words
from bridge.ticket import Changed, Confirmation, Message, PhoneContact, Role, Status, TimelineEntry


def is_reply(entry: TimelineEntry) -> bool:
    """Whether the customer really answered; an automatic reply is none."""
    if entry.actor.role is not Role.CUSTOMER:
        return False
    return (isinstance(entry, Message) and entry.public and not entry.auto_reply) or isinstance(entry, Confirmation)


@dataclass(frozen=True)
class Waiting:
    """One time of waiting on the customer."""

    spell: Spell
    reply: TimelineEntry | None
    """The real answer that ended it."""

    @property
    def since(self) -> datetime:
        return self.spell.start

    @property
    def lasts(self) -> bool:
        return self.reply is None and self.spell.end is None

    @property
    def solved_by_bridge(self) -> bool:
        """Whether the bridge itself ended it by solving, without an answer."""
        change = self.spell.ended
        if change is None or self.reply is not None:
            return False
        return change.actor.role is Role.BRIDGE and change.new == Status.SOLVED


class WaitingRule(Rule):
    """What all forms of waiting share: in which statuses it happens, and what an answer does."""

    name: str
    statuses: frozenset[Status]
    reply_sets: Status | None = None
    """Status after a real answer."""
    calendar: str | None = None

    def waits(self, case: Case) -> Iterator[Waiting]:
        """Every time of waiting, oldest first."""
        for spell in case.statuses:
            if spell.value in self.statuses:
                yield Waiting(spell, next(filter(is_reply, spell.entries), None))

    def kept(self, case: Case, waiting: Waiting) -> Iterator[Outcome]:
        """A helpdesk reopens on any mail of the customer; after an automatic one the status is put back."""
        shown = case.ticket.status
        moved = case.ticket.changes("status")
        if waiting.lasts and shown not in self.statuses and moved and case.is_automatic(moved[-1]):
            because = "an automatic reply is no answer"
            yield case.want("status", str(waiting.spell.value), clause=self.clause, since=moved[-1].at, because=because)

    def answered(self, case: Case, waiting: Waiting) -> Iterator[Outcome]:
        """After a real answer the case goes on, unless a person has already moved it."""
        reply, ended = waiting.reply, waiting.spell.ended
        last = waiting.spell is [spell for spell in case.statuses if spell.value in self.statuses][-1]
        if reply is None or self.reply_sets is None or not last or _moved_by_person(case, ended):
            return
        because = "the customer answered"
        yield case.want("status", self.reply_sets, clause=self.clause, since=reply.at, because=because)


def _moved_by_person(case: Case, ended: Changed | None) -> bool:
    """Whether somebody other than the customer or the vendor's own rules has set a status since."""
    if ended is None:
        return False
    later = [change for change in case.ticket.changes("status") if change.at >= ended.at]
    return any(change.actor.role in (Role.AGENT, Role.BRIDGE) for change in later)


class Notice(PackPart):
    """One reminder to the customer."""

    after: LengthText
    template: str


class Reminders(WaitingRule):
    """A ladder of notices at fixed times, then the end.

    Late notices collapse: only the highest that is due is sent, and everything after it keeps its promised distance,
    so nothing closes without the last notice having been sent and having aged as promised.
    """

    form: Literal["reminders"] = "reminders"
    notices: tuple[Notice, ...] = ()
    close_after: LengthText
    close_tag: str | None = None
    clock: str | None = None
    """Name of the clock that shows the countdown, where the document promises one."""
    warn_at_percent: int = Field(default=75, ge=1, le=100)
    """Share of the countdown after which its clock warns."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        waits = list(self.waits(case))
        if not waits:
            because = "the ticket has not been waiting on the customer"
            yield case.applied(self.name, clause=self.clause, applied=False, because=because)
            return
        for waiting in waits:
            yield from self._countdown(case, waiting)
        waiting = waits[-1]
        yield case.applied(self.name, clause=self.clause, applied=waiting.lasts, because=self._because(waiting))
        yield from self.kept(case, waiting)
        if waiting.lasts:
            yield from self._climb(case, waiting)
        elif waiting.solved_by_bridge:
            yield from self._tags(case, waiting, self._sent(case, waiting))
            if not case.is_open:
                yield from self._closed(case, waiting)
        else:
            yield from self.answered(case, waiting)

    def _because(self, waiting: Waiting) -> str:
        if waiting.lasts:
            return f"waiting on the customer since {waiting.since:%Y-%m-%d %H:%M} UTC"
        return "the customer answered" if waiting.reply else "the waiting has ended"

    def _key(self, case: Case, waiting: Waiting, rung: int) -> str:
        return case.key(self.clause, waiting.since, f"public_message:{rung + 1}")

    def _sent(self, case: Case, waiting: Waiting) -> dict[int, datetime]:
        """The notices that are on the ticket, by rung."""
        keys = {self._key(case, waiting, rung): rung for rung in range(len(self.notices))}
        return {keys[key]: entry.at for entry in waiting.spell.entries for key in entry.keys if key in keys}

    def _climb(self, case: Case, waiting: Waiting) -> Iterator[Outcome]:
        calendar, sent = case.calendar(self.calendar), self._sent(case, waiting)
        highest = max(sent, default=-1)
        due = {
            rung: self._due(calendar, waiting, sent, self.notices[rung].after)
            for rung in range(highest + 1, len(self.notices))
        }
        yield from (Wake(at) for at in due.values() if at > case.now)
        speaking = max((rung for rung, at in due.items() if at <= case.now), default=None)
        if speaking is not None:
            notice = self.notices[speaking]
            because = f"no answer for {in_words(notice.after)}"
            rung = speaking + 1
            yield case.message(notice.template, clause=self.clause, since=waiting.since, because=because, rung=rung)
            sent = {**sent, speaking: case.now}
        yield from self._tags(case, waiting, sent)
        if not due:
            yield from self._close(case, waiting, self._due(calendar, waiting, sent, self.close_after))

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

    def _close(self, case: Case, waiting: Waiting, due: datetime) -> Iterator[Outcome]:
        if due > case.now:
            yield Wake(due)
            return
        because = f"no answer for {in_words(self.close_after)}"
        yield case.want("status", Status.SOLVED, clause=self.clause, since=waiting.since, because=because)
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
        ended = waiting.reply.at if waiting.reply else waiting.spell.end
        met = waiting.solved_by_bridge
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


class Contacts(WaitingRule):
    """Contact attempts on non-consecutive business days, an announced closing time after the last, then the end.

    Attempts are what is really on the ticket: public messages and logged calls of agents count as well as the bridge's
    own. The request that started the waiting is not an attempt.
    """

    form: Literal["contacts"] = "contacts"
    attempts: int = 3
    apart: BusinessDaysText = BusinessDays(2)
    """Business days between two contacts; two keeps them off adjacent days."""
    template: str
    last_template: str
    """The last attempt announces the closing."""
    close_after: ElapsedText
    """Between the last attempt and closing."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        waits = list(self.waits(case))
        if not waits:
            because = "the ticket has not been waiting on the customer"
            yield case.applied(self.name, clause=self.clause, applied=False, because=because)
            return
        waiting = waits[-1]
        made = self.made(case, waiting)
        because = f"{len(made)} of {self.attempts} contacts made since {waiting.since:%Y-%m-%d %H:%M} UTC"
        yield case.applied(self.name, clause=self.clause, applied=waiting.lasts, because=because)
        if waiting.lasts or waiting.solved_by_bridge:
            yield from self._tags(case, waiting, len(self._counted(case, waiting, waiting.since)))
            yield from self._away(case, waiting)
        yield from self.kept(case, waiting)
        if len(made) < self.attempts and waiting.lasts:
            yield from self._attempt(case, waiting, made)
        elif len(made) == self.attempts and (waiting.lasts or waiting.solved_by_bridge):
            yield from self._close(case, made[-1])
        else:
            yield from self.answered(case, waiting)

    def made(self, case: Case, waiting: Waiting) -> list[datetime]:
        """The attempts that lead to closing: nobody is closed while away, so a last one before the return is none."""
        absence = self._absence(waiting)
        back = self._return(case.calendar(self.calendar), waiting, absence) if absence else waiting.since
        return self._counted(case, waiting, back)

    def _counted(self, case: Case, waiting: Waiting, back: datetime) -> list[datetime]:
        """The first contact on a later business day than the request, and others far enough apart; the last after
        ``back``.
        """
        calendar = case.calendar(self.calendar)
        counted: list[datetime] = []
        for at in self._outbound(waiting):
            last, apart = (counted[-1], self.apart) if counted else (waiting.since, 1)
            is_last = len(counted) == self.attempts - 1
            if calendar.business_days_between(last, at) >= apart and not (is_last and at < back):
                counted.append(at)
        return counted[: self.attempts]

    def _outbound(self, waiting: Waiting) -> list[datetime]:
        """Every contact towards the customer while waiting, the request itself left out."""
        return [
            entry.at
            for entry in waiting.spell.entries
            if entry.at > waiting.since
            and (
                isinstance(entry, PhoneContact)
                or (isinstance(entry, Message) and entry.public and self._reaches_out(entry))
            )
        ]

    def _reaches_out(self, message: Message) -> bool:
        if message.actor.role is Role.BRIDGE:
            return any(key.startswith(f"{self.clause}/") for key in message.keys)
        return message.actor.role is Role.AGENT and not message.auto_reply

    def _attempt(self, case: Case, waiting: Waiting, made: list[datetime]) -> Iterator[Outcome]:
        number, due = len(made) + 1, self._next(case, waiting)
        if due > case.now:
            yield Wake(due)
            return
        because = f"no answer; contact {number} of {self.attempts}"
        template = self.last_template if number == self.attempts else self.template
        yield case.message(
            template, clause=self.clause, since=due, because=because, closes_in=in_words(self.close_after)
        )
        yield from self._tags(case, waiting, number)

    def _next(self, case: Case, waiting: Waiting) -> datetime:
        """Enough business days after the last contact of any kind, and not before an absent customer is back."""
        calendar = case.calendar(self.calendar)
        last = max([waiting.since, *self._outbound(waiting)])
        due = calendar.add_business_days(last, self.apart)
        absence = self._absence(waiting)
        return max(due, self._return(calendar, waiting, absence)) if absence else due

    def _absence(self, waiting: Waiting) -> Message | None:
        """The last out-of-office reply that names a return."""
        notes = [e for e in waiting.spell.entries if isinstance(e, Message) and e.auto_reply and e.back_at]
        return notes[-1] if notes else None

    def _return(self, calendar: Calendar, waiting: Waiting, absence: Message) -> datetime:
        """The business day of the return, at the local time of the request where only a day was named."""
        back = calendar.next_open(absence.back_at or absence.at)
        if not absence.back_on_day:
            return back
        hour = waiting.since.astimezone(calendar.zone).time()
        return max(back, datetime.combine(back.astimezone(calendar.zone).date(), hour, calendar.zone))

    def _tags(self, case: Case, waiting: Waiting, count: int) -> Iterator[Outcome]:
        for number in range(1, count + 1):
            because = f"contact {number} of {self.attempts}"
            yield case.tag(f"followup_{number}", clause=self.clause, since=waiting.since, because=because)

    def _away(self, case: Case, waiting: Waiting) -> Iterator[Outcome]:
        absence = self._absence(waiting)
        if absence and absence.back_at:
            because = f"the customer is out of office until {absence.back_at.astimezone(case.zone):%Y-%m-%d}"
            yield case.note("out_of_office", clause=self.clause, since=absence.at, because=because)

    def _close(self, case: Case, last: datetime) -> Iterator[Outcome]:
        due = last + self.close_after
        because = f"{self.attempts} contacts without an answer"
        yield case.want(
            "field:closure_at", f"{due:%Y-%m-%dT%H:%M:%SZ}", clause=self.clause, since=last, because=because
        )
        if due > case.now:
            yield Wake(due)
        elif case.is_open:
            yield case.want("status", Status.SOLVED, clause=self.clause, since=due, because=because)
