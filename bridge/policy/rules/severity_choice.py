"""A severity that people choose, and changes of it that need approval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bridge.decision import Fact, Field
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.references import Citation, FactName, TemplateName
from bridge.policy.rules.approver import ApprovalTerms, may_approve
from bridge.ticket import Actor, Approval, Changed, Role, fact_field


@dataclass(frozen=True)
class LevelChoice:
    """The level that applies from an instant on, and a change of it that is waiting for approval."""

    since: datetime
    level: str | None
    proposed: str | None = None
    proposed_at: datetime | None = None
    settled_at: datetime | None = None
    """When a proposed level was last agreed to or refused, or the level was taken away by who may not do so alone."""


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
        first = context.ticket.history(self.field)[0][1]
        choices = [LevelChoice(context.ticket.created_at, self._level(context, first))]
        for entry in context.ticket.timeline:
            if isinstance(entry, Changed) and entry.field == self.field:
                choices.append(self._changed(context, choices[-1], entry))
            elif isinstance(entry, Approval) and self.answers(context, choices[-1], entry):
                choices.append(_answered(choices[-1], entry))
        return choices

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
            return replace(before, proposed=None, proposed_at=None, settled_at=change.at)
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
        asked = f"severity {choice.proposed} was proposed; waiting for approval by the {self.change_approval.approver}"
        because = asked if waiting else "no change of severity is waiting for approval"
        yield context.applied("held change", clause=clause, applied=waiting, because=because)
        yield from self.change_approval.uncounted(context, self.change_approval.gate, clause=clause)
        level = self._standing(context, choice, context.now) or ""
        if choice.settled_at:
            stands = f"severity {level} applies"
            yield context.want(Fact(self.fact), level, clause=clause, since=choice.settled_at, because=stands)
        if choice.proposed_at is None or not context.is_open:
            return
        since = choice.proposed_at
        yield context.tag(f"awaiting_{self.change_approval.gate}", clause=clause, since=since, because=because)
        yield context.want(
            Field(self.change_approval.field), choice.proposed, clause=clause, since=since, because=because
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


def _answered(standing: LevelChoice, answer: Approval) -> LevelChoice:
    if answer.granted:
        return LevelChoice(answer.at, standing.proposed, settled_at=answer.at)
    return replace(standing, proposed=None, proposed_at=None, settled_at=answer.at)
