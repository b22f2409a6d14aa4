"""When a case may be closed: the customer's confirmation, the ends of waiting, and a guard over the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bridge.decision import OnOverride, Severity, SystemField
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.rule import Rule, RuleOutcome
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.waiting import WaitingPeriod
from bridge.ticket import RESOLVED, Changed, Confirmation, Role, Status, TimelineEntry


class ClosureRule(Rule):
    """A confirmation solves the case; solving without a reason the document knows is taken back once."""

    confirmation_solves: bool = True
    confirmed_tag: str | None = None
    guard: Literal["reopen", "warn", "off"] = "off"
    """What happens when a person solves without a confirmation or the end of a waiting ladder."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        confirmed = self._confirmation(context)
        yield from self._on_confirmation(context, confirmed)
        if self.guard == "off":
            return
        unfounded = self._unfounded(context)
        yield context.applied(
            "closure guard",
            clause=self.clause,
            applied=bool(unfounded),
            because="solved without a reason the policy knows" if unfounded else "no unfounded solve",
        )
        if unfounded:
            yield from self._take_back(context, unfounded[0])

    def _on_confirmation(self, context: Context, confirmed: TimelineEntry | None) -> Iterator[RuleOutcome]:
        because = "the customer confirmed the resolution" if confirmed else "no confirmation of the customer"
        yield context.applied("confirmation", clause=self.clause, applied=confirmed is not None, because=because)
        if confirmed is None or not self.confirmation_solves:
            return
        if not self._moved_on(context, confirmed):
            yield context.want(
                SystemField.STATUS, Status.SOLVED, clause=self.clause, since=confirmed.at, because=because
            )
        if self.confirmed_tag:
            yield context.tag(self.confirmed_tag, clause=self.clause, since=confirmed.at, because=because)

    def confirmed(self, context: Context) -> list[FieldPeriod]:
        """The resolution that a confirmation has brought about, while the status does not show it yet."""
        if not self.confirmation_solves or context.shown_status_periods[-1].value in RESOLVED:
            return []
        last = next((e for e in reversed(context.ticket.timeline) if _is_confirmation(e)), None)
        if last is None or self._moved_on(context, last):
            return []
        return [FieldPeriod(Status.SOLVED, last.at, None, None, None, ())]

    def _moved_on(self, context: Context, confirmed: TimelineEntry) -> bool:
        """Whether the case was solved since, or an agent has decided otherwise."""
        later = context.ticket.timeline[context.ticket.timeline.index(confirmed) :]
        changes = [entry for entry in later if isinstance(entry, Changed) and entry.field == "status"]
        return any(change.new in RESOLVED or change.actor.role is Role.AGENT for change in changes)

    def _confirmation(self, context: Context) -> TimelineEntry | None:
        """The last confirmation, unless the case was reopened after it."""
        given = [entry for entry in context.ticket.timeline if _is_confirmation(entry)]
        if not given:
            return None
        reopened = [period.end for period in context.resolved_periods if period.end and period.end > given[-1].at]
        return None if reopened else given[-1]

    def _unfounded(self, context: Context) -> list[FieldPeriod]:
        """The solves by people that rest on nothing the document knows."""
        return [
            period
            for period in context.shown_status_periods
            if period.value == Status.SOLVED and not self._founded(context, period)
        ]

    def _founded(self, context: Context, solved: FieldPeriod) -> bool:
        by = solved.began.actor.role if solved.began else Role.SYSTEM
        if by is not Role.AGENT:
            return True
        index = context.shown_status_periods.index(solved)
        since = max(
            (s.end for s in context.shown_status_periods[:index] if s.value in RESOLVED and s.end), default=None
        )
        confirmed = any(
            _is_confirmation(entry) and entry.at <= solved.start and (since is None or entry.at >= since)
            for entry in context.ticket.timeline
        )
        return confirmed or self._contacted(context, context.shown_status_periods[index - 1])

    def _contacted(self, context: Context, before: FieldPeriod) -> bool:
        """Whether all contact attempts were made before this solve."""
        ladders = [
            rule
            for rule in context.policy.waiting
            if isinstance(rule, ContactAttempts) and before.value in rule.statuses
        ]
        return any(len(rule.made(context, WaitingPeriod(before, None))) >= rule.attempts for rule in ladders)

    def taken_back(self, context: Context) -> list[FieldPeriod]:
        """The one solve that the guard takes, or has taken, back: it never counted as a resolution."""
        if self.guard != "reopen":
            return []
        first = self._unfounded(context)[:1]
        return [period for period in first if period.ended is None or period.ended.actor.role is Role.BRIDGE]

    def _take_back(self, context: Context, solved: FieldPeriod) -> Iterator[RuleOutcome]:
        because = "solved without the customer's confirmation and without the end of a waiting ladder"
        if self.guard == "warn":
            yield context.finding("unfounded_solve", clause=self.clause, because=because, severity=Severity.WARNING)
            return
        before = context.shown_status_periods[context.shown_status_periods.index(solved) - 1].value
        if solved.ended is None:
            yield context.want(
                SystemField.STATUS,
                Status.OPEN if before in (None, Status.NEW) else str(before),
                clause=self.clause,
                since=solved.start,
                because=because,
                on_override=OnOverride.RESPECT,
            )
        if solved.ended is None or solved.ended.actor.role is Role.BRIDGE:
            yield context.note("reopened", clause=self.clause, since=solved.start, because=because)


def _is_confirmation(entry: TimelineEntry) -> bool:
    """Only the customer confirms, and only the resolution."""
    if not isinstance(entry, Confirmation):
        return False
    return entry.actor.role is Role.CUSTOMER and entry.subject == "resolution"
