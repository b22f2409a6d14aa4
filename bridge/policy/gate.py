"""Gates: something waits until the right person agrees. What counts, and since when, follows from the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.decision import Severity
from bridge.policy.case import Case, Outcome, Rule, Wake
from bridge.policy.duration import LengthText, after
from bridge.policy.predicate import Predicate
from bridge.ticket import RESOLVED, Approval, Changed, Role, Status

Verdict = Literal["waiting", "approved", "refused", "expired", "dropped"]


@dataclass(frozen=True)
class Turn:
    """One question put to the approver, from asking to its end."""

    opened: datetime
    ended: datetime | None
    verdict: Verdict
    answer: Approval | None = None


class Gate(Rule):
    """Opens when a condition begins to hold; an edit of what it watches after the answer asks again."""

    name: str
    """Word of the approval, and of the tag ``policy_awaiting_<name>``."""
    opens: Predicate
    watches: tuple[str, ...] = ()
    """Facts that were agreed to: changing one afterwards invalidates the answer."""
    approver: Literal["customer", "management"] = "customer"
    """``management``: only the account's management contacts count."""
    ask: str | None = None
    """Template of the public question."""
    status: Status | None = None
    """Status while it waits; afterwards the status from before returns."""
    pauses: tuple[str, ...] = ()
    """Clocks that rest while it waits."""
    blocks: frozenset[Status] = frozenset()
    """Statuses that are put back once while it waits."""
    blocked_note: str | None = None
    refused_note: str | None = None
    refused_notify: tuple[str, ...] = ()
    """Roles that are told of a refusal."""
    refused_stage: str | None = None
    """Value of the fact ``stage`` after a refusal."""
    approved_stage: str | None = None
    """Value of the fact ``stage`` after an approval."""
    expires_after: LengthText | None = None
    calendar: str | None = None

    def turns(self, case: Case) -> list[Turn]:
        """Every question and its end, oldest first."""
        turns: list[Turn] = []
        for opened in self._openings(case):
            if not turns or (turns[-1].ended is not None and turns[-1].ended <= opened):
                turns.append(self._turn(case, opened))
        return turns

    def _openings(self, case: Case) -> list[datetime]:
        """When it begins to wait, and when what it watches changes while the condition holds."""
        spans = case.spans(self.opens)
        edits = {change.at for fact in self.watches for change in case.ticket.changes(f"fact:{fact}")}
        reopened = {at for at in edits for start, end in spans if start < at and (end is None or at < end)}
        return sorted({start for start, _ in spans} | reopened)

    def _turn(self, case: Case, opened: datetime) -> Turn:
        answer = next((e for e in self._answers(case) if e.at >= opened and self.counts(case, e)), None)
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
            return Turn(opened, None, "waiting")
        ended, verdict = min(ends, key=lambda end: end[0])
        return Turn(opened, ended, verdict, answer if verdict in ("approved", "refused") else None)

    def _answers(self, case: Case) -> Iterator[Approval]:
        return (e for e in case.ticket.timeline if isinstance(e, Approval) and e.gate == self.name)

    def counts(self, case: Case, answer: Approval) -> bool:
        """Whether this person may answer."""
        if self.approver == "management":
            return answer.actor.email.lower() in case.account.management
        return answer.actor.role is Role.CUSTOMER

    def is_waiting(self, case: Case, at: datetime) -> bool:
        return any(turn.opened <= at and (turn.ended is None or at < turn.ended) for turn in self.turns(case))

    def is_approved(self, case: Case) -> bool:
        """Whether the last question was approved, and nothing has invalidated the answer."""
        turns = self.turns(case)
        return bool(turns) and turns[-1].verdict == "approved"

    def judge(self, case: Case) -> Iterator[Outcome]:
        turns = self.turns(case)
        turn = turns[-1] if turns else None
        because = f"{self._named}: {turn.verdict} since {turn.ended or turn.opened:%Y-%m-%d %H:%M} UTC" if turn else ""
        waiting = turn is not None and turn.ended is None
        yield case.applied(self.name, clause=self.clause, applied=waiting, because=because or self._why_closed(case))
        yield from self._strangers(case)
        if turn and case.is_open:
            yield from self._wait(case, turn) if waiting else self._resume(case, turn)

    @property
    def _named(self) -> str:
        return self.name.replace("_", " ")

    def _why_closed(self, case: Case) -> str:
        return self.opens.failing(case.lookup)

    def _strangers(self, case: Case) -> Iterator[Outcome]:
        """Answers of people who may not give them are kept in view, and do not count."""
        for answer in self._answers(case):
            if not self.counts(case, answer):
                who = answer.actor.email or answer.actor.role.value
                because = f"the answer of {who} on {self._named} does not count; asked is the {self.approver}"
                yield case.finding("wrong_approver", clause=self.clause, because=because, severity=Severity.WARNING)

    def _wait(self, case: Case, turn: Turn) -> Iterator[Outcome]:
        because = f"waiting for the {self.approver} to agree: {self._named}"
        yield case.tag(f"awaiting_{self.name}", clause=self.clause, since=turn.opened, because=because)
        if self.ask:
            yield case.message(self.ask, clause=self.clause, since=turn.opened, because=because)
        if self.status:
            yield case.want("status", self.status, clause=self.clause, since=turn.opened, because=because)
        if blocked := self._blocked(case, turn):
            back = self.status or Status(str(blocked.old))
            yield case.want("status", back, clause=self.clause, since=blocked.at, because=because)
            if self.blocked_note:
                yield case.note(self.blocked_note, clause=self.clause, since=blocked.at, because=because)
        if self.expires_after:
            yield Wake(after(case.calendar(self.calendar), turn.opened, self.expires_after))

    def _blocked(self, case: Case, turn: Turn) -> Changed | None:
        """The first move of a person to a status that has to wait."""
        for change in case.ticket.changes("status"):
            if change.at >= turn.opened and change.actor.role is Role.AGENT and change.new in self.blocks:
                return change
        return None

    def _resume(self, case: Case, turn: Turn) -> Iterator[Outcome]:
        if turn.ended is None:
            return
        because = f"{self._named} {turn.verdict}"
        before = case.status_at(turn.opened)
        if self.status and before not in (None, *RESOLVED) and before != self.status:
            yield case.want("status", str(before), clause=self.clause, since=turn.ended, because=because)
        if turn.verdict == "approved" and self.approved_stage:
            yield case.want("fact:stage", self.approved_stage, clause=self.clause, since=turn.ended, because=because)
        if turn.verdict != "refused" or turn.answer is None:
            return
        for role in self.refused_notify:
            yield from case.notify(role, clause=self.clause, since=turn.ended, because=because)
        if self.refused_note:
            remark = turn.answer.remarks or "no remarks"
            yield case.note(self.refused_note, clause=self.clause, since=turn.ended, because=because, remark=remark)
        if self.refused_stage:
            yield case.want("fact:stage", self.refused_stage, clause=self.clause, since=turn.ended, because=because)
