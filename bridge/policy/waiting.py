"""Waiting on the customer: when it happens, what ends it, and what an answer does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.policy.case import Case
from bridge.policy.rule import Outcome, Rule
from bridge.policy.spells import Spell, is_automatic
from bridge.ticket import Changed, Confirmation, Message, Role, Status, TimelineEntry


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
        if waiting.lasts and shown not in self.statuses and moved and is_automatic(case.ticket, moved[-1]):
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
