"""Approval gates: what they hold back until the right person approves, computed from the timeline."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from bridge.decision import Fact, SystemField
from bridge.policy.calendars.duration import LengthText, after
from bridge.policy.evaluation.approval_rounds import ApprovalRound, Verdict
from bridge.policy.evaluation.conditions import Span
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.misfire import StepTime, TimedStep
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import CalendarName, ClockName, FactName, OwnName, RoleName, StageName, TemplateName
from bridge.policy.rules.approver import PROVEN, SIDES, ApprovalTerms, approvals_for
from bridge.ticket import Approval, Changed, Role, Status, fact_field

_VERDICTS: dict[Verdict, Sentence] = {
    "waiting": Sentence("waiting"),
    "approved": Sentence("approved"),
    "refused": Sentence("refused"),
    "expired": Sentence("expired"),
    "dropped": Sentence("dropped"),
    "superseded": Sentence("superseded"),
}


class ApprovalGate(Rule, ApprovalTerms):
    """A point that needs an approval. It opens when its condition becomes true; editing a watched fact asks again."""

    name: OwnName
    """Name of the approval, and of the tag ``policy_awaiting_<name>``."""
    when: Predicate
    ask_again_if_changed: tuple[FactName, ...] = ()
    """Facts that were agreed to: changing one afterwards invalidates the answer."""
    request_message: TemplateName | None = None
    """Template of the public question."""
    status: Status | None = None
    """Status while it waits; afterwards the status from before returns."""
    pauses: tuple[ClockName, ...] = ()
    """Clocks that are paused while it waits."""
    blocks: frozenset[Status] = frozenset()
    """Statuses that are put back once while it waits."""
    blocked_note: TemplateName | None = None
    stop_asking_when: Predicate | None = None
    """Once this holds the matter has moved on, and edits ask no more."""
    refused_note: TemplateName | None = None
    refused_assignee: RoleName | None = None
    """Role to which the ticket goes back after a refusal."""
    refused_notify: tuple[RoleName, ...] = ()
    """Roles that are told of a refusal."""
    refused_stage: StageName | None = None
    """Value of the fact ``stage`` after a refusal."""
    approved_stage: StageName | None = None
    """Value of the fact ``stage`` after an approval."""
    expires_after: Annotated[LengthText | None, StepTime()] = None
    calendar: CalendarName | None = None
    if_late: Literal["act", "when_open"] = "act"
    """Of the status that returns when a question has expired; the expiry itself counts from its second on."""

    @property
    def approval(self) -> str:
        return self.name

    def rounds(self, context: Context) -> list[ApprovalRound]:
        answers = [each for each in approvals_for(context, self.name) if self.counts(context, each)]
        standing, adopted_at = [*self._standing_answer(context)], context.ticket.adopted_at
        answers = [*standing, *answers]
        rounds: list[ApprovalRound] = []
        for opened, holds_until in self._openings(context):
            if opened == adopted_at and not standing:
                continue  # what should have been asked before is not asked any more
            following = self._round(context, opened, holds_until, answers)
            if rounds and (rounds[-1].ended is None or rounds[-1].ended > opened):
                # what was asked has changed before it was answered: the question is put again
                following = replace(following, waits_since=rounds[-1].waits_since)
                rounds[-1] = replace(rounds[-1], ended=opened, verdict="superseded", answer=None)
            rounds.append(following)
        return rounds

    def _standing_answer(self, context: Context) -> Iterator[Approval]:
        """The answer that stood when the ticket was adopted: what was agreed to is not asked again."""
        adopted_at = context.fetched.adopted_at
        before = context.whole.approval_rounds(self.name) if adopted_at else []
        standing = next((each for each in reversed(before) if adopted_at and each.opened < adopted_at), None)
        if standing and standing.answer and adopted_at and standing.answer.at < adopted_at:
            yield standing.answer.model_copy(update={"at": adopted_at})

    def paused_spans(self, context: Context, clock: str) -> list[Span]:
        rounds = context.approval_rounds(self.name) if clock in self.pauses else []
        return [(each.opened, each.ended) for each in rounds]

    def _openings(self, context: Context) -> Iterator[Span]:
        """When it begins to wait, and when what it watches changes while the condition holds; until when that holds."""
        edits = self._edits(context)
        for start, end in context.holding_spans(self.when):
            yield start, end
            first = bisect_right(edits, start)
            last = bisect_left(edits, end) if end else len(edits)
            yield from ((at, end) for at in edits[first:last])

    def _edits(self, context: Context) -> list[datetime]:
        """The instants at which what it watches changed, until the matter has moved on."""
        edits = {change.at for fact in self.ask_again_if_changed for change in context.ticket.changes(fact_field(fact))}
        return sorted(
            at for at in edits if self.stop_asking_when is None or not context.holds(self.stop_asking_when, at)
        )

    def _round(
        self, context: Context, opened: datetime, holds_until: datetime | None, answers: Sequence[Approval]
    ) -> ApprovalRound:
        index = bisect_left(answers, opened, key=lambda given: given.at)
        answer = answers[index] if index < len(answers) else None
        expires = after(context.calendar(self.calendar), opened, self.expires_after) if self.expires_after else None
        ends: list[tuple[datetime, Verdict]] = []
        if answer:
            ends.append((answer.at, "approved" if answer.granted else "refused"))
        if holds_until:
            ends.append((holds_until, "dropped"))
        if expires and expires <= context.now:
            ends.append((expires, "expired"))
        if not ends:
            return ApprovalRound(opened, None, "waiting", None, opened)
        ended, verdict = min(ends, key=lambda end: end[0])
        return ApprovalRound(opened, ended, verdict, answer if verdict in ("approved", "refused") else None, opened)

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        latest = next(reversed(context.approval_rounds(self.name)), None)
        because = (
            f"{self._named}: {latest.verdict} since {latest.ended or latest.opened:%Y-%m-%d %H:%M} UTC"
            if latest
            else ""
        )
        because += PROVEN[latest.answer.proof] if latest and latest.answer else ""
        waiting = latest is not None and latest.ended is None
        yield context.applied(
            self.name, clause=self.clause, applied=waiting, because=because or self._why_closed(context)
        )
        yield from self.uncounted(context, self.name, clause=self.clause)
        if latest and context.is_open:
            yield from self._wait(context, latest) if waiting else self._resume(context, latest)
            yield from self._block(context, latest)

    @property
    def _named(self) -> str:
        return self.name.replace("_", " ")

    def _why_closed(self, context: Context) -> str:
        return self.when.failing(context.lookup)

    def _wait(self, context: Context, latest: ApprovalRound) -> Iterator[RuleOutcome]:
        because = Sentence(
            "waiting for the %(approver)s to approve: %(gate)s", approver=SIDES[self.approver], gate=self._named
        )
        yield context.tag(f"awaiting_{self.name}", clause=self.clause, since=latest.opened, because=because)
        if self.request_message:
            yield context.message(
                self.request_message, clause=self.clause, since=latest.opened, because=because, gives_way=False
            )
        if self.status:
            yield context.want(
                SystemField.STATUS, self.status, clause=self.clause, since=latest.opened, because=because
            )
        if self.expires_after:
            yield Wake(after(context.calendar(self.calendar), latest.opened, self.expires_after))

    def _block(self, context: Context, latest: ApprovalRound) -> Iterator[RuleOutcome]:
        """What has to wait for consent, and begins without it, is put back once."""
        begun = self._begun(context, latest) if latest.verdict in ("waiting", "refused", "expired") else None
        if begun is None or context.ticket.status not in self.blocks:
            return
        because = Sentence("%(gate)s: %(verdict)s, not approved", gate=self._named, verdict=_VERDICTS[latest.verdict])
        back = self.status if self.status and latest.ended is None else begun.old
        if back is not None:
            yield context.want(SystemField.STATUS, str(back), clause=self.clause, since=begun.at, because=because)
        if self.blocked_note:
            yield context.note(self.blocked_note, clause=self.clause, since=begun.at, because=because)

    def _begun(self, context: Context, latest: ApprovalRound) -> Changed | None:
        """The first move of a person to a status that has to wait."""
        for change in context.ticket.changes("status"):
            if change.at >= latest.opened and change.actor.role is Role.AGENT and change.new in self.blocks:
                return change
        return None

    def _before(self, context: Context, opened: datetime, ended: datetime) -> str | None:
        """The status from before the question, where the ticket still had that of waiting when it ended."""
        changes = [change for change in context.ticket.changes("status") if opened <= change.at <= ended]
        ours = [change for change in changes if change.actor.role is Role.BRIDGE]
        began = next((c for c in ours if c.new == self.status), None)
        kept = next((c for c in reversed(changes) if c.at < ended or c not in ours), None)
        if began is None or began.old is None or kept is None or kept.new != self.status:
            return None
        return str(began.old)

    def _resume(self, context: Context, latest: ApprovalRound) -> Iterator[RuleOutcome]:
        """What follows from the end of a round: the status before it, another stage, and who hears of a refusal."""
        if latest.ended is None:
            return
        because = Sentence("%(gate)s %(verdict)s", gate=self._named, verdict=_VERDICTS[latest.verdict])
        yield from self._status_after(context, latest, latest.ended, because)
        if latest.verdict == "approved" and self.approved_stage:
            yield context.want(
                Fact("stage"), self.approved_stage, clause=self.clause, since=latest.ended, because=because
            )
        if latest.verdict == "refused" and latest.answer is not None:
            remark = latest.answer.remarks or Sentence("no remarks")
            yield from self._refusal(context, latest.ended, because, remark)

    def _status_after(
        self, context: Context, latest: ApprovalRound, ended: datetime, because: str
    ) -> Iterator[RuleOutcome]:
        """The status that the ticket had before it waited; late after an expiry, it is set as the pack declares."""
        before = self._before(context, latest.waits_since, ended)
        if not before:
            return
        step = TimedStep(ended, self.if_late if latest.verdict == "expired" else "act", context.calendar(self.calendar))
        waits = context.ticket.status == self.status
        yield from step.next_changes(context.now) if waits else ()
        if step.may_act(context.now) or not waits:
            yield context.want(SystemField.STATUS, before, clause=self.clause, since=ended, because=because)

    def _refusal(self, context: Context, ended: datetime, because: str, remark: str) -> Iterator[RuleOutcome]:
        if self.refused_assignee and (back := context.address(self.refused_assignee, ended)):
            yield context.want(SystemField.ASSIGNEE, back, clause=self.clause, since=ended, because=because)
        yield from context.notify(self.refused_notify, clause=self.clause, since=ended, because=because)
        if self.refused_note:
            yield context.note(self.refused_note, clause=self.clause, since=ended, because=because, remark=remark)
        if self.refused_stage:
            yield context.want(Fact("stage"), self.refused_stage, clause=self.clause, since=ended, because=because)
