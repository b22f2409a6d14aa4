"""Changes of the severity level that wait for approval: whose consent counts, and what applies meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import model_validator

from bridge.decision import Fact
from bridge.policy.calendars.duration import LengthText, after
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import CalendarName, Citation, TemplateName
from bridge.policy.rules.approver import SIDES, ApprovalTerms, approvals_for, may_approve
from bridge.ticket import Actor, Approval, Changed, Role, fact_field


@dataclass(frozen=True)
class LevelChoice:
    """The level that applies from an instant on, and a change of it that is waiting for approval."""

    since: datetime
    level: str | None
    proposed: str | None = None
    proposed_at: datetime | None = None
    settled_at: datetime | None = None
    """When a proposed level was last agreed to, refused or lapsed, or taken away by who may not do so alone."""
    lapsed: str | None = None
    """The proposed level that lapsed then, because nobody answered."""

    def answered(self, answer: Approval) -> LevelChoice:
        """What applies once the change that waits was approved or refused."""
        if answer.granted:
            return LevelChoice(answer.at, self.proposed, settled_at=answer.at)
        return replace(self, proposed=None, proposed_at=None, settled_at=answer.at, lapsed=None)


_FROM_STATUS = frozenset({"awaiting_customer", "closed_unanswered", "confirmed", "reopen_count"})
"""Names of conditions that change with the status of the ticket."""

LevelStep = tuple[datetime, LevelChoice]
"""An instant, and what applies from then on."""


class ChangeApproval(ApprovalTerms):
    """A change waits until the approver approves it; a change by the approver takes effect at once."""

    clause: Citation
    gate: str
    """Name of the approval and of the tag ``policy_awaiting_<gate>``."""
    request_message: TemplateName
    """Template of the public question."""
    field: str = "proposed_severity"
    """Field that shows what was proposed."""
    only: Literal["lowering", "raising"] | None = None
    """Hold only changes to a less, or only those to a more severe level; None: both."""
    expires_after: LengthText | None = None
    """Without an answer for so long the change lapses, and the level stays."""
    calendar: CalendarName | None = None
    expired_note: TemplateName | None = None

    @model_validator(mode="after")
    def _expires(self) -> ChangeApproval:
        if self.expires_after is None and (self.calendar or self.expired_note):
            raise ValueError(
                "found calendar or expired_note without expires_after; allowed: together with expires_after"
            )
        return self

    # -- what applies ------------------------------------------------------------------------------------------------

    def over_time(
        self,
        context: Context,
        levels: Sequence[tuple[datetime, str | None]],
        is_exempt: Callable[[Context, datetime], bool],
        conditions: Iterable[Predicate],
    ) -> list[LevelStep]:
        """What applied where facts give the level: from the creation on, and after each change, answer and lapse."""
        fields = _fields(context, conditions)
        (created, first), *later = levels
        steps: list[LevelStep] = [(created, LevelChoice(created, first))]
        moments: list[tuple[datetime, str | Approval | None]] = [*later]
        moments += [(answer.at, answer) for answer in approvals_for(context, self.gate)]
        for at, found in sorted(moments, key=lambda moment: moment[0]):
            if (lapse := self.lapse(context, steps[-1][1])) and lapse[0] < at:
                steps.append(lapse)
            standing = steps[-1][1]
            if isinstance(found, Approval):
                steps += [(at, standing.answered(found))] if self.answers(context, standing, found) else []
            elif (who := self._who_changed(context, at, fields)) is None or is_exempt(context, at):
                steps.append((at, LevelChoice(at, found)))
            else:
                steps.append((at, self.changed(context, standing, at, who, standing.level, found)))
        lapse = self.lapse(context, steps[-1][1])
        return [*steps, lapse] if lapse and lapse[0] <= context.now else steps

    def changed(
        self, context: Context, before: LevelChoice, at: datetime, who: Actor, standing: str | None, level: str | None
    ) -> LevelChoice:
        """What applies after a person has changed what the level follows from."""
        if standing is None or not self._holds(context, who, standing, level):
            return LevelChoice(at, level)
        if level is None:
            return replace(before, proposed=None, proposed_at=None, settled_at=at, lapsed=None)
        if level == standing:
            return replace(before, proposed=None, proposed_at=None)
        return replace(before, proposed=level, proposed_at=at)

    def _holds(self, context: Context, who: Actor, old: str, new: str | None) -> bool:
        """Whether a change by this person has to wait."""
        if may_approve(context, self.approver, who):
            return False
        if self.only is None or new is None or new == old:
            return True
        levels = list(context.policy.severity.levels)
        return (levels.index(new) > levels.index(old)) == (self.only == "lowering")

    def _who_changed(self, context: Context, at: datetime, fields: Set[str]) -> Actor | None:
        """Who changed one of some fields at an instant; None where nobody did, such as when a calendar opens.

        Of several people, one whose change has to wait: what two did together is no consent.
        """
        entries = context.timeline.between(at, at)
        actors = [entry.actor for entry in entries if isinstance(entry, Changed) and entry.field in fields]
        people = [who for who in actors if who.role is not Role.BRIDGE]
        return min(people, key=lambda who: may_approve(context, self.approver, who), default=None)

    def answers(self, context: Context, standing: LevelChoice, answer: Approval) -> bool:
        """Whether this answer decides on the change that is waiting."""
        if answer.gate != self.gate or standing.proposed_at is None:
            return False
        return self.counts(context, answer)

    def lapse(self, context: Context, standing: LevelChoice) -> LevelStep | None:
        """When the change that waits lapses, and what counts then; an answer in that very second is in time."""
        if self.expires_after is None or standing.proposed_at is None:
            return None
        at = after(context.calendar(self.calendar), standing.proposed_at, self.expires_after)
        return at, replace(standing, proposed=None, proposed_at=None, settled_at=at, lapsed=standing.proposed)

    # -- what follows --------------------------------------------------------------------------------------------

    def evaluate(
        self, context: Context, choice: LevelChoice, level: str | None, fact: str | None = None
    ) -> Iterator[RuleOutcome]:
        """While a change waits, show it and ask for approval; put the level back into the fact where it was chosen."""
        waiting, stands = choice.proposed_at is not None, level or ""
        text = Sentence(
            "severity %(level)s was proposed; waiting for approval by the %(approver)s",
            level=choice.proposed,
            approver=SIDES[self.approver],
        )
        because = text if waiting else "no change of severity is waiting for approval"
        yield context.applied("held change", clause=self.clause, applied=waiting, because=because)
        yield from self.uncounted(context, self.gate, clause=self.clause)
        if choice.settled_at:
            if fact:
                applies = f"severity {stands} applies"
                yield context.want(Fact(fact), stands, clause=self.clause, since=choice.settled_at, because=applies)
            yield from self._told_of_lapse(context, choice, choice.settled_at)
        if choice.proposed_at is None or not context.is_open:
            return
        if lapse := self.lapse(context, choice):
            yield Wake(lapse[0])
        if fact:
            yield context.want(Fact(fact), stands, clause=self.clause, since=choice.proposed_at, because=because)
        yield from self._asked(context, choice.proposed_at, choice.proposed or "", because)

    def _asked(self, context: Context, since: datetime, proposed: str, because: str) -> Iterator[RuleOutcome]:
        """The tag, the proposed level and the question to the customer."""
        clause = self.clause
        yield context.tag(f"awaiting_{self.gate}", clause=clause, since=since, because=because)
        yield context.want(context.field(self.field), proposed, clause=clause, since=since, because=because)
        yield context.message(
            self.request_message, clause=clause, since=since, because=because, gives_way=False, proposed=proposed
        )

    def _told_of_lapse(self, context: Context, choice: LevelChoice, at: datetime) -> Iterator[RuleOutcome]:
        """The note to the agents once a change has lapsed."""
        if self.expired_note and self.expires_after and choice.lapsed and context.is_open:
            because = Sentence(
                "severity %(level)s was proposed, but not agreed to within %(time)s",
                level=choice.lapsed,
                time=self.expires_after,
            )
            yield context.note(self.expired_note, clause=self.clause, since=at, because=because)


def _fields(context: Context, conditions: Iterable[Predicate]) -> frozenset[str]:
    """The fields of the ticket on which conditions depend."""
    names = {name for when in conditions for _, name, _ in when.names()}
    fields = {fact_field(name) if name in context.fact_names else name for name in names}
    return frozenset(fields | ({"status"} if names & _FROM_STATUS else set()))
