"""Gates: something waits until the right person agrees. What counts, and since when, follows from the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bridge.policy.calendars.duration import LengthText, after
from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.misfire import Due
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Outcome, Rule, Wake
from bridge.policy.rules.approver import Approver, answers, may_agree, strangers
from bridge.ticket import Approval, Changed, Role, Status

Verdict = Literal["waiting", "approved", "refused", "expired", "dropped", "superseded"]


@dataclass(frozen=True)
class Turn:
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


class Gate(Rule):
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

    def turns(self, case: Case) -> list[Turn]:
        """Every question and its end, oldest first."""
        turns: list[Turn] = []
        for opened in self._openings(case):
            turn = self._turn(case, opened)
            if turns and (turns[-1].ended is None or turns[-1].ended > opened):
                # what was asked has changed before it was answered: the question is put again
                turn = replace(turn, waits_since=turns[-1].waits_since)
                turns[-1] = replace(turns[-1], ended=opened, verdict="superseded", answer=None)
            turns.append(turn)
        return turns

    def _openings(self, case: Case) -> list[datetime]:
        """When it begins to wait, and when what it watches changes while the condition holds."""
        spans = case.spans(self.opens)
        edits = {change.at for fact in self.watches for change in case.ticket.changes(f"fact:{fact}")}
        if self.settled:
            edits = {at for at in edits if not case.holds(self.settled, at)}
        reopened = {at for at in edits for start, end in spans if start < at and (end is None or at < end)}
        return sorted({start for start, _ in spans} | reopened)

    def _turn(self, case: Case, opened: datetime) -> Turn:
        given = (answer for answer in answers(case, self.name) if may_agree(case, self.approver, answer.actor))
        answer = next((answer for answer in given if answer.at >= opened), None)
        dropped = next((end for start, end in case.spans(self.opens) if end and start <= opened < end), None)
        expires = after(case.calendar(self.calendar), opened, self.expires_after) if self.expires_after else None
        ends: list[tuple[datetime, Verdict]] = []
        if answer:
            ends.append((answer.at, "approved" if answer.granted else "refused"))
        if dropped:
            ends.append((dropped, "dropped"))
        if expires and expires <= case.now:
            ends.append((expires, "expired"))
        if not ends:
            return Turn(opened, None, "waiting", None, opened)
        ended, verdict = min(ends, key=lambda end: end[0])
        return Turn(opened, ended, verdict, answer if verdict in ("approved", "refused") else None, opened)

    def is_waiting(self, case: Case, at: datetime) -> bool:
        return any(turn.opened <= at and (turn.ended is None or at < turn.ended) for turn in case.turns_of(self))

    def is_approved(self, case: Case, at: datetime) -> bool:
        """Whether the last question until then had been approved, and nothing had invalidated the answer."""
        asked = [turn for turn in case.turns_of(self) if turn.opened <= at]
        return bool(asked) and asked[-1].is_approved(at)

    def judge(self, case: Case) -> Iterator[Outcome]:
        turn = next(reversed(case.turns_of(self)), None)
        because = f"{self._named}: {turn.verdict} since {turn.ended or turn.opened:%Y-%m-%d %H:%M} UTC" if turn else ""
        waiting = turn is not None and turn.ended is None
        yield case.applied(self.name, clause=self.clause, applied=waiting, because=because or self._why_closed(case))
        yield from strangers(case, self.name, self.approver, clause=self.clause)
        if turn and case.is_open:
            yield from self._wait(case, turn) if waiting else self._resume(case, turn)
            yield from self._block(case, turn)

    @property
    def _named(self) -> str:
        return self.name.replace("_", " ")

    def _why_closed(self, case: Case) -> str:
        return self.opens.failing(case.lookup)

    def _wait(self, case: Case, turn: Turn) -> Iterator[Outcome]:
        because = f"waiting for the {self.approver} to agree: {self._named}"
        yield case.tag(f"awaiting_{self.name}", clause=self.clause, since=turn.opened, because=because)
        if self.ask:
            yield case.message(self.ask, clause=self.clause, since=turn.opened, because=because, gives_way=False)
        if self.status:
            yield case.want("status", self.status, clause=self.clause, since=turn.opened, because=because)
        if self.expires_after:
            yield Wake(after(case.calendar(self.calendar), turn.opened, self.expires_after))

    def _block(self, case: Case, turn: Turn) -> Iterator[Outcome]:
        """What has to wait for consent, and begins without it, is put back once."""
        begun = self._begun(case, turn) if turn.verdict in ("waiting", "refused", "expired") else None
        if begun is None or case.ticket.status not in self.blocks:
            return
        because = f"{self._named}: {turn.verdict}, and nobody has agreed yet"
        back = self.status if self.status and turn.ended is None else begun.old
        if back is not None:
            yield case.want("status", str(back), clause=self.clause, since=begun.at, because=because)
        if self.blocked_note:
            yield case.note(self.blocked_note, clause=self.clause, since=begun.at, because=because)

    def _begun(self, case: Case, turn: Turn) -> Changed | None:
        """The first move of a person to a status that has to wait."""
        for change in case.ticket.changes("status"):
            if change.at >= turn.opened and change.actor.role is Role.AGENT and change.new in self.blocks:
                return change
        return None

    def _before(self, case: Case, opened: datetime, ended: datetime) -> str | None:
        """The status from before the question, where the ticket still had that of waiting when it ended."""
        changes = [change for change in case.ticket.changes("status") if opened <= change.at <= ended]
        ours = [change for change in changes if change.actor.role is Role.BRIDGE]
        asked = next((c for c in ours if c.new == self.status), None)
        kept = next((c for c in reversed(changes) if c.at < ended or c not in ours), None)
        if asked is None or asked.old is None or kept is None or kept.new != self.status:
            return None
        return str(asked.old)

    def _resume(self, case: Case, turn: Turn) -> Iterator[Outcome]:
        if turn.ended is None:
            return
        because = f"{self._named} {turn.verdict}"
        if before := self._before(case, turn.waits_since, turn.ended):
            step = Due(turn.ended, self.late if turn.verdict == "expired" else "fire", case.calendar(self.calendar))
            waits = case.ticket.status == self.status
            yield from step.turns(case.now) if waits else ()
            if step.acts(case.now) or not waits:
                yield case.want("status", before, clause=self.clause, since=turn.ended, because=because)
        if turn.verdict == "approved" and self.approved_stage:
            yield case.want("fact:stage", self.approved_stage, clause=self.clause, since=turn.ended, because=because)
        if turn.verdict != "refused" or turn.answer is None:
            return
        if self.refused_to and (back := case.address(self.refused_to, turn.ended)):
            yield case.want("assignee", back, clause=self.clause, since=turn.ended, because=because)
        for role in self.refused_notify:
            yield from case.notify(role, clause=self.clause, since=turn.ended, because=because)
        if self.refused_note:
            remark = turn.answer.remarks or "no remarks"
            yield case.note(self.refused_note, clause=self.clause, since=turn.ended, because=because, remark=remark)
        if self.refused_stage:
            yield case.want("fact:stage", self.refused_stage, clause=self.clause, since=turn.ended, because=because)
