"""A severity that people choose, and changes of it that need approval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import model_validator

from bridge.decision import Fact
from bridge.policy.calendars.duration import LengthText, after
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import CalendarName, Citation, FactName, TemplateName
from bridge.policy.rules.approver import SIDES, ApprovalTerms, may_approve
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

    def lapses_at(self, context: Context, choice: LevelChoice) -> datetime | None:
        """When a change that waits for approval lapses; None: it does not, or none waits."""
        if self.expires_after is None or choice.proposed_at is None:
            return None
        return after(context.calendar(self.calendar), choice.proposed_at, self.expires_after)

    def holds(self, context: Context, who: Actor, old: str, new: str | None) -> bool:
        """Whether a change by this person has to wait."""
        if may_approve(context, self.approver, who):
            return False
        if self.only is None or new is None or new == old:
            return True
        levels = list(context.policy.severity.levels)
        return (levels.index(new) > levels.index(old)) == (self.only == "lowering")


class SeverityChoice(PackPart):
    """Where people choose the severity: a fact of the pack, or the ticket's priority."""

    fact: FactName | None = None
    """Fact that holds the level; without one, the ticket's priority is the choice."""
    change_approval: ChangeApproval | None = None

    @property
    def field(self) -> str:
        return fact_field(self.fact) if self.fact else "priority"

    def choices(self, context: Context) -> list[LevelChoice]:
        """The levels that applied, oldest first."""
        return [choice for _, choice in self.steps(context)]

    def steps(self, context: Context) -> list[tuple[datetime, LevelChoice]]:
        """What counted from the creation on, and after each change, answer and lapse."""
        created, first = context.ticket.history(self.field)[0]
        steps = [(created, LevelChoice(created, self._level(context, first)))]
        for entry in context.ticket.timeline:
            if (lapse := self._lapse(context, steps[-1][1])) and lapse[0] < entry.at:
                steps.append(lapse)
            standing = steps[-1][1]
            if isinstance(entry, Changed) and entry.field == self.field:
                steps.append((entry.at, self._changed(context, standing, entry)))
            elif isinstance(entry, Approval) and self.answers(context, standing, entry):
                steps.append((entry.at, _answered(standing, entry)))
        lapse = self._lapse(context, steps[-1][1])
        return [*steps, lapse] if lapse and lapse[0] <= context.now else steps

    def _lapse(self, context: Context, standing: LevelChoice) -> tuple[datetime, LevelChoice] | None:
        """When the change that waits lapses, and what counts then; an answer in that very second is in time."""
        at = self.change_approval.lapses_at(context, standing) if self.change_approval else None
        lapsed = replace(standing, proposed=None, proposed_at=None, settled_at=at, lapsed=standing.proposed)
        return (at, lapsed) if at else None

    def _level(self, context: Context, value: object) -> str | None:
        """The level a value means: its own word, or the level shown as this priority."""
        levels = context.policy.severity.levels
        if self.fact:
            return str(value) if value is not None and str(value) in levels else None
        return next((level for level, priority in levels.items() if priority == value), None)

    def is_unknown(self, context: Context, at: datetime) -> bool:
        """Whether a value was chosen at an instant that neither is a level nor means anything else to the policy."""
        if self.fact is None:
            return False
        value, spec = context.ticket.value_at(self.field, at), context.policy.facts[self.fact]
        named = spec.values or tuple(context.policy.severity.levels)
        return value not in (None, "") and str(value) not in named

    def _changed(self, context: Context, before: LevelChoice, change: Changed) -> LevelChoice:
        level = self._level(context, change.new)
        if change.actor.role is Role.BRIDGE and (self.change_approval or not self.fact):
            return before  # what it shows or puts back follows from choices
        standing = self._standing(context, before, change.at)
        if (
            self.change_approval is None
            or standing is None
            or not self.change_approval.holds(context, change.actor, standing, level)
        ):
            return LevelChoice(change.at, level)
        if level is None:
            return replace(before, proposed=None, proposed_at=None, settled_at=change.at, lapsed=None)
        if level == standing:
            return replace(before, proposed=None, proposed_at=None)
        return replace(before, proposed=level, proposed_at=change.at)

    def _standing(self, context: Context, choice: LevelChoice, at: datetime) -> str | None:
        """The level that a change would change: the chosen one, else the one that facts give."""
        return choice.level or context.policy.severity.derived(context, at)

    def answers(self, context: Context, standing: LevelChoice, answer: Approval) -> bool:
        """Whether this answer decides on the change that is waiting."""
        if self.change_approval is None or answer.gate != self.change_approval.gate or standing.proposed_at is None:
            return False
        return self.change_approval.counts(context, answer)

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        """The outcomes while a change waits: restore the old level, show the proposed one, ask for approval."""
        if self.change_approval is None or not self.fact:
            return
        choice, clause = self.choices(context)[-1], self.change_approval.clause
        waiting = choice.proposed_at is not None
        text = Sentence(
            "severity %(level)s was proposed; waiting for approval by the %(approver)s",
            level=choice.proposed,
            approver=SIDES[self.change_approval.approver],
        )
        because = text if waiting else "no change of severity is waiting for approval"
        yield context.applied("held change", clause=clause, applied=waiting, because=because)
        yield from self.change_approval.uncounted(context, self.change_approval.gate, clause=clause)
        level = self._standing(context, choice, context.now) or ""
        if choice.settled_at:
            stands = f"severity {level} applies"
            yield context.want(Fact(self.fact), level, clause=clause, since=choice.settled_at, because=stands)
            yield from self._told_of_lapse(context, self.change_approval, choice, choice.settled_at)
        if choice.proposed_at is None or not context.is_open:
            return
        since = choice.proposed_at
        if lapses := self.change_approval.lapses_at(context, choice):
            yield Wake(lapses)
        yield context.tag(f"awaiting_{self.change_approval.gate}", clause=clause, since=since, because=because)
        yield context.want(
            context.field(self.change_approval.field), choice.proposed, clause=clause, since=since, because=because
        )
        yield context.want(Fact(self.fact), level, clause=clause, since=since, because=because)
        proposed = choice.proposed or ""
        yield context.message(
            self.change_approval.request_message,
            clause=clause,
            since=since,
            because=because,
            gives_way=False,
            proposed=proposed,
        )

    def _told_of_lapse(
        self, context: Context, terms: ChangeApproval, choice: LevelChoice, at: datetime
    ) -> Iterator[RuleOutcome]:
        """The note to the agents once a change has lapsed."""
        if terms.expired_note and terms.expires_after and choice.lapsed and context.is_open:
            because = Sentence(
                "severity %(level)s was proposed, but not agreed to within %(time)s",
                level=choice.lapsed,
                time=terms.expires_after,
            )
            yield context.note(terms.expired_note, clause=terms.clause, since=at, because=because)


def _answered(standing: LevelChoice, answer: Approval) -> LevelChoice:
    if answer.granted:
        return LevelChoice(answer.at, standing.proposed, settled_at=answer.at)
    return replace(standing, proposed=None, proposed_at=None, settled_at=answer.at, lapsed=None)
