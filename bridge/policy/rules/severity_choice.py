"""A severity that people choose, in a fact or in the priority of the ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pydantic import model_validator

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.references import FactName
from bridge.policy.rules.held_level import ChangeApproval, LevelChoice, LevelStep
from bridge.ticket import Approval, Changed, Role, fact_field


class SeverityChoice(PackPart):
    """Where people choose the severity: a fact of the pack, or the ticket's priority."""

    fact: FactName | None = None
    """Fact that holds the level; without one, the ticket's priority is the choice."""
    change_approval: ChangeApproval | None = None

    @model_validator(mode="after")
    def _is_held_in_a_fact(self) -> SeverityChoice:
        if self.change_approval and not self.fact:
            raise ValueError(
                "found change_approval without fact; allowed: with fact, in which the level stays until it is approved"
            )
        return self

    @property
    def field(self) -> str:
        return fact_field(self.fact) if self.fact else "priority"

    def choices(self, context: Context) -> list[LevelChoice]:
        """The levels that applied, oldest first."""
        return [choice for _, choice in self.steps(context)]

    def steps(self, context: Context) -> list[LevelStep]:
        """What counted from the creation on, and after each change, answer and lapse."""
        created, first = context.ticket.history(self.field)[0]
        steps = [(created, LevelChoice(created, self._level(context, first)))]
        for entry in context.ticket.timeline:
            if (lapse := self._lapse(context, steps[-1][1])) and lapse[0] < entry.at:
                steps.append(lapse)
            standing = steps[-1][1]
            if isinstance(entry, Changed) and entry.field == self.field:
                steps.append((entry.at, self._changed(context, standing, entry)))
            elif isinstance(entry, Approval) and self.change_approval:
                answers = self.change_approval.answers(context, standing, entry)
                steps += [(entry.at, standing.answered(entry))] if answers else []
        lapse = self._lapse(context, steps[-1][1])
        return [*steps, lapse] if lapse and lapse[0] <= context.now else steps

    def _lapse(self, context: Context, standing: LevelChoice) -> LevelStep | None:
        return self.change_approval.lapse(context, standing) if self.change_approval else None

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
        if self.change_approval is None:
            return LevelChoice(change.at, level)
        standing = self._standing(context, before, change.at)
        return self.change_approval.changed(context, before, change.at, change.actor, standing, level)

    def _standing(self, context: Context, choice: LevelChoice, at: datetime) -> str | None:
        """The level that a change would change: the chosen one, else the one that facts give."""
        return choice.level or context.policy.severity.derived(context, at)

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        """What follows while a change of the choice waits for approval, and once that is over."""
        if self.change_approval and self.fact:
            choice = self.choices(context)[-1]
            level = self._standing(context, choice, context.now)
            yield from self.change_approval.evaluate(context, choice, level, self.fact)
