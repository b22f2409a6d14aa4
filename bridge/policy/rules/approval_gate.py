"""Gates: something waits until the right person agrees. What counts, and since when, follows from the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bridge.decision import Fact, SystemField
from bridge.policy.calendars.duration import LengthText, after
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.misfire import TimedStep
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Rule, RuleOutcome, Wake
from bridge.policy.rules.approver import Approver, approvals_for, may_approve, wrong_approvers
from bridge.ticket import Approval, Changed, Role, Status

Verdict = Literal["waiting", "approved", "refused", "expired", "dropped", "superseded"]


@dataclass(frozen=True)
class ApprovalRound:
    """One question put to the approver, from asking to its end."""

    opened: datetime
    ended: datetime | None
    verdict: Verdict
    answer: Approval | None
    waits_since: datetime
    """When the waiting began: earlier than the question where an edit has put it again."""

    def is_approved(self, at: datetime) -> bool:
        """Whether it had been approved by an instant."""
        return self.verdict == "approved" and self.ended is not None and self.ended <= at


class ApprovalGate(Rule):
    """Opens when a condition begins to hold; an edit of what it watches asks again, before the answer and after."""

    name: str
    """Word of the approval, and of the tag ``policy_awaiting_<name>``."""
    opens: Predicate
    watches: tuple[str, ...] = ()
    """Facts that were agreed to: changing one afterwards invalidates the answer."""
    approver: Approver = "customer"
    ask: str | None = None
    """Template of the public question."""
    status: Status | None = None
    """Status while it waits; afterwards the status from before returns."""
    pauses: tuple[str, ...] = ()
    """Clocks that rest while it waits."""
    blocks: frozenset[Status] = frozenset()
    """Statuses that are put back once while it waits."""
    blocked_note: str | None = None
    settled: Predicate | None = None
    """Once this holds the matter has moved on, and edits ask no more."""
    refused_note: str | None = None
    refused_to: str | None = None
    """Role to which the ticket goes back after a refusal."""
    refused_notify: tuple[str, ...] = ()
    """Roles that are told of a refusal."""
    refused_stage: str | None = None
    """Value of the fact ``stage`` after a refusal."""
    approved_stage: str | None = None
    """Value of the fact ``stage`` after an approval."""
    expires_after: LengthText | None = None
    calendar: str | None = None
    late: Literal["fire", "next_open"] = "fire"
    """Of the status that returns when a question has expired; the expiry itself counts from its second on."""

    def turns(self, context: Context) -> list[ApprovalRound]:
        """Every question and its end, oldest first."""
        turns: list[ApprovalRound] = []
        for opened in self._openings(context):
            turn = self._turn(context, opened)
            if turns and (turns[-1].ended is None or turns[-1].ended > opened):
                # what was asked has changed before it was answered: the question is put again
                turn = replace(turn, waits_since=turns[-1].waits_since)
                turns[-1] = replace(turns[-1], ended=opened, verdict="superseded", answer=None)
            turns.append(turn)
        return turns

    def _openings(self, context: Context) -> list[datetime]:
        """When it begins to wait, and when what it watches changes while the condition holds."""
        spans = context.holding_spans(self.opens)
        edits = {change.at for fact in self.watches for change in context.ticket.changes(f"fact:{fact}")}
        if self.settled:
            edits = {at for at in edits if not context.holds(self.settled, at)}
        reopened = {at for at in edits for start, end in spans if start < at and (end is None or at < end)}
        return sorted({start for start, _ in spans} | reopened)

    def _turn(self, context: Context, opened: datetime) -> ApprovalRound:
        given = (
            answer for answer in approvals_for(context, self.name) if may_approve(context, self.approver, answer.actor)
        )
        answer = next((answer for answer in given if answer.at >= opened), None)
        dropped = next((end for start, end in context.holding_spans(self.opens) if end and start <= opened < end), None)
        expires = after(context.calendar(self.calendar), opened, self.expires_after) if self.expires_after else None
        ends: list[tuple[datetime, Verdict]] = []
        if answer:
            ends.append((answer.at, "approved" if answer.granted else "refused"))
        if dropped:
            ends.append((dropped, "dropped"))
        if expires and expires <= context.now:
            ends.append((expires, "expired"))
        if not ends:
            return ApprovalRound(opened, None, "waiting", None, opened)
        ended, verdict = min(ends, key=lambda end: end[0])
        return ApprovalRound(opened, ended, verdict, answer if verdict in ("approved", "refused") else None, opened)

    def is_waiting(self, context: Context, at: datetime) -> bool:
        return any(
            turn.opened <= at and (turn.ended is None or at < turn.ended) for turn in context.approval_rounds(self)
        )

    def is_approved(self, context: Context, at: datetime) -> bool:
        """Whether the last question until then had been approved, and nothing had invalidated the answer."""
        asked = [turn for turn in context.approval_rounds(self) if turn.opened <= at]
        return bool(asked) and asked[-1].is_approved(at)

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        turn = next(reversed(context.approval_rounds(self)), None)
        because = f"{self._named}: {turn.verdict} since {turn.ended or turn.opened:%Y-%m-%d %H:%M} UTC" if turn else ""
        waiting = turn is not None and turn.ended is None
        yield context.applied(
            self.name, clause=self.clause, applied=waiting, because=because or self._why_closed(context)
        )
        yield from wrong_approvers(context, self.name, self.approver, clause=self.clause)
        if turn and context.is_open:
            yield from self._wait(context, turn) if waiting else self._resume(context, turn)
            yield from self._block(context, turn)

    @property
    def _named(self) -> str:
        return self.name.replace("_", " ")

    def _why_closed(self, context: Context) -> str:
        return self.opens.failing(context.lookup)

    def _wait(self, context: Context, turn: ApprovalRound) -> Iterator[RuleOutcome]:
        because = f"waiting for the {self.approver} to agree: {self._named}"
        yield context.tag(f"awaiting_{self.name}", clause=self.clause, since=turn.opened, because=because)
        if self.ask:
            yield context.message(self.ask, clause=self.clause, since=turn.opened, because=because, gives_way=False)
        if self.status:
            yield context.want(SystemField.STATUS, self.status, clause=self.clause, since=turn.opened, because=because)
        if self.expires_after:
            yield Wake(after(context.calendar(self.calendar), turn.opened, self.expires_after))

    def _block(self, context: Context, turn: ApprovalRound) -> Iterator[RuleOutcome]:
        """What has to wait for consent, and begins without it, is put back once."""
        begun = self._begun(context, turn) if turn.verdict in ("waiting", "refused", "expired") else None
        if begun is None or context.ticket.status not in self.blocks:
            return
        because = f"{self._named}: {turn.verdict}, and nobody has agreed yet"
        back = self.status if self.status and turn.ended is None else begun.old
        if back is not None:
            yield context.want(SystemField.STATUS, str(back), clause=self.clause, since=begun.at, because=because)
        if self.blocked_note:
            yield context.note(self.blocked_note, clause=self.clause, since=begun.at, because=because)

    def _begun(self, context: Context, turn: ApprovalRound) -> Changed | None:
        """The first move of a person to a status that has to wait."""
        for change in context.ticket.changes("status"):
            if change.at >= turn.opened and change.actor.role is Role.AGENT and change.new in self.blocks:
                return change
        return None

    def _before(self, context: Context, opened: datetime, ended: datetime) -> str | None:
        """The status from before the question, where the ticket still had that of waiting when it ended."""
        changes = [change for change in context.ticket.changes("status") if opened <= change.at <= ended]
        ours = [change for change in changes if change.actor.role is Role.BRIDGE]
        asked = next((c for c in ours if c.new == self.status), None)
        kept = next((c for c in reversed(changes) if c.at < ended or c not in ours), None)
        if asked is None or asked.old is None or kept is None or kept.new != self.status:
            return None
        return str(asked.old)

    def _resume(self, context: Context, turn: ApprovalRound) -> Iterator[RuleOutcome]:
        if turn.ended is None:
            return
        because = f"{self._named} {turn.verdict}"
        if before := self._before(context, turn.waits_since, turn.ended):
            step = TimedStep(
                turn.ended, self.late if turn.verdict == "expired" else "fire", context.calendar(self.calendar)
            )
            waits = context.ticket.status == self.status
            yield from step.turns(context.now) if waits else ()
            if step.acts(context.now) or not waits:
                yield context.want(SystemField.STATUS, before, clause=self.clause, since=turn.ended, because=because)
        if turn.verdict == "approved" and self.approved_stage:
            yield context.want(
                Fact("stage"), self.approved_stage, clause=self.clause, since=turn.ended, because=because
            )
        if turn.verdict != "refused" or turn.answer is None:
            return
        if self.refused_to and (back := context.address(self.refused_to, turn.ended)):
            yield context.want(SystemField.ASSIGNEE, back, clause=self.clause, since=turn.ended, because=because)
        for role in self.refused_notify:
            yield from context.notify(role, clause=self.clause, since=turn.ended, because=because)
        if self.refused_note:
            remark = turn.answer.remarks or "no remarks"
            yield context.note(self.refused_note, clause=self.clause, since=turn.ended, because=because, remark=remark)
        if self.refused_stage:
            yield context.want(Fact("stage"), self.refused_stage, clause=self.clause, since=turn.ended, because=because)
