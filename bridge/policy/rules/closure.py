"""Closing tickets: the customer's confirmation, and the guard that reopens tickets solved too early."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Literal

from pydantic import field_validator

from bridge.decision import Severity, SystemField
from bridge.policy.evaluation.condition_values import is_of_resolution
from bridge.policy.evaluation.conditions import FOLLOW_FROM_RULES
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import TagName
from bridge.policy.rules.approver import PROVEN
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.waiting import WaitingPeriod
from bridge.ticket import RESOLVED, Changed, Confirmation, Role, Status, TimelineEntry

_JUSTIFIED = (Role.CUSTOMER, Role.BRIDGE)


class ClosureRule(Rule):
    """A confirmation solves the ticket; solving without a reason in the document is undone once."""

    confirmation_solves: bool = True
    confirmed_tag: TagName | None = None
    proof_of_address: bool = False
    """Count a confirmation through a link only when it was confirmed by a reply from the customer's own address."""
    if_unconfirmed: Literal["reopen", "warn", "allow"] = "allow"
    """What happens when neither the customer's word nor the end of a waiting rule justifies that it was solved."""
    accept_when: Predicate | None = None
    """What else justifies it, if it holds at that instant."""

    @field_validator("accept_when")
    @classmethod
    def _not_by_status(cls, when: Predicate | None) -> Predicate | None:
        """Whether a solve counts decides the status, and what follows from it."""
        follows = {name for _, name, _ in when.names()} & FOLLOW_FROM_RULES if when else set()
        if follows:
            raise ValueError(f"found a condition on {min(follows)}; allowed: facts and fields of the ticket")
        return when

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        confirmed = self._confirmation(context)
        yield from self._on_confirmation(context, confirmed)
        if self.if_unconfirmed == "allow":
            return
        unfounded = next(self._unfounded(context), None)
        yield context.applied(
            "closure guard",
            clause=self.clause,
            applied=unfounded is not None,
            because="solved without a reason that the policy accepts"
            if unfounded
            else "the ticket was never solved without a reason that the policy accepts",
        )
        if unfounded:
            yield from self._take_back(context, *unfounded)

    def _on_confirmation(self, context: Context, confirmed: Confirmation | None) -> Iterator[RuleOutcome]:
        because = "the customer has not confirmed the resolution"
        if confirmed:
            because = f"the customer confirmed the resolution{PROVEN[confirmed.proof]}"
        yield context.applied("confirmation", clause=self.clause, applied=confirmed is not None, because=because)
        if confirmed is None or not self.confirmation_solves:
            return
        if not self._moved_on(context, confirmed):
            yield context.want(
                SystemField.STATUS, Status.SOLVED, clause=self.clause, since=confirmed.at, because=because
            )
        if self.confirmed_tag:
            yield context.tag(self.confirmed_tag, clause=self.clause, since=confirmed.at, because=because)

    def confirmed_periods(self, context: Context) -> list[FieldPeriod]:
        """The periods in which a confirmation has resolved the ticket but its status does not show it yet."""
        if not self.confirmation_solves or context.shown_status_periods[-1].value in RESOLVED:
            return []
        given = _confirmations(context)
        if not given or self._moved_on(context, given[-1]):
            return []
        return [FieldPeriod(Status.SOLVED, given[-1].at, None, None, None, ())]

    def _moved_on(self, context: Context, confirmed: TimelineEntry) -> bool:
        """Whether the ticket was solved since, or an agent has decided otherwise."""
        later = context.timeline.from_entry(confirmed)
        changes = [entry for entry in later if isinstance(entry, Changed) and entry.field == "status"]
        return any(change.new in RESOLVED or change.actor.role is Role.AGENT for change in changes)

    def _confirmation(self, context: Context) -> Confirmation | None:
        """The last confirmation, unless the ticket was reopened after it."""
        given = _confirmations(context)
        if not given:
            return None
        reopened = [period.end for period in context.resolved_periods if period.end and period.end > given[-1].at]
        return None if reopened else given[-1]

    def _unfounded(self, context: Context) -> Iterator[tuple[FieldPeriod, FieldPeriod]]:
        """The solves that rest on nothing the document knows, each after the status before it.

        The customer's own is his word. The bridge's are what the policy asks for, such as the end of a waiting rule.
        """
        context, adopted_at = context.whole, context.fetched.adopted_at
        confirmed = [entry.at for entry in _confirmations(context)]
        reopened: datetime | None = None
        for before, solved in pairwise(context.shown_status_periods):
            if before.value in RESOLVED:
                reopened = before.end
            if solved.value != Status.SOLVED or solved.began is None or solved.began.actor.role in _JUSTIFIED:
                continue
            if adopted_at and solved.start < adopted_at:
                continue
            last = bisect_right(confirmed, solved.start) - 1
            is_confirmed = last >= 0 and (reopened is None or confirmed[last] >= reopened)
            if not (is_confirmed or self._is_accepted(context, before, solved) or self._contacted(context, before)):
                yield before, solved

    def _is_accepted(self, context: Context, before: FieldPeriod, solved: FieldPeriod) -> bool:
        """Whether the pack names what holds as a reason, or the customer may have said so where nobody can read it."""
        named = self.accept_when is not None and context.holds(self.accept_when, solved.start)
        return named or any(one.overlaps(before.start, solved.start) for one in context.unread_conversations)

    def _contacted(self, context: Context, before: FieldPeriod) -> bool:
        """Whether all contact attempts were made before this solve."""
        rules = (rule for rule in context.rules(ContactAttempts) if before.value in rule.statuses)
        return any(len(rule.counted_attempts(context, WaitingPeriod(before, None))) >= rule.attempts for rule in rules)

    def void_periods(self, context: Context) -> list[FieldPeriod]:
        """The period of the one solve that the guard undoes or has undone; it does not count as a resolution."""
        first = next(self._unfounded(context), None) if self.if_unconfirmed == "reopen" else None
        taken = first is not None and (first[1].ended is None or first[1].ended.actor.role is Role.BRIDGE)
        return [first[1]] if first and taken else []

    def _take_back(self, context: Context, before: FieldPeriod, solved: FieldPeriod) -> Iterator[RuleOutcome]:
        because = Sentence("solved without the customer's confirmation and before all contact attempts were made")
        if self.if_unconfirmed == "warn":
            yield context.finding("unfounded_solve", clause=self.clause, because=because, severity=Severity.WARNING)
            return
        if solved.ended is None:
            yield context.want(
                SystemField.STATUS,
                Status.OPEN if before.value in (None, Status.NEW) else str(before.value),
                clause=self.clause,
                since=solved.start,
                because=because,
            )
        if solved.ended is None or solved.ended.actor.role is Role.BRIDGE:
            yield context.note("reopened", clause=self.clause, since=solved.start, because=because)


def _confirmations(context: Context) -> list[Confirmation]:
    """The confirmations of the resolution, oldest first."""
    given = context.timeline.of_kind(Confirmation)
    return [entry for entry in given if is_of_resolution(entry)]
