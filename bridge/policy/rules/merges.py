"""Merges: which clocks, answers and approvals of a merged ticket count on the one that stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import model_validator

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.merged import HeadStart
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import TemplateName
from bridge.ticket import Approval, Merge, Message, PhoneContact, Role, TimelineEntry


class MergeRule(Rule):
    """What counts on a ticket into which others were merged; by default only what happened on itself."""

    clocks: Literal["own", "earliest"] = "own"
    """``earliest``: clocks from the creation, and the schedule, count since the oldest of the tickets was created."""
    answers: Literal["own", "all"] = "own"
    """``all``: what agents said to the customer on the merged ticket meets clocks as if it were said here."""
    approvals: Literal["own", "all"] = "own"
    """``all``: approvals given on the merged ticket count as if they were given here."""
    note: TemplateName | None = None
    """Written once for each merge."""

    @model_validator(mode="after")
    def _does_something(self) -> MergeRule:
        if (self.clocks, self.answers, self.approvals, self.note) == ("own", "own", "own", None):
            raise ValueError(
                "found no effect; allowed: at least one of clocks: earliest, answers: all, approvals: all, note"
            )
        return self

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        merges = context.ticket.merges
        because = "" if merges else "no ticket was merged into this one"
        yield context.applied("merges", clause=self.clause, applied=bool(merges), because=because)
        for merge in merges if self.note and context.is_open else ():
            because, name = self._told(context, merge), f"{self.note}:{merge.source}"
            yield context.note(str(self.note), clause=self.clause, since=merge.at, because=because, step=name)

    def head_start(self, context: Context) -> HeadStart | None:
        ticket = context.ticket
        if self.clocks == "own" or ticket.adopted_at:
            return None
        older = [(at, merge) for merge in ticket.merges if (at := merge.created_at) and at < ticket.created_at]
        if not older:
            return None
        begin, merge = min(older, key=lambda each: each[0])
        return HeadStart(begin, ticket.created_at, merge.at, merge.source)

    def said_elsewhere(self, context: Context) -> Sequence[TimelineEntry]:
        said = [entry for merge in context.ticket.merges for entry in merge.said]
        answers = [e for e in said if isinstance(e, Message | PhoneContact) and e.actor.role is Role.AGENT]
        approvals = [entry for entry in said if isinstance(entry, Approval)]
        return [*(answers if self.answers == "all" else ()), *(approvals if self.approvals == "all" else ())]

    def _told(self, context: Context, merge: Merge) -> str:
        head = context.head_start
        if head is None or head.source != merge.source:
            return Sentence("ticket %(ticket)s was merged into this one", ticket=merge.source)
        return Sentence(
            "ticket %(ticket)s was merged into this one; its time counts since %(time)s",
            ticket=merge.source,
            time=head.begin,
        )
