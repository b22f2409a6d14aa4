"""Severity: the level of a ticket, since when it applies, and the choice or row it comes from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime

from pydantic import model_validator

from bridge.decision import OnOverride, SystemField
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart, Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import Citation, LevelName, Prose, TagName
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.held_level import ChangeApproval, LevelChoice, LevelStep
from bridge.policy.rules.severity_choice import SeverityChoice
from bridge.ticket import Changed, Priority, Role


class SeverityRow(PackPart):
    """One row of the table."""

    level: LevelName
    when: Predicate
    reason: Prose = ""
    """The criterion in the document's words."""
    clause: Citation | None = None


class SeverityHints(PackPart):
    """Phrases in a ticket's text that suggest a level; they never decide."""

    clause: Citation
    phrases: dict[LevelName, tuple[Prose, ...]]
    """Level -> phrases, most severe first."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        text = _as_words(f"{context.ticket.subject} {context.ticket.description}")
        found = ((level, phrase) for level, phrases in self.phrases.items() for phrase in phrases)
        level, phrase = next(((level, p) for level, p in found if _as_words(p) in text), (None, ""))
        suggests = level is not None and level != context.level
        because = f'the text says "{phrase}"' if level else "no phrase in the text suggests a level"
        yield context.applied("severity hints", clause=self.clause, applied=suggests, because=because)
        if suggests:
            since = context.ticket.created_at
            yield context.tag(f"suggest_level_{level}", clause=self.clause, since=since, because=because)


def _as_words(text: str) -> str:
    """A text as whole words, so that ``hang`` is not found in ``changed``."""
    words = re.findall(r"\w+", text.casefold())
    return f" {' '.join(words)} "


class PriorityGuard(PackPart):
    """The guard of the priority: while its condition is true, a priority that a person lowers is restored."""

    clause: Citation
    when: Predicate

    def evaluate(self, context: Context, priority: Priority) -> Iterator[RuleOutcome]:
        holds = context.holds(self.when)
        because = self.when.worded() if holds else self.when.failing(context.lookup)
        yield context.applied("priority guard", clause=self.clause, applied=holds, because=because)
        lowered = [change for change in context.ticket.changes("priority") if _lowers(change, priority)]
        if holds and lowered and context.is_open:
            since = max(lowered[-1].at, context.holding_spans(self.when)[-1][0])
            yield context.want(SystemField.PRIORITY, priority, clause=self.clause, since=since, because=because)


def _lowers(change: Changed, priority: Priority) -> bool:
    """Whether somebody else than the bridge set a priority below this one."""
    ladder = list(Priority)
    new = ladder.index(Priority(str(change.new))) if change.new else -1
    return change.actor.role is not Role.BRIDGE and new < ladder.index(priority)


class SeverityTable(Rule):
    """The severity table: levels from most to least severe, and the choice or rows that give them."""

    levels: dict[str, Priority]
    """Level in the pack's own word -> the priority it is shown as, most severe first."""
    rows: tuple[SeverityRow, ...] = ()
    """The first row that matches counts."""
    chosen_in: SeverityChoice | None = None
    change_approval: ChangeApproval | None = None
    """Of a level that facts give; of one that people choose, it is under ``chosen_in``."""
    default: LevelName | None = None
    """Level of a ticket for which nothing else gives one."""
    unless: Predicate | None = None
    """Tickets that have no severity at all, such as feature requests."""
    unknown_tag: TagName | None = None
    """Tag of a ticket that should have a level, and for which nothing gives one."""
    hints: SeverityHints | None = None
    prevent_lowering: PriorityGuard | None = None
    if_overridden: OnOverride = OnOverride.RESPECT
    """What happens when a person changes the priority that the bridge has set."""

    @model_validator(mode="after")
    def _has_one_approval(self) -> SeverityTable:
        if self.change_approval and self.chosen_in:
            raise ValueError("found change_approval beside chosen_in; allowed: under chosen_in where people choose")
        return self

    @property
    def held_by(self) -> ChangeApproval | None:
        """The approval for which a change of the level waits."""
        return self.change_approval or (self.chosen_in.change_approval if self.chosen_in else None)

    def held_steps(self, context: Context) -> list[LevelStep]:
        """What applied over time, where a change waits for approval."""
        if self.change_approval is None:
            return self.chosen_in.steps(context) if self.chosen_in else []
        approval = self.change_approval
        return context.derived(
            "changes of severity",
            lambda: approval.over_time(context, self._as_derived(context), self._is_exempt, self._conditions()),
        )

    def over_time(self, context: Context) -> list[tuple[datetime, str | None]]:
        """The history of the level: at creation and after every change."""
        if self.change_approval is None:
            return self._as_derived(context)
        steps = self.held_steps(context)
        changed = (i for i, (_, choice) in enumerate(steps) if not i or choice.level != steps[i - 1][1].level)
        return [(steps[i][0], steps[i][1].level) for i in changed]

    def _as_derived(self, context: Context) -> list[tuple[datetime, str | None]]:
        """The level over time by facts and choices, whatever waits for approval."""
        created = context.ticket.created_at
        moments = {at for when in self._conditions() for at in context.change_points(when)}
        choices = self.chosen_in.choices(context) if self.chosen_in else []
        levels = [(created, self._level(context, created, choices))]
        for at in sorted(moments | {choice.since for choice in choices} | {created}):
            if (level := self._level(context, at, choices)) != levels[-1][1]:
                while levels and levels[-1][0] >= at:
                    levels.pop()
                levels.append((at, level))
        return levels

    def _conditions(self) -> Iterator[Predicate]:
        """What leads to a level, choices left out."""
        yield from (row.when for row in self.rows)
        yield from (self.unless,) if self.unless else ()

    def _level(self, context: Context, at: datetime, choices: list[LevelChoice]) -> str | None:
        if self._is_exempt(context, at):
            return None
        begun = bisect_right(choices, at, key=lambda choice: choice.since)
        if chosen := choices[begun - 1].level if begun else None:
            return chosen
        if self.chosen_in and self.chosen_in.is_unknown(context, at):
            return None
        return self.derived(context, at)

    def unknown_choice(self, context: Context) -> str | None:
        """The fact in which people choose the level, if its present value is not a level."""
        choice = self.chosen_in
        return choice.fact if choice and choice.is_unknown(context, context.now) else None

    def derived(self, context: Context, at: datetime) -> str | None:
        """The level that follows from facts alone, without choices.

        None where it depends on what a value means that the policy does not know: the default is not an answer to that.
        """
        row, is_sure = self._first_row(context, at)
        return row.level if row else self.default if is_sure else None

    def row(self, context: Context, at: datetime) -> SeverityRow | None:
        """The row that matches at an instant."""
        return None if self._is_exempt(context, at) else self._first_row(context, at)[0]

    def _is_exempt(self, context: Context, at: datetime) -> bool:
        """Whether the ticket has no severity at an instant, whatever its facts."""
        return self.unless is not None and context.holds(self.unless, at)

    def _first_row(self, context: Context, at: datetime) -> tuple[SeverityRow | None, bool]:
        """The first row that holds, and whether that is sure whatever unknown values of facts mean."""
        for row in self.rows:
            holds = context.surely_holds(row.when, at)
            if holds or holds is None:
                return (row if holds else None), holds is not None
        return None, True

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        since, level = context.severity_history[-1]
        created = context.ticket.created_at
        yield from (wake for when in self._conditions() for wake in context.next_changes(when))
        yield context.tag(context.policy.pack, clause=self.clause, since=created, because=context.policy.title)
        if not self._is_exempt(context, context.now):
            yield from (
                self.change_approval.evaluate(context, self.held_steps(context)[-1][1], level)
                if self.change_approval
                else ()
            )
            yield from self.chosen_in.evaluate(context) if self.chosen_in else ()
            yield from self.hints.evaluate(context) if self.hints else ()
        if level is None:
            yield from self._without_level(context)
            return
        why = self._why(context)
        because = f"{level}: {why}"
        yield context.applied("severity", clause=self.clause, applied=True, because=because)
        yield context.want(
            SystemField.PRIORITY,
            self.levels[level],
            clause=self.clause,
            since=since,
            because=because,
            on_override=self.if_overridden,
        )
        yield context.tag(f"severity_{level}", clause=self.clause, since=since, because=because)
        remark = " ".join(self._remarks(context))
        yield context.note("severity", clause=self.clause, since=since, because=why, remark=remark)
        if self.prevent_lowering:
            yield from self.prevent_lowering.evaluate(context, self.levels[level])

    def _why(self, context: Context) -> str:
        if self.chosen_in and self.chosen_in.choices(context)[-1].level:
            return Sentence("chosen with the customer")
        row = self.row(context, context.now)
        if self.change_approval and (derived := self.derived(context, context.now)) != context.level:
            return Sentence("a change to %(level)s is not approved", level=derived or "-")
        if row is None:
            return Sentence("default level (derived)")
        reason = row.reason or row.when.worded()
        return Sentence("%(reason)s (derived)", reason=reason) if self.chosen_in else reason

    def _without_level(self, context: Context) -> Iterator[RuleOutcome]:
        without = self._is_exempt(context, context.now)
        because = "no row of the severity table matches the known facts"
        if self.unless and without:
            because = f"no severity level for tickets where {self.unless.worded()}"
        elif unknown := context.facts.unknown:
            values = ", ".join(f"{name} is {value!r}" for name, value in unknown.items())
            because = f"the severity may depend on a value that the policy does not know: {values}"
        yield context.applied("severity", clause=self.clause, applied=False, because=because)
        if self.unknown_tag and not without:
            yield context.tag(self.unknown_tag, clause=self.clause, since=context.ticket.created_at, because=because)

    def _remarks(self, context: Context) -> Iterator[str]:
        return (
            f"{rule.remark_otherwise} ({rule.clause})" for rule in context.rules(ClockRule) if rule.is_waived(context)
        )
