"""Waiting for the customer: when it starts, what ends it, and what a reply does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import field_validator

from bridge.decision import Severity, SystemField
from bridge.policy.evaluation.contact import failed_contact
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.field_periods import FieldPeriod, is_automatic
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import CalendarName, OwnName
from bridge.ticket import Changed, Confirmation, Message, Role, Status, TimelineEntry


def is_reply(entry: TimelineEntry) -> bool:
    """Whether an entry is a reply of the customer, including one filed as a note but no automatic reply."""
    if entry.actor.role is not Role.CUSTOMER:
        return False
    return (isinstance(entry, Message) and not entry.auto_reply) or isinstance(entry, Confirmation)


@dataclass(frozen=True)
class WaitingPeriod:
    """One period of waiting for the customer."""

    period: FieldPeriod
    reply: TimelineEntry | None
    """The real answer that ended it."""
    lapsed: datetime | None = None
    """When the contract ended in the midst of it, or had ended before: nothing more is promised."""

    @property
    def since(self) -> datetime:
        return self.period.start

    @property
    def ended_at(self) -> datetime | None:
        """None while it lasts."""
        ends = (self.reply.at if self.reply else None, self.period.end, self.lapsed)
        return min(filter(None, ends), default=None)

    @property
    def lasts(self) -> bool:
        return self.ended_at is None

    @property
    def leads_to(self) -> Status:
        """The status at its end: closed if the ticket was solved, else solved."""
        return Status.CLOSED if self.period.value == Status.SOLVED else Status.SOLVED

    @property
    def has_expired(self) -> bool:
        """Whether the bridge ended it because no reply came."""
        change = self.period.ended
        if change is None or self.reply is not None or self.lapsed:
            return False
        return change.actor.role is Role.BRIDGE and change.new == self.leads_to


class WaitingRule(Rule):
    """The base of both kinds of waiting: their statuses, and what a reply does."""

    name: OwnName
    statuses: frozenset[Status]
    status_after_reply: Status | None = None
    """Status after a real answer."""
    calendar: CalendarName | None = None

    @field_validator("statuses")
    @classmethod
    def _before_the_end(cls, statuses: frozenset[Status]) -> frozenset[Status]:
        if Status.CLOSED in statuses:
            raise ValueError("allowed: statuses that a ticket can leave; nothing comes after closed")
        return statuses

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        waits = list(self.waiting_periods(context))
        if not waits:
            because = "the ticket has not waited for the customer"
            yield context.applied(self.name, clause=self.clause, applied=False, because=because)
            return
        yield from self.restore_status(context, waits[-1])
        if waits[-1].lasts and (because := _reason_to_rest(context, waits[-1])):
            yield from self._rest(context, waits, because)
        else:
            yield from self.steps(context, waits)

    def steps(self, context: Context, waits: Sequence[WaitingPeriod]) -> Iterator[RuleOutcome]:
        """The steps of the last period of waiting, and what remains of earlier ones."""
        raise NotImplementedError

    def lasting_outcomes(self, context: Context, waits: Sequence[WaitingPeriod]) -> Iterator[RuleOutcome]:
        """What stays on the ticket while the steps rest."""
        raise NotImplementedError

    def _rest(self, context: Context, waits: Sequence[WaitingPeriod], because: str) -> Iterator[RuleOutcome]:
        """Neither remind nor close: a customer who was not heard, or has heard nothing, does not keep silent."""
        yield context.applied(self.name, clause=self.clause, applied=False, because=because)
        yield context.finding("waiting_rests", clause=self.clause, because=because, severity=Severity.WARNING)
        yield from self.lasting_outcomes(context, waits)
        if failed_contact(context.ticket, waits[-1].since):
            yield context.remark("unreached", because, _UNREACHED, clause=self.clause, since=waits[-1].since)

    def waiting_periods(self, context: Context) -> Iterator[WaitingPeriod]:
        """Every period of waiting, oldest first, without one in which the customer had answered before the adoption."""
        for period in context.status_periods:
            if period.value in self.statuses and not _was_answered(context, period):
                yield WaitingPeriod(period, _answer(period), _lapse(context, period))

    def unanswered_periods(self, context: Context) -> Iterator[FieldPeriod]:
        return (waiting.period for waiting in self.waiting_periods(context) if waiting.has_expired)

    def restore_status(self, context: Context, waiting: WaitingPeriod) -> Iterator[RuleOutcome]:
        """Restore the status after a message that is not an answer, because helpdesks reopen tickets on any mail."""
        shown = context.ticket.status
        moved = context.ticket.changes("status")
        if waiting.lasts and shown not in self.statuses and moved and is_automatic(context.ticket, moved[-1]):
            third = moved[-1].actor.role is Role.OTHER
            because = f"{'a third person' if third else 'an automatic reply'} does not count as an answer"
            yield context.want(
                SystemField.STATUS, str(waiting.period.value), clause=self.clause, since=moved[-1].at, because=because
            )

    def after_reply(self, context: Context, waiting: WaitingPeriod) -> Iterator[RuleOutcome]:
        """The status after a reply, unless a person has already set one."""
        reply, ended = waiting.reply, waiting.period.ended
        last = waiting.period is [period for period in context.status_periods if period.value in self.statuses][-1]
        if reply is None or self.status_after_reply is None or not last or _moved_by_person(context, ended):
            return
        because = "the customer answered"
        yield context.want(
            SystemField.STATUS, self.status_after_reply, clause=self.clause, since=reply.at, because=because
        )


_UNREACHED = Sentence(
    "So they are not reminded, and the ticket is not closed because of their silence. Contact them in another way, or "
    "correct their address and set the status again."
)


def _reason_to_rest(context: Context, waiting: WaitingPeriod) -> str:
    """Why the customer's silence proves nothing; empty if it does."""
    for conversation in context.unread_conversations:
        if conversation.overlaps(waiting.since, None):
            return f"the customer may have answered in {conversation.where}, which the bridge cannot read"
    return failed_contact(context.ticket, waiting.since)


def _answer(period: FieldPeriod) -> TimelineEntry | None:
    """The first real answer; who confirms what is solved already asks for nothing."""
    replies = filter(is_reply, period.entries)
    return next((e for e in replies if not (period.value == Status.SOLVED and isinstance(e, Confirmation))), None)


def _was_answered(context: Context, period: FieldPeriod) -> bool:
    """Whether a ticket was adopted in this period, and the customer had answered in it before."""
    adopted_at = context.fetched.adopted_at
    if adopted_at is None or period.start > adopted_at:
        return False
    answer = _answer(context.whole.status_period_at(adopted_at))
    return answer is not None and answer.at < adopted_at


def _lapse(context: Context, period: FieldPeriod) -> datetime | None:
    """When the contract's end ended a time of waiting."""
    end = context.covered_until
    if end is None or end > context.now or (period.end is not None and period.end <= end):
        return None
    return max(end, period.start)


def _moved_by_person(context: Context, ended: Changed | None) -> bool:
    """Whether somebody other than the customer or the vendor's own rules has set a status since."""
    if ended is None:
        return False
    later = [change for change in context.ticket.changes("status") if change.at >= ended.at]
    return any(change.actor.role not in (Role.CUSTOMER, Role.SYSTEM, Role.OTHER) for change in later)
